"""The one way JSON is read (RFC 8259), stricter than most: what two readers could understand differently is refused.

Accepted: UTF-8 with or without a byte order mark, UTF-16 with one, lone surrogate escapes (they become U+FFFD).
Refused, with the path or the byte: invalid UTF-8, NaN and Infinity, numbers out of range, duplicate keys, too deep, too
many keys or values, trailing data, comments, and for typed reading a value of the wrong type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, Final, TypeVar

import msgspec

from remit.ingest import limits
from remit.ingest.rejected import ImportRejected

T = TypeVar("T")

_SURROGATES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_BYTE: Final = re.compile(r"\(byte (\d+)\)$")
_AT: Final = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_INTEGER: Final = 2**63


def document(stream: BinaryIO, shape: type[T]) -> T:
    """The whole document as a `shape`, a msgspec type. Raises ImportRejected."""
    return typed(_tree(read(stream), ""), shape, "")


def records(stream: BinaryIO, shape: type[T]) -> Iterator[tuple[str, T]]:
    """Each record of an array, of a single object, or of newline-delimited JSON, with its path ("[3]", "line 4").

    One record is held at a time beside the file's bytes. Raises ImportRejected.
    """
    for path, raw in _split(read(stream)):
        yield path, typed(_tree(raw, path), shape, path)


def read(stream: BinaryIO) -> bytes:
    """The document's bytes as UTF-8 without a byte order mark. Raises "too-large", "empty" or "json-encoding"."""
    content = stream.read(limits.DOCUMENT_BYTES + 1)
    if len(content) > limits.DOCUMENT_BYTES:
        raise ImportRejected(
            "too-large",
            f"byte {limits.DOCUMENT_BYTES}",
            f"Split the report: JSON is read up to {limits.DOCUMENT_BYTES // limits.MIB} MB a document.",
        )
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            content = content.decode("utf-16").encode()
        elif not content.isascii():
            content = content.decode("utf-8-sig").encode()
    except UnicodeDecodeError as error:
        hint = "Save the file as UTF-8, or as UTF-16 with a byte order mark."
        raise ImportRejected("json-encoding", f"byte {error.start}", hint) from None
    except UnicodeEncodeError as error:
        hint = "The text holds half of a character pair; export the report anew as UTF-8."
        raise ImportRejected("json-encoding", f"character {error.start}", hint) from None
    if not content or content.isspace():
        raise ImportRejected("empty", "byte 0", "The file is empty; export the report anew.")
    if content.count(b",") + content.count(b":") > limits.VALUES:
        hint = f"Split the report: a JSON document may hold about {limits.VALUES:,} values."
        raise ImportRejected("too-many-values", "whole file", hint)
    return content


