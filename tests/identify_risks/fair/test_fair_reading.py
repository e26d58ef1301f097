"""Scenario sets: what is written reads back equal, and what is wrong is named with its place and remedy."""

import copy
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.risks import fair
from remit.identify.risks.fair import correlation, limits

GOOD = {
    "currency": "EUR",
    "title": "What may happen to us",
    "scenarios": [
        {
            "id": "A",
            "title": "Ransomware",
            "frequency": {
                "distribution": "poisson",
                "mean": {"distribution": "pert", "low": 0.1, "mode": 0.3, "high": 1},
            },
            "magnitude": {
                "distribution": "lognormal",
                "p05": 1e5,
                "p95": {"distribution": "uniform", "low": 1e6, "high": 2e6},
            },
            "secondary": {"probability": 0.2, "magnitude": {"distribution": "lognormal", "mean": 1e6, "sd": 1e6}},
            "controls": [
                {"id": "edr", "effect": {"frequency": 0.5, "magnitude": 0.1}, "coverage": 0.9, "reliability": 0.8}
            ],
            "insurance": {"retention": 50000, "limit": 500000, "aggregate": 1000000},
        },
        {
            "id": "B",
            "frequency": {
                "threat_event_frequency": {"contact_frequency": 12, "probability_of_action": 0.5},
                "vulnerability": {
                    "threat_capability": {"distribution": "pert", "low": 0.2, "mode": 0.6, "high": 0.9},
                    "resistance_strength": {"distribution": "pert", "low": 0.3, "mode": 0.7, "high": 0.95},
                },
            },
            "secondary": {"probability": {"distribution": "beta", "p05": 0.1, "p95": 0.3}},
            "forms": {
                "response": {"distribution": "pert", "low": 1, "mode": 2, "high": 9, "kind": "primary"},
                "productivity": {"distribution": "constant", "value": 3, "kind": "primary", "per_day": True},
                "reputation": {"distribution": "gamma", "shape": 1, "scale": 2, "kind": "secondary"},
            },
            "duration": {"distribution": "lognormal", "p10": 0.5, "p90": 4},
        },
        {
            "id": "C",
            "frequency": {"distribution": "triangular", "low": 0, "mode": 2, "high": 9, "rounded": True},
            "magnitude": {"distribution": "empirical", "values": [1, 2, 3], "weights": [1, 1, 2]},
        },
    ],
    "dependence": {"kind": "t", "degrees_of_freedom": 4, "correlation": [[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 1]]},
}


def changed(path, value):
    """The good set with something else in one place; None takes it away."""
    data = copy.deepcopy(GOOD)
    *way, last = path
    place = data
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


