"""The ledger: what changed, written by the database itself; here it is only read and added to by name."""
