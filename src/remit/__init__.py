"""Remit: the one system a Head of Information Security runs the security office on."""

__version__ = "0.1.0"