A, B, C = (["scenarios", number] for number in range(3))
LOGNORMAL = {"distribution": "lognormal", "p05": 1, "p95": 2}
WRONG = {
    "min above max": ([*A, "magnitude", "p05"], 5e6, "scenarios[0].magnitude.p05", "is above p95"),
    "negative money": ([*C, "magnitude", "values"], [1, -2, 3], "scenarios[2].magnitude.values[1]", "negative money"),
    "negative low": (
        [*C, "magnitude"],
        {"distribution": "pert", "low": -1, "mode": 2, "high": 3},
        "scenarios[2].magnitude.low",
        "negative money",
    ),
    "a normal amount": (
        [*C, "magnitude"],
        {"distribution": "normal", "mean": 9, "sd": 1},
        "scenarios[2].magnitude",
        "truncate",
    ),
    "NaN": ([*A, "magnitude", "p05"], math.nan, "scenarios[0].magnitude.p05", "finite"),
    "infinite": ([*A, "secondary", "magnitude", "sd"], math.inf, "scenarios[0].secondary.magnitude.sd", "finite"),
    "a word": ([*A, "secondary", "magnitude", "sd"], "much", "scenarios[0].secondary.magnitude.sd", "not a number"),
    "a truth value": ([*A, "secondary", "probability"], True, "scenarios[0].secondary.probability", "not a number"),
    "a number too large": (
        [*A, "secondary", "magnitude", "sd"],
        10**400,
        "scenarios[0].secondary.magnitude.sd",
        "large",
    ),
    "a probability above 1": ([*A, "secondary", "probability"], 1.2, "scenarios[0].secondary.probability", "0 to 1"),
    "a probability that reaches above 1": (
        [*A, "secondary", "probability"],
        LOGNORMAL,
        "scenarios[0].secondary.probability",
        "truncate",
    ),
    "an effect above 1": (
        [*A, "controls", 0, "effect", "frequency"],
        50,
        "scenarios[0].controls[0].effect.frequency",
        "share",
    ),
    "a negative rate": ([*A, "frequency", "mean"], -1, "scenarios[0].frequency.mean", "rate"),
    "a rate beyond reason": ([*A, "frequency", "mean"], 1e12, "scenarios[0].frequency.mean", "too many"),
    "an unknown distribution": (
        [*A, "magnitude", "distribution"],
        "lognorml",
        "scenarios[0].magnitude.distribution",
        "“lognormal”",
    ),
    "an unknown count": (
        [*A, "frequency", "distribution"],
        "posson",
        "scenarios[0].frequency.distribution",
        "“poisson”",
    ),
    "an unknown key": ([*A, "controlls"], [], "scenarios[0].controlls", "“controls”"),
    "an unknown parameter": ([*A, "magnitude", "p59"], 3, "scenarios[0].magnitude.p59", "“p95”"),
    "an unknown form": ([*B, "forms", "reputaton"], LOGNORMAL, "scenarios[1].forms.reputaton", "“reputation”"),
    "a parameter missing": (
        [*A, "secondary", "magnitude", "sd"],
        None,
        "scenarios[0].secondary.magnitude.sd",
        "missing",
    ),
    "two ways at once": ([*A, "magnitude", "mu"], 3, "scenarios[0].magnitude.mu", "cannot stand beside"),
    "no magnitude": ([*A, "magnitude"], None, "scenarios[0].magnitude", "forms"),
    "magnitude and forms": ([*B, "magnitude"], 5, "scenarios[1].magnitude", "Leave out"),
    "days missing": ([*B, "duration"], None, "scenarios[1].duration", "per day"),
    "an id twice": ([*B, "id"], "A", "scenarios[1].id", "already"),
    "no scenarios": (["scenarios"], [], "scenarios", "at least one"),
    "a currency in words": (["currency"], "Euro", "currency", "text"),
    "an asymmetric correlation": (
        ["dependence", "correlation", 0, 1],
        0.4,
        "dependence.correlation[0][1]",
        "symmetric",
    ),
    "a diagonal of 2": (["dependence", "correlation", 1, 1], 0.9, "dependence.correlation[1][1]", "diagonal"),
    "a correlation above 1": (["dependence", "correlation", 1, 2], 2, "dependence.correlation[1][2]", "above 1"),
    "a matrix too small": (["dependence", "correlation"], [[1]], "dependence.correlation", "1 rows for 3"),
    "a row too short": (["dependence", "correlation", 2], [0, 1], "dependence.correlation[2]", "2 numbers for 3"),
    "an unknown dependence": (["dependence", "kind"], "gausian", "dependence.kind", "“gaussian”"),
    "a cover of nothing": ([*A, "insurance", "limit"], 0, "scenarios[0].insurance.limit", "above 0"),
    "a rounded count without end": (
        [*C, "frequency"],
        {"distribution": "lognormal", "p05": 1, "p95": 1e6, "rounded": True},
        "scenarios[2].frequency",
        "truncate",
    ),
    "overlapping uncertain ends": (
        [*A, "magnitude", "p95", "low"],
        10,
        "scenarios[0].magnitude.p05",
        "Keep their ranges apart",
    ),
    "a range of one point": (
        [*C, "magnitude"],
        {"distribution": "uniform", "low": 2, "high": 2},
        "scenarios[2].magnitude.high",
        "constant",
    ),
    "weights that do not fit": ([*C, "magnitude", "weights"], [1], "scenarios[2].magnitude.weights", "3 values"),
}


@pytest.mark.parametrize(("path", "value", "where", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(path, value, where, words):
    with pytest.raises(fair.InputError) as caught:
        fair.read(changed(path, value))
    assert caught.value.where == where
    assert words in str(caught.value)
    assert caught.value.remedy


def test_the_good_set_reads_back_equal():
    found = fair.read(GOOD)
    assert fair.loads(json.dumps(fair.write(found))) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ('{"scenarios": [], "scenarios": []}', "given twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a scenario set"),
        (b"\xff\xfe", "is not JSON"),
        ('{"scenarios": ' + "9" * 5000 + "}", "too long"),
        (json.dumps(GOOD).replace("0.8", "NaN"), "finite"),
    ],
)
def test_texts_that_are_no_sets(text, words):
    with pytest.raises(fair.InputError, match=words):
        fair.loads(text)


def test_trials_have_an_end():
    assert limits.trials(10**9) == 10**9
    for count in (0, -1, 10**10):
        with pytest.raises(fair.InputError):
            limits.trials(count)


def test_a_matrix_that_is_not_positive_definite_is_repaired_only_when_asked():
    rows = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]
    data = changed(["dependence", "correlation"], rows)
    with pytest.raises(fair.InputError, match="not positive definite") as caught:
        fair.read(data)
    assert "repair" in caught.value.remedy
    data["dependence"]["repair"] = True
    found = fair.read(data)
    assert "Frobenius" in found.notes[0]
    assert np.linalg.eigvalsh(found.dependence.matrix)[0] > 0
    assert np.diag(found.dependence.matrix).tolist() == [1, 1, 1]
    again = fair.read(fair.write(found))
    assert again == found
    assert again.notes == ()


