"""The house's own readers find in the newest scans what the script put there."""

from __future__ import annotations

import io
import json

from remit.ingest.formats import recognise
from remit.ingest.observations import Asset, Component, Occurrence, Passed
from samples.organisation import Files


def test_every_file_of_the_newest_week_is_read_whole(files: Files) -> None:
    manifest = json.loads(files["scans/manifest.json"])
    told = {entry["path"]: entry for entry in json.loads(files["truth.json"])["files"]}
    kinds: set[type] = set()
    for entry in manifest:
        if entry["date"] != manifest[-1]["date"]:
            continue
        stream = io.BytesIO(files[entry["path"]])
        recognised = recognise(stream)
        assert entry["format"] == recognised.NAME
        stream.seek(0)
        observed = list(recognised.parse(stream))
        kinds |= {type(item) for item in observed}
        occurrences = [item for item in observed if isinstance(item, Occurrence)]
        assert len(occurrences) == entry["occurrences"], entry
        assert not any(item.ordinal for item in occurrences), entry
        assert sum(bool(item.suppressed) for item in occurrences) == told[entry["path"]]["suppressed"], entry
        assert all(item.operating_system for item in observed if isinstance(item, Asset) and item.kind == "host")
    assert {Component, Passed} <= kinds
