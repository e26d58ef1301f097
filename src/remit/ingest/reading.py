"""A file to observations, in this very process: what the limited child of `parsing` runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from remit.ingest import limits
from remit.ingest.container import members
from remit.ingest.formats import Format, recognise
from remit.ingest.observations import AnyObservation, Asset, Occurrence, Report, Weakness
from remit.ingest.rejected import ImportRejected
from remit.ingest.seen import Seen


def read(file: BinaryIO) -> tuple[str, Iterator[AnyObservation]]:
    """The name of the format of `file`, an open regular file, and its statements.

    Several reports of one format in a zip file are read as one. Raises ImportRejected, also while iterating.
    """
    streams = members(file)
    found = [_recognised(stream, _place(streams, number)) for number, stream in enumerate(streams)]
    names = sorted({item.NAME for item in found})
    if len(names) > 1:
        hint = f"The archive mixes reports of {' and '.join(names)}; send them one by one."
        raise ImportRejected("archive-mixed", "whole archive", hint)
    return names[0], _counted(_together(found, streams) if len(streams) > 1 else found[0].parse(streams[0]))


def _place(streams: list[BinaryIO], number: int) -> str:
    """Which of several reports is meant; members have numbers, not names."""
    return f"member {number + 1}" if len(streams) > 1 else ""


def _recognised(stream: BinaryIO, place: str) -> Format:
    try:
        return recognise(stream)
    except ImportRejected as rejected:
        raise _placed(rejected, place) from None


def _placed(rejected: ImportRejected, place: str) -> ImportRejected:
    if not place or rejected.where.startswith("member "):
        return rejected
    return ImportRejected(rejected.code, f"{place}, {rejected.where}", rejected.hint)


def _counted(observations: Iterator[AnyObservation]) -> Iterator[AnyObservation]:
    for number, observation in enumerate(observations, 1):
        if number > limits.ROWS:
            hint = f"Split the report: it may hold {limits.ROWS:,} statements."
            raise ImportRejected("too-many-rows", "whole file", hint)
        yield observation


def _together(found: list[Format], streams: list[BinaryIO]) -> Iterator[AnyObservation]:
    """Several reports as one: one Report, each asset and weakness once, occurrences numbered throughout."""
    seen = Seen()
    for number, (item, stream) in enumerate(zip(found, streams, strict=True)):
        try:
            for observation in item.parse(stream):
                match observation:
                    case Report() if number:
                        continue
                    case Asset() if not seen.asset(observation.key):
                        continue
                    case Weakness() if not seen.weakness(observation.source, observation.rule):
                        continue
                    case Occurrence(source=source, rule=rule, asset=asset, location=location):
                        ordinal = seen.ordinal(source, rule, asset, location)
                        yield msgspec.structs.replace(observation, ordinal=ordinal)
                    case _:
                        yield observation
        except ImportRejected as rejected:
            raise _placed(rejected, _place(streams, number)) from None