def _split(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The raw records and their paths."""
    if content.lstrip()[:1] == b"[":
        try:
            raws = msgspec.json.decode(content, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _malformed(error, "") from None
        for index, raw in enumerate(raws):
            yield f"[{index}]", bytes(raw)
        return
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "trailing characters" not in str(error):
            raise _malformed(error, "") from None
    else:
        yield "", content
        return
    for number, text in enumerate(content.split(b"\n"), 1):
        if text and not text.isspace():
            yield f"line {number}", text


def _tree(content: bytes, path: str) -> Any:
    """The document as plain dicts and lists, checked for all that typed decoding would let pass."""
    if b"\\u" in content:
        content = _SURROGATES.sub(lambda match: b"\\ufffd" if match.group(1) else match.group(), content)
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise _malformed(error, path) from None
    strings = _count_strings(tree, path)
    # Each string has two quotes; a key that came twice is in the bytes but not in the tree.
    quotes = content.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"') if b"\\" in content else content.count(b'"')
    if quotes != 2 * strings:
        raise _duplicate(content, path)
    return tree


def _count_strings(tree: Any, path: str) -> int:
    """How many strings, keys among them, the tree holds; raises ImportRejected where it is beyond the limits."""
    strings = depth = 0
    level = [tree] if isinstance(tree, (dict, list)) else []
    while level:
        depth += 1
        if depth > limits.NESTING:
            hint = f"Objects and lists may be nested {limits.NESTING} deep."
            raise ImportRejected("too-deep", _place(path, ""), hint)
        below: list[Any] = []
        for node in level:
            values: Iterable[Any] = node
            if type(node) is dict:
                if len(node) > limits.KEYS:
                    hint = f"An object may have {limits.KEYS:,} keys; one here has {len(node):,}."
                    raise ImportRejected("too-many-keys", _place(path, _find(tree, node)), hint)
                strings += len(node)
                values = node.values()
            for value in values:
                kind = type(value)
                if kind is str:
                    strings += 1
                elif kind is dict or kind is list:
                    below.append(value)
                elif kind is int and not -_INTEGER <= value < _INTEGER:
                    hint = "A whole number here needs more than 64 bits; no tool writes such a number."
                    raise ImportRejected("json-number", _place(path, _find(tree, node)), hint)
        level = below
    return strings if isinstance(tree, (dict, list)) else int(isinstance(tree, str))


def _find(tree: Any, wanted: Any) -> str:
    """The path of the very object `wanted` in `tree`; searched only when there is something to refuse."""
    stack: list[tuple[str, Any]] = [("", tree)]
    while stack:
        path, node = stack.pop()
        if node is wanted:
            return path
        if isinstance(node, dict):
            stack += [(f"{path}.{key[:60]}", value) for key, value in node.items() if isinstance(value, (dict, list))]
        else:
            stack += [(f"{path}[{i}]", value) for i, value in enumerate(node) if isinstance(value, (dict, list))]
    return ""


def typed(tree: Any, shape: type[T], path: str) -> T:
    """A part of a document, already read as plain values and standing at `path`, as a `shape`. Raises "json-type"."""
    try:
        return msgspec.convert(tree, shape)
    except msgspec.ValidationError as error:
        message = str(error)
        at = _AT.search(message)
        problem = _AT.sub("", message).replace("`", "'")
        hint = f"{problem}: the report does not keep to its format."
        raise ImportRejected("json-type", _place(path, at.group(1) if at else ""), hint) from None


def _place(path: str, inner: str) -> str:
    inner = inner.removeprefix(".")
    joint = "." if path and inner and not inner.startswith("[") else ""
    return f"{path}{joint}{inner}"[:300] or "top level"


def _malformed(error: Exception, path: str) -> ImportRejected:
    message = str(error)
    if isinstance(error, RecursionError):
        hint = f"Objects and lists may be nested {limits.NESTING} deep."
        return ImportRejected("too-deep", _place(path, ""), hint)
    at = _BYTE.search(message)
    where = ", ".join(part for part in (path, f"byte {at.group(1)}" if at else "") if part) or "end of file"
    if isinstance(error, UnicodeDecodeError):
        return ImportRejected("json-encoding", where, "A text here is not valid UTF-8; export the report anew.")
    if "out of range" in message.lower() or "limit" in message.lower():
        hint = "A number here is too large to be stored; no tool writes such a number."
        return ImportRejected("json-number", path or "whole file", hint)
    if "truncated" in message:
        return ImportRejected("json-malformed", where, "The file ends too early; send it whole.")
    problem = message.rpartition(": ")[2].partition(" (")[0].capitalize()
    hint = f"{problem}: this is not JSON as RFC 8259 has it; export the report anew."
    return ImportRejected("json-malformed", where, hint)


def _duplicate(content: bytes, path: str) -> ImportRejected:
    """Names the key that came twice, by reading once more with the slower standard library."""
    import json  # noqa: PLC0415  (needed only to refuse)

    repeated: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> None:
        known: set[str] = set()
        for name, _ in items:
            if name in known:
                repeated.append(name)
            known.add(name)

    json.loads(content, object_pairs_hook=pairs)
    name = repeated[0] if repeated else ""
    return ImportRejected(
        "json-duplicate-key", _place(path, ""), f"The key {name[:60]!r} comes twice in one object; keep one."
    )
