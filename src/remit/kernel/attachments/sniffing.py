"""What a file is, by its first bytes; what its name or its sender says is not believed."""

from __future__ import annotations

import re

from remit.kernel.attachments.refused import AttachmentRefusedError

BINARY = re.compile(r"application/vnd\.[a-z0-9.+-]{1,60}(?<!xml)")
"""Types that a sender may say: those of programs, which no browser runs."""
HEAD = 4096
"""Bytes needed to tell what it is. A stream's first piece is often longer, and then all of it is looked at."""
OTHER = "application/octet-stream"
MOST_PIXELS = 50_000_000

SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BM", "image/bmp"),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/vnd.tcpdump.pcap"),
)
NAMED = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
}
"""Extensions that promise a content, which must then be there."""
OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg")


def content_type(head: bytes) -> str:
    """Return the type of a file that begins with `head`: application/octet-stream where nothing is known."""
    for signature, found in SIGNATURES:
        if head.startswith(signature):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1024].lower()
    if any(mark in text for mark in MARKUP):
        return "image/svg+xml" if b"<svg" in text and b"<html" not in text else "text/html"
    if text.startswith(b"<?xml"):
        return "application/xml"
    if text.startswith((b"{", b"[")):
        return "application/json"
    return "text/plain" if head and _is_text(head) else OTHER


def checked_type(extension: str, head: bytes, said: str = "") -> str:
    """Return the type of a file of this extension; `said` is what its sender calls it, kept where nothing is known.

    AttachmentRefusedError where name and content disagree, or an image is huge.
    """
    found = content_type(head)
    if found == OTHER and BINARY.fullmatch(said):
        found = said
    if extension in OFFICE:
        if found != "application/zip":
            raise AttachmentRefusedError(
                "wrong-content", "byte 0", f"This is no .{extension} file; save it again with the program it is from."
            )
        return OFFICE[extension]
    if (promised := NAMED.get(extension)) and found != promised:
        raise AttachmentRefusedError(
            "wrong-content", "byte 0", f"This is no .{extension} file ({found}); give it the extension of what it is."
        )
    size = pixels(head)
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        raise AttachmentRefusedError(
            "too-many-pixels", "image header", f"The image is {size[0]} by {size[1]} pixels; scale it below 50 million."
        )
    return found


def pixels(head: bytes) -> tuple[int, int] | None:
    """Return (width, height) as an image's header says, or None for no image or one whose size is not in the head."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _big(head[16:20]), _big(head[20:24])
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        return _little(head[6:8]), _little(head[8:10])
    if head.startswith(b"BM") and len(head) >= 26:
        return _little(head[18:22]), abs(int.from_bytes(head[22:26], "little", signed=True))
    if head[8:12] == b"WEBP":
        return _webp(head)
    return _jpeg(head) if head.startswith(b"\xff\xd8") else None


def _webp(head: bytes) -> tuple[int, int] | None:
    if head[12:16] == b"VP8X":
        return _little(head[24:27]) + 1, _little(head[27:30]) + 1
    if head[12:16] == b"VP8 ":
        return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF
    if head[12:16] == b"VP8L":
        bits = _little(head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Walk the segments (ITU-T T.81, annex B) to the frame header."""
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return _big(head[at + 7 : at + 9]), _big(head[at + 5 : at + 7])
        at += 2 + _big(head[at + 2 : at + 4]) if marker != 0xFF else 1
    return None


def _big(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _little(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
