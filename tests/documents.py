"""The text of files that were handed out."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pypdf
from django.test import Client


def in_pdf(content: bytes) -> str:
    """Return the words of a PDF, one blank between each two."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def in_xlsx(content: bytes) -> str:
    """Return all that a workbook holds, its links too."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return " ".join(parts.read(name).decode() for name in parts.namelist())


def told_at(client: Client, addresses: list[str]) -> dict[str, str]:
    """Return what each address answers, as text."""
    told = {}
    for address in addresses:
        reply: Any = client.get(address)
        assert reply.status_code == 200, address
        content = b"".join(reply) if reply.streaming else reply.content
        read = {"pdf": in_pdf, "xlsx": in_xlsx}.get(address.rpartition(".")[2], bytes.decode)
        told[address] = read(content)
    return told
