"""Anything someone owes: tasks and approvals, with an owner, a due day and the record they are about."""
