"""The raw file, kept as evidence of its import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from remit.ingest.limits import FILE_BYTES
from remit.ingest.models import Import
from remit.ingest.rejected import ImportRejected
from remit.kernel.attachments import services as attachments
from remit.kernel.attachments.services import AttachmentRefusedError


def keep(record: Import, path: Path) -> None:
    """Attach the file to its import, once. Raises ImportRejected where it cannot be kept."""
    if attachments.evidence_of(record).filter(digest=record.digest).exists():
        return
    with path.open("rb") as stream:
        keep_stream(record, stream)


def keep_stream(record: Import, stream: BinaryIO) -> None:
    """Attach what is in an open file to its import. Raises ImportRejected where it cannot be kept."""
    try:
        attachments.attach(record, record.name, stream, source="import", largest=FILE_BYTES)
    except AttachmentRefusedError as refused:
        raise ImportRejected(refused.code or "refused", refused.where, refused.hint) from None


@contextmanager
def kept(record: Import) -> Iterator[Path]:
    """Lend the file of an import in the clear. Raises ImportRejected("missing") where it is not whole any more."""
    evidence = attachments.evidence_of(record).filter(digest=record.digest).first()
    if evidence is None:
        raise ImportRejected("missing", record.name, "The file of this import was not kept; import it again.")
    with ExitStack() as lent:
        try:
            path = lent.enter_context(attachments.as_file(evidence))
        except AttachmentRefusedError as gone:
            hint = f"The file of this import cannot be read; import it again. {gone.hint}"
            raise ImportRejected("missing", record.name, hint) from None
        yield path
