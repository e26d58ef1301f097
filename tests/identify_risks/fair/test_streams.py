"""Streams hang on their key alone."""

from __future__ import annotations

import numpy as np

from remit.identify.risks import fair
from remit.identify.risks.fair.streams import Streams

from .simulated import of, scenario


def test_a_stream_is_the_same_whatever_was_drawn_before() -> None:
    first = Streams(7, 3).at("counts", "A").random(5)
    streams = Streams(7, 3)
    streams.at("magnitude", "B").standard_normal(11)
    assert (streams.at("counts", "A").random(5) == first).all()


def test_each_part_of_the_key_counts() -> None:
    keys = [(7, 3, "counts", "A"), (8, 3, "counts", "A"), (7, 4, "counts", "A"), (7, 3, "copula", "A")]
    keys += [(7, 3, "counts", "B"), (73, 0, "counts", "A")]
    assert len({Streams(seed, chunk).at(purpose, name).random() for seed, chunk, purpose, name in keys}) == len(keys)


def test_neighbouring_streams_are_uniform_and_uncorrelated() -> None:
    streams = Streams(1, 0)
    first = np.array([streams.at("counts", str(number)).random() for number in range(20_000)])
    assert abs(first.mean() - 0.5) < 4 * (1 / 12 / 20_000) ** 0.5
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 4 / 20_000**0.5


def test_one_more_scenario_changes_no_draw_of_the_others() -> None:
    alone = fair.simulate(of(scenario("A", 0.5), scenario("B", 2)), trials=20_000)
    more = fair.simulate(of(scenario("A", 0.5), scenario("New", 3), scenario("B", 2)), trials=20_000)
    for name in ("A", "B"):
        before, after = alone.scenarios[name], more.scenarios[name]
        assert (before.mean, before.exceedance) == (after.mean, after.exceedance)


def test_one_more_coupled_scenario_at_the_end_changes_no_draw_of_the_others() -> None:
    two = {"kind": "gaussian", "correlation": [[1, 0.5], [0.5, 1]]}
    three = {"kind": "gaussian", "correlation": [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]}
    before = fair.simulate(of(scenario("A", 0.5), scenario("B", 2), dependence=two), trials=20_000)
    after = fair.simulate(of(scenario("A", 0.5), scenario("B", 2), scenario("C", 1), dependence=three), trials=20_000)
    for name in ("A", "B"):
        assert before.scenarios[name].exceedance == after.scenarios[name].exceedance


def test_another_seed_gives_other_years() -> None:
    assert fair.simulate(of(scenario()), seed=1).portfolio != fair.simulate(of(scenario()), seed=2).portfolio
