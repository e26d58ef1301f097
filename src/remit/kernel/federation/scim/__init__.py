"""The SCIM 2.0 server (RFC 7643, RFC 7644): people and groups kept in step by an identity provider."""
