"""Observations into records: staged by COPY, merged set by set in one transaction, the same file twice without a trace.

This package knows no area. An area declares a `Sink` in its own `loading.py`: which observations it takes, into which
temporary tables they go, and the statements that merge those tables into its records. `merge` runs them in order.
"""

from remit.ingest.loading.copying import Staging, gathered, temporary
from remit.ingest.loading.running import elevated, merge, only_one, stage
from remit.ingest.loading.sinks import ConfirmationNeeded, Counts, Loading, Row, Sink, register, sinks

__all__ = [
    "ConfirmationNeeded",
    "Counts",
    "Loading",
    "Row",
    "Sink",
    "Staging",
    "elevated",
    "gathered",
    "merge",
    "only_one",
    "register",
    "sinks",
    "stage",
    "temporary",
]
