"""Backup and restore: database, files and ledger checkpoint in one signed file."""
