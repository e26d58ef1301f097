"""Who may see and do what: units, people, grants, roles, and the reach the database enforces."""
