"""The one way XML is read: no entities, no DTD, no network, nothing included, elements freed as they are read.

A bare DOCTYPE and processing instructions are tolerated, as real tools write them; entity declarations, external DTDs
and XInclude are refused. Nesting and text lengths are bounded by libxml2's own limits (2,048 levels, 10 MB a text).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from lxml import etree

from remit.ingest import limits
from remit.ingest.rejected import ImportRejected

_XINCLUDE: Final = "{http://www.w3.org/2001/XInclude}*"
_DECLARATION: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_ELEMENT: Final = re.compile(rb"<([A-Za-z_][A-Za-z0-9_.:-]{0,100})")
_ENCODINGS: Final = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"}


def root_name(head: bytes) -> str:
    """The qualified name of the first element in `head`, "" where there is none."""
    at = head.find(b"<")
    while at >= 0:
        if head.startswith(b"<!--", at):
            at = head.find(b"-->", at)
        elif found := _ELEMENT.match(head, at):
            return found.group(1).decode("ascii")
        at = head.find(b"<", at + 1) if at >= 0 else -1
    return ""


def elements(stream: BinaryIO, *tags: str, dtd: str = "") -> Iterator[etree._Element]:
    """Each element named by `tags`, complete, at its end; it is emptied once the next is asked for.

    A tag is "name", "{namespace}name" or "{*}name". Name also the large elements to be skipped, so that they are freed.
    `dtd` is a pattern of the external DTDs that this tool is known to name; they are tolerated, and never loaded.
    Raises ImportRejected: "xml-malformed", "xml-encoding", "xml-entity", "xml-external", "too-deep", "too-large",
    "too-many-attributes".
    """
    for element in _parse(stream, (*tags, _XINCLUDE), dtd):
        yield element
        element.clear()
        parent = element.getparent()
        if parent is not None:
            while parent[0] is not element:
                del parent[0]


def document(stream: BinaryIO) -> etree._Element:
    """The root of a whole document of at most DOCUMENT_BYTES. Raises ImportRejected as `elements` does."""
    root: etree._Element | None = None
    for element in _parse(_Bounded(stream), ("*",)):
        root = element
    if root is None:
        raise ImportRejected("xml-malformed", "line 1", "The file holds no XML element.")
    return root


class _Bounded:
    """Reads at most DOCUMENT_BYTES."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._left = stream, limits.DOCUMENT_BYTES

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise too_large(limits.DOCUMENT_BYTES)
        return block


def too_large(most: int) -> ImportRejected:
    """The refusal of a document of more than `most` bytes."""
    return ImportRejected(
        "too-large", f"byte {most}", f"Split the report: this format is read up to {most // limits.MIB} MB a document."
    )


def _parse(stream: BinaryIO | _Bounded, tags: tuple[str, ...], dtd: str = "") -> Iterator[etree._Element]:
    if not isinstance(stream, _Bounded):
        _check_encoding(stream)
    else:
        _check_encoding(stream._stream)
    context = etree.iterparse(
        stream,
        events=("end",),
        tag=tags,
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    checked = False
    try:
        for _, element in context:
            if not checked:
                _check_doctype(element, dtd)
                checked = True
            _check_element(element)
            yield element
    except etree.XMLSyntaxError as error:
        raise _malformed(error, context.error_log) from None
    root = context.root
    if not checked and root is not None:
        _check_doctype(root, dtd)


def _check_encoding(stream: BinaryIO) -> None:
    """Refuses an encoding that is exotic, or that the bytes contradict; leaves the stream at its start."""
    head = stream.read(1024)
    stream.seek(0)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    declared = _DECLARATION.search(head.replace(b"\0", b"") if wide else head)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-16" if wide else "utf-8"
    if name not in _ENCODINGS or (name == "utf-16") != wide:
        raise ImportRejected(
            "xml-encoding",
            "line 1",
            "Save the file as UTF-8, or as UTF-16 with a byte order mark, and say so in line 1.",
        )


def _check_doctype(element: etree._Element, dtd: str) -> None:
    """Refuses a document type with entities or with an external subset."""
    information: Any = element.getroottree().docinfo  # the stubs know only half of it
    internal = information.internalDTD
    system = information.system_url or ""
    if information.public_id or (system and not (dtd and re.fullmatch(dtd, system))):
        raise ImportRejected("xml-external", "DOCTYPE", "Remove the reference to an external DTD from the DOCTYPE.")
    if internal is not None and next(iter(internal.iterentities()), None) is not None:
        raise ImportRejected("xml-entity", "DOCTYPE", "Remove the entity declarations from the DOCTYPE.")


def _check_element(element: etree._Element) -> None:
    if len(element.attrib) > limits.ATTRIBUTES:
        raise ImportRejected(
            "too-many-attributes",
            f"line {element.sourceline}",
            f"An element may have {limits.ATTRIBUTES:,} attributes; this one has {len(element.attrib):,}.",
        )
    if isinstance(element.tag, str) and element.tag.startswith(_XINCLUDE[:-1]):
        raise ImportRejected("xml-external", f"line {element.sourceline}", "Remove the XInclude: send one whole file.")


def _malformed(error: etree.XMLSyntaxError, log: Any) -> ImportRejected:
    """The refusal by the first entry of the parser's log, which says more than the error at the end of the file."""
    line, column = error.position
    message = error.msg or ""
    if not line and len(log):
        line, column, message = log[0].line, log[0].column, log[0].message
    where, message = f"line {line}, column {column}", message.lower()
    if "depth" in message:
        return ImportRejected("too-deep", where, "The elements are nested too deep for a report of a tool.")
    if "entity" in message and ("loop" in message or "amplification" in message or "not defined" in message):
        return ImportRejected("xml-entity", where, "Remove the entities: a report needs none but &lt; and its like.")
    if "memory" in message or "huge" in message or "too long" in message or "too big" in message:
        return ImportRejected(
            "too-large",
            where,
            "The file, or a text in it, is too long (10 MB a text); split the report or export without it.",
        )
    if "encod" in message or "utf-8" in message:
        return ImportRejected(
            "xml-encoding", where, "The bytes are not in the encoding the file declares; export it anew."
        )
    return ImportRejected(
        "xml-malformed", where, "This is not well-formed XML; export the report anew and send it whole."
    )
