"""What hangs on a record: comments, evidence, links. Seen exactly where the record is seen."""
