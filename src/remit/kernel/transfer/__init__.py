"""Moving records in and out in bulk: exports, imports with a dry run, changes of many records at once."""
