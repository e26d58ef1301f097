"""The key ring: keys that seal and sign, each wrapped by a key-encryption key that is never in the database."""
