"""The Django database backend of Remit: PostgreSQL, with the actor told to every transaction as it begins."""
