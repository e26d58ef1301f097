"""Whatever the bytes, a parser gives statements or an ImportRejected, and nothing else."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.ingest.formats import load, recognise
from remit.ingest.rejected import ImportRejected
from tests.ingest import samples

FORMATS = sorted({name.partition("-")[0] for name in samples.ALL})
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survives(content, parse):
    try:
        for _ in parse(io.BytesIO(content)):
            pass
    except ImportRejected as rejected:
        says_what_to_do = bool(rejected.code and rejected.where and rejected.hint)
    else:
        says_what_to_do = True
    assert says_what_to_do


@pytest.mark.parametrize("name", FORMATS)
@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes(name, content):
    survives(content, load()[name].parse)


@pytest.mark.parametrize("name", samples.ALL)
@QUICK
@given(data=st.data())
def test_samples_with_a_piece_replaced(name, data):
    content = samples.ALL[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    piece = data.draw(
        st.binary(max_size=20) | st.sampled_from([b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"true", b"<a>"])
    )
    survives(content[:start] + piece + content[end:], load()[name.partition("-")[0]].parse)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", ["sarif", "trivy", "cyclonedx", "ocsf"])
@QUICK
@given(data=st.data())
def test_samples_with_a_value_of_any_type(name, data):
    import json

    tree = json.loads(samples.ALL[name])
    node = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], (dict, list)) or data.draw(st.integers(0, 3)) == 0:
            node[key] = data.draw(JSON)
            break
        node = node[key]
    survives(json.dumps(tree).encode(), load()[name].parse)


@QUICK
@given(content=st.binary(max_size=200))
def test_recognising_any_bytes(content):
    survives(content, lambda stream: [recognise(stream)])
