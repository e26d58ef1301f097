"""What is kept of simulated years, and the numbers that come of it."""

from __future__ import annotations

import numpy as np
import pytest

from remit.identify.risks import fair
from remit.identify.risks.fair.simulation import plan
from remit.identify.risks.fair.simulation.numbers import Ranks, numbers_of
from remit.identify.risks.fair.simulation.samples import Sample
from remit.identify.risks.fair.simulation.tails import Tail, candidates

from .simulated import LOGNORMAL, of, scenario


def sample(losses: list[float], *, keep: bool = True) -> Sample:
    values = np.array(losses, dtype=np.float64)
    return Sample.of(values[values > 0], len(values), keep=keep)


@pytest.mark.parametrize("keep", [True, False])
def test_conventions_on_one_to_a_hundred(keep: bool) -> None:
    ranks = Ranks(sample([float(loss) for loss in range(1, 101)], keep=keep))
    assert ranks.quantile(0.95) == 95
    assert ranks.shortfall(0.95)[0] == pytest.approx(98)


@pytest.mark.parametrize("keep", [True, False])
def test_conventions_where_most_years_have_no_loss(keep: bool) -> None:
    ranks = Ranks(sample([0, 0, 0, 10, 20], keep=keep))
    assert (ranks.quantile(0.6), ranks.quantile(0.61), ranks.quantile(1)) == (0, 10, 20)
    assert ranks.beyond(-1) == pytest.approx(0.4)
    assert ranks.shortfall(0.5)[0] == pytest.approx(30 / 2.5)
    assert Ranks(sample([0] * 199 + [7])).shortfall(0.99)[0] == pytest.approx(3.5)


@pytest.mark.parametrize("keep", [True, False])
def test_parts_make_the_whole(keep: bool) -> None:
    rng = np.random.default_rng(1)
    losses = np.where(rng.random(5000) < 0.3, rng.lognormal(9, 2, 5000), 0.0)
    parts = [losses[:100], losses[100:150], np.zeros(30), losses[150:]]
    whole = Sample.of(np.empty(0), 10, keep=keep)
    for part in parts:
        whole.add(Sample.of(part[part > 0], len(part), keep=keep))
    losses = np.concatenate([np.zeros(40), losses])
    assert (whole.years, whole.positive) == (5040, (losses > 0).sum())
    assert whole.mean == pytest.approx(losses.mean(), rel=1e-12)
    assert whole.variance == pytest.approx(losses.var(ddof=1), rel=1e-12)
    found = numbers_of(whole)
    for level, value in found.quantiles.items():
        assert value == pytest.approx(np.quantile(losses, level, method="inverted_cdf"), rel=1e-12 if keep else 0.002)


def test_bins_give_what_exact_losses_give(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = of(scenario("A", 0.4), scenario("B", 2, {"distribution": "constant", "value": 12_345.0}))
    exact = fair.simulate(scenarios, trials=60_000)
    monkeypatch.setattr(plan, "KEPT_LOSSES", 0)
    monkeypatch.setattr(plan, "KEPT_TOTALS", 0)
    binned = fair.simulate(scenarios, trials=60_000)
    for name, one in (*exact.scenarios.items(), ("", exact.portfolio)):
        other = binned.scenarios.get(name, binned.portfolio)
        assert (one.mean, one.sd, one.p_zero) == (other.mean, other.sd, other.p_zero)
        assert other.var99 == pytest.approx(one.var99, rel=0.002)
        assert other.es99 == pytest.approx(one.es99, rel=2e-5)
        assert one.standard_error is not None
        assert other.standard_error is not None
        assert other.standard_error.es99 == pytest.approx(one.standard_error.es99, rel=1e-3)
        assert other.standard_error.sd == pytest.approx(one.standard_error.sd, rel=1e-3)
    assert binned.scenarios["B"].var99 == 6 * 12_345.0


def test_parts_of_the_shortfall_are_the_mean_losses_in_the_worst_years() -> None:
    rng = np.random.default_rng(2)
    rows = [np.where(rng.random(20_000) < share, rng.lognormal(10, 1, 20_000), 0.0) for share in (0.05, 0.5, 1)]
    total = sum(rows, np.zeros(20_000))
    cut = 15_000
    hit = np.flatnonzero(rows[0][:cut])
    tail = Tail.of(total[:cut], [(hit, rows[0][hit]), rows[1][:cut], rows[2][:cut]])
    tail.add(Tail.of(total[cut:], [row[cut:] for row in rows]))
    worst = np.argsort(total)[-200:]
    assert tail.parts(20_000) == pytest.approx([row[worst].mean() for row in rows], rel=0.01)
    assert tail.parts(20_000).sum() == pytest.approx(total[worst].mean(), rel=1e-3)


def test_a_chunk_hands_over_more_than_a_hundredth_of_its_years() -> None:
    assert candidates(16_384) == 274
    assert candidates(1000) == 43
    assert candidates(5) == 5


def test_parts_add_up_to_the_portfolio() -> None:
    found = fair.simulate(of(scenario("A", 0.02), scenario("B", 1), scenario("C", 0.001)), trials=100_000)
    parts = [numbers.es99_part or 0 for numbers in found.scenarios.values()]
    assert sum(parts) == pytest.approx(found.portfolio.es99, rel=1e-4)
    assert parts[1] > parts[0] > 0


def test_stated_errors_are_those_of_repeated_runs() -> None:
    """Over 80 seeds estimates scatter as their standard errors say."""
    runs = [fair.simulate(of(scenario(frequency=0.8)), trials=10_000, seed=seed).portfolio for seed in range(80)]
    for pick in ("mean", "sd", "p_zero", "var99", "es99"):
        values = np.array([getattr(run, pick) for run in runs])
        stated = np.mean([getattr(run.standard_error, pick) for run in runs])
        assert 0.75 < values.std(ddof=1) / stated < 1.3, pick


def test_convergence_ends_at_the_answer() -> None:
    found = fair.simulate(of(scenario(magnitude=LOGNORMAL)), trials=100_000)
    assert [step.trials for step in found.convergence] == [16_384, 32_768, 49_152, 65_536, 81_920, 98_304, 100_000]
    last = found.convergence[-1]
    assert (last.mean, last.var99, last.es99) == (found.portfolio.mean, found.portfolio.var99, found.portfolio.es99)