def test_the_nearest_correlation_matrix_is_that_of_higham():
    # Higham, IMA J. Numer. Anal. 22 (2002), section 4: the nearest matrix is at a distance of 0.528.
    rows = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    found, note = correlation.repaired(correlation.read(rows, 3, "correlation"), "correlation")
    assert found[0, 1] == pytest.approx(0.7607, abs=1e-4)
    assert found[0, 2] == pytest.approx(0.1573, abs=1e-4)
    assert "0.528" in note


positive = st.floats(1e-3, 1e9, allow_nan=False)
share = st.floats(0, 1)


@st.composite
def amounts(draw):
    low, more, still = draw(st.floats(0, 1e6)), draw(st.floats(1, 1e6)), draw(st.floats(1, 1e6))
    return draw(
        st.sampled_from(
            [
                {"distribution": "pert", "low": low, "mode": low + more, "high": low + more + still},
                {"distribution": "uniform", "low": low, "high": low + more},
                {"distribution": "lognormal", "p05": low + 1, "p95": low + 1 + more},
                {"distribution": "gamma", "shape": more, "scale": still},
                {"distribution": "constant", "value": low},
                {"distribution": "empirical", "values": [low, more, still]},
            ]
        )
    )


@st.composite
def scenarios(draw, name="A"):
    data = {
        "id": name,
        "frequency": draw(
            st.one_of(
                st.builds(lambda mean: {"distribution": "poisson", "mean": mean}, st.floats(0, 100)),
                st.builds(
                    lambda mean, k: {"distribution": "negative_binomial", "mean": mean, "dispersion": k},
                    st.floats(0, 100),
                    st.floats(0.1, 100),
                ),
                st.builds(lambda p: {"distribution": "bernoulli", "probability": p}, share),
                st.builds(
                    lambda rate, v: {"threat_event_frequency": rate, "vulnerability": v}, st.floats(0, 100), share
                ),
            )
        ),
        "magnitude": draw(amounts()),
    }
    if draw(st.booleans()):
        data["secondary"] = {"probability": draw(share), "magnitude": draw(amounts())}
    controls = draw(
        st.lists(
            st.builds(
                lambda kind, effect, coverage: {"effect": {kind: effect}, "coverage": coverage},
                st.sampled_from(["frequency", "vulnerability", "magnitude", "duration"]),
                share,
                share,
            ),
            max_size=3,
        )
    )
    data["controls"] = [{"id": str(place), **control} for place, control in enumerate(controls)]
    return data


@given(st.lists(scenarios(), min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_any_set_reads_back_equal(items):
    found = fair.read({"scenarios": [{**item, "id": str(place)} for place, item in enumerate(items)]})
    assert fair.loads(json.dumps(fair.write(found))) == found


@given(scenarios(), st.sampled_from(["frequency", "vulnerability", "magnitude", "duration"]), share, share, share)
@settings(max_examples=80, deadline=None)
def test_one_more_control_never_raises_the_mean(data, kind, effect, coverage, reliability):
    more = {"id": "more", "effect": {kind: effect}, "coverage": coverage, "reliability": reliability}
    before = fair.compiled(fair.read_scenario(data)).moments
    after = fair.compiled(fair.read_scenario({**data, "controls": [*data["controls"], more]})).moments
    assert after[0] <= before[0] * (1 + 1e-12)


@given(scenarios())
@settings(max_examples=60, deadline=None)
def test_the_numbers_of_any_scenario_are_in_order(data):
    found = fair.aggregate(fair.read_scenario(data), points=2**12)
    quantiles = [found.quantile(level) for level in (0.5, 0.9, 0.95, 0.99)]
    assert quantiles == sorted(quantiles)
    assert 0 <= found.p_zero <= 1
    assert all(math.isfinite(value) for value in (found.mean, found.sd, *quantiles))
    # A grid of 4096 points knows a loss to a few of its steps.
    slack = 4 * found.grids[-1].step + 1e-6 * found.mean
    assert found.expected_shortfall(0.99) >= quantiles[-1] - slack
    assert found.expected_shortfall(0.99) >= found.mean - slack
    assert all(low[0] < high[0] and low[1] >= high[1] for low, high in itertools.pairwise(found.curve()))


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=4,
)


def places(data, way=()):
    """Every place in the good set."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield [*way, key]
        yield from places(value, (*way, key))


@given(st.sampled_from(list(places(GOOD))), anything)
@settings(max_examples=400, deadline=None)
def test_whatever_stands_in_a_place_is_taken_or_refused_by_name(path, value):
    found = taken_or_refused(changed(path, value))
    if isinstance(found, fair.InputError):
        assert found.where
        assert found.remedy
    else:
        assert fair.read(fair.write(found)) == found


def taken_or_refused(data):
    try:
        return fair.read(data)
    except fair.InputError as error:
        return error
