"""What is handed out as plain text, where a line says who did what: nobody's words begin a line of their own."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return a text with a space for each character that ends a line somewhere (Unicode's too), and for tabs."""
    return "".join(" " if c.isspace() else c for c in text)
