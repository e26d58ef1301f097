"""The register with its database: assessing, limits, acceptance, facts, reviews, pages, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import localdate

from remit.govern.compliance.models import Control, ControlTest
from remit.identify.risks import facts, form, services
from remit.identify.risks.fair import InputError
from remit.identify.risks.models import (
    AcceptanceAuthority,
    Appetite,
    Assessment,
    Binding,
    Cause,
    Estimate,
    Indicator,
    Risk,
    RiskAcceptance,
    RiskCategory,
    RiskMatrix,
    Treatment,
)
from remit.kernel.jobs.models import JobRun
from remit.kernel.lifecycle import MoveRefusedError
from remit.kernel.records import StaleRecordError
from remit.kernel.work.models import Work
from tests.conftest import Cast, being, make, signed_in

SCENARIO: dict[str, Any] = {
    "frequency": {"distribution": "poisson", "mean": 0.5},
    "magnitude": {"distribution": "lognormal", "p05": 100_000, "p95": 1_000_000},
    "controls": [{"id": "CTL-1", "effect": {"frequency": 0.5}}],
}
MEAN = 0.25 * 403_640
"""A quarter of an event a year, at the mean of that lognormal."""


def risk(cast: Cast, **values: Any) -> Risk:
    found: Risk = make(Risk, unit=cast.company, owner=cast.carol, title="Ransomware", **values)
    return found


def computed(cast: Cast, person: Any = None, **values: Any) -> Risk:
    """Make a risk and give it the scenario as this person (Alice)."""
    held = risk(cast, **values)
    with being(person or cast.alice):
        services.set_scenario(Risk.objects.get(pk=held.pk), SCENARIO, reason="We think so.")
        return Risk.objects.get(pk=held.pk)


# Assessing.


def test_an_assessment_is_kept_and_its_numbers_stand_on_the_risk(cast: Cast) -> None:
    matrix = make(RiskMatrix, unit=cast.group)
    held = computed(cast, matrix=matrix)
    assert held.annual_loss == pytest.approx(MEAN, rel=0.001)
    assert held.inherent_loss == pytest.approx(2 * MEAN, rel=0.001)
    assert held.loss_es99 > held.loss_var99 > held.loss_var95 > held.annual_loss
    assert (held.current_likelihood, held.current_impact) == (3, 3)
    assert held.inherent_likelihood == 4
    with being(cast.alice):
        assert str(held.rating) == "Medium"
        kept = held.assessments.get()
        assert (kept.cause, kept.owner, kept.method) == (Cause.SCENARIO, cast.alice, "fft")
        assert kept.inputs["current"]["frequency"] == SCENARIO["frequency"]
        assert "controls" not in kept.inputs["inherent"]
        assert services.assess(held, only_if_moved=True) is None
        assert {e.path for e in held.estimates.all()} >= {"frequency.mean", "magnitude"}
        magnitude = held.estimates.get(path="magnitude")
        assert (magnitude.low, magnitude.high, magnitude.owner) == (100_000, 1_000_000, cast.alice)
        assert magnitude.reason == "We think so."


def test_a_scenario_that_cannot_be_is_refused_and_changes_nothing(cast: Cast) -> None:
    held = computed(cast)
    with being(cast.alice), pytest.raises(InputError) as refused, transaction.atomic():
        services.set_scenario(held, {**SCENARIO, "magnitude": {"distribution": "pert", "low": 9, "mode": 5, "high": 1}})
    assert refused.value.where.startswith("magnitude.")
    with being(cast.alice):
        assert Risk.objects.get(pk=held.pk).scenario["magnitude"] == SCENARIO["magnitude"]
        with pytest.raises(StaleRecordError):
            services.set_scenario(held, SCENARIO, version=held.version - 1)


def test_what_moved_the_number_is_told_input_by_input(cast: Cast) -> None:
    held = computed(cast)
    with being(cast.alice):
        other = {**SCENARIO, "frequency": {"distribution": "poisson", "mean": 0.75}}
        made: Any = services.set_scenario(Risk.objects.get(pk=held.pk), other)
        assert [d["path"] for d in made.drivers] == ["frequency.mean"]
        assert made.drivers[0]["money"] == pytest.approx(MEAN / 2, rel=0.001)
        assert str(Risk.objects.get(pk=held.pk).trend) == "▲ 50%"


def test_estimates_and_assessments_are_never_changed_nor_deleted_by_people(cast: Cast) -> None:
    held = computed(cast)
    with being(None):
        for changed in (
            lambda: Estimate.objects.filter(risk=held).update(reason="Something else"),
            lambda: Assessment.objects.filter(risk=held).update(annual_loss=1),
        ):
            with pytest.raises(IntegrityError, match="kept as it was made"), transaction.atomic():
                changed()
    with being(cast.alice):
        assert Estimate.objects.filter(risk=held).delete()[0] == 0
        assert Assessment.objects.filter(risk=held).delete()[0] == 0


def test_treatments_change_the_target_and_say_what_they_leave(cast: Cast) -> None:
    held = computed(cast)
    with being(cast.alice):
        plan = Treatment.objects.create(risk=held, unit=cast.company, title="Diodes", frequency_effect=0.5)
        plan.refresh_from_db()
        held.refresh_from_db()
        assert plan.residual_loss == pytest.approx(MEAN / 2, rel=0.002)
        assert (held.target_loss, held.annual_loss) == (pytest.approx(MEAN / 2, rel=0.001), round(held.annual_loss))
        plan.move("drop")
        held.refresh_from_db()
        assert held.target_loss == held.annual_loss


def test_controls_and_figures_feed_a_scenario(cast: Cast) -> None:
    control = make(Control, unit=cast.company, title="Isolation")
    held = risk(cast)
    scenario = {**SCENARIO, "controls": [{"id": control.ref, "effect": {"frequency": 0.5}, "reliability": 1.0}]}
    with being(cast.alice):
        services.set_scenario(Risk.objects.get(pk=held.pk), scenario)
        bound = {"risk": held, "unit": cast.company}
        path = f"controls.{control.ref}.reliability"
        Binding.objects.create(**bound, path=path, source="control", name=control.ref, transform="same")
        Binding.objects.create(
            **bound,
            path="frequency.mean",
            source="figure",
            name="work_overdue",
            transform="linear",
            points="0: 1, 9: 2",
        )
        Binding.objects.create(**bound, path="nowhere", source="figure", name="no_such_figure")
        ControlTest.objects.create(control=control, unit=cast.company, tested_on=localdate(), sample_size=8, failures=0)
        control.refresh_from_db()
        assert control.reliability == 0.9
        now, applied = facts.resolved(Risk.objects.get(pk=held.pk))
        assert now["controls"][0]["reliability"] == 0.9
        assert now["frequency"]["mean"] == 1
        assert [bool(a.problem) for a in applied] == [False, False, True]
        made: Any = services.assess(Risk.objects.get(pk=held.pk), Cause.FACTS)
        assert {d["path"] for d in made.drivers} == {path, "frequency.mean"}
        assert "no_such_figure" in made.limitation


def test_a_fact_that_does_not_fit_is_told_and_left_out(cast: Cast) -> None:
    held = computed(cast)
    with being(cast.alice):
        Binding.objects.create(
            risk=held, unit=cast.company, path="controls.CTL-1.effect.frequency", source="figure", name="work_overdue",
            transform="linear", points="0: 7, 9: 9",
        )  # fmt: skip
        made: Any = services.assess(held)
        assert made.inputs["current"]["controls"][0]["effect"] == {"frequency": 0.5}
        assert "7 is not a share" in made.limitation


# Limits, acceptance, time.


def test_limits_of_units_above_bind_also_where_they_are_laid_down_later(cast: Cast) -> None:
    wide = make(RiskCategory, unit=cast.group, name="Cyber")
    near = make(RiskCategory, unit=cast.group, name="Extortion", parent=wide)
    held = computed(cast, category=near)
    assert held.appetite_state == "unknown"
    with being(cast.alice):
        Appetite.objects.create(unit=cast.group, appetite=10, tolerance=20)
        assert Risk.objects.get(pk=held.pk).appetite_state == "over_tolerance"
        Appetite.objects.create(unit=cast.group, category=wide, appetite=MEAN / 2, tolerance=2 * MEAN)
        found = Risk.objects.get(pk=held.pk)
        assert found.appetite_state == "over_appetite"
        assert "tolerance 202 k" in found.appetite_says
    with being(cast.bob):
        assert Appetite.objects.count() == 2


def test_acceptance_needs_authority_and_four_eyes_and_ends(cast: Cast) -> None:
    held = computed(cast)
    today = localdate()
    with being(cast.alice):
        held.move("assess")
        asked = {"risk": held, "unit": cast.company, "reason": "For now", "expires_on": today + timedelta(days=9)}
        own = RiskAcceptance.objects.create(**asked, owner=cast.carol, amount=1000)
    other = make(RiskAcceptance, **asked, owner=cast.carol, amount=120_000)
    with being(cast.alice):
        with pytest.raises(MoveRefusedError, match="Nobody may accept"):
            RiskAcceptance.objects.get(pk=other.pk).move("grant")
        AcceptanceAuthority.objects.create(unit=cast.group, role="head_of_security", up_to=100_000)
        with pytest.raises(MoveRefusedError, match=r"up to 100 k EUR a year; this is 120 k EUR"):
            RiskAcceptance.objects.get(pk=other.pk).move("grant")
        AcceptanceAuthority.objects.create(unit=cast.group, person=cast.alice, up_to=200_000)
        with pytest.raises(MoveRefusedError, match="four eyes"):
            own.move("grant")
        RiskAcceptance.objects.get(pk=other.pk).move("grant")
        assert Risk.objects.get(pk=held.pk).state == "accepted"
        assert str(RiskAcceptance.objects.get(pk=other.pk).stands) == "Covers it"
    with being(None):
        assert services.end_acceptances(today) == (0, 1)
        assert services.end_acceptances(today) == (0, 0)
        assert services.end_acceptances(today + timedelta(days=10)) == (1, 0)
        assert RiskAcceptance.objects.get(pk=other.pk).state == "expired"
        assert Risk.objects.get(pk=held.pk).state == "assessed"


def test_a_role_held_elsewhere_is_no_authority_here(cast: Cast) -> None:
    held = computed(cast)
    asked = make(RiskAcceptance, risk=held, unit=cast.company, owner=cast.carol, amount=5)
    make(AcceptanceAuthority, unit=cast.company, role="analyst", up_to=10)
    make(AcceptanceAuthority, unit=cast.sibling, role="head_of_security", up_to=10)
    with being(cast.alice):
        assert "no authority" in RiskAcceptance.objects.get(pk=asked.pk).refusal("grant")
    with being(cast.bob):
        assert RiskAcceptance.objects.get(pk=asked.pk).refusal("grant") == ""


def test_a_renewal_takes_the_place_of_what_it_renews(cast: Cast) -> None:
    held = computed(cast)
    make(AcceptanceAuthority, unit=cast.group, role="head_of_security")
    with being(None):
        Risk.objects.get(pk=held.pk).move("assess")
    first = make(RiskAcceptance, risk=held, unit=cast.company, owner=cast.carol, amount=5)
    second = make(RiskAcceptance, risk=held, unit=cast.company, owner=cast.carol, amount=5, renews=first)
    with being(cast.alice):
        for each in (first, second):
            RiskAcceptance.objects.get(pk=each.pk).move("grant")
        assert RiskAcceptance.objects.get(pk=first.pk).state == "replaced"


def test_reviews_are_asked_for_once_and_finishing_is_reviewing(cast: Cast) -> None:
    today = localdate()
    held = risk(cast, next_review=today, review_days=90)
    with being(None):
        assert (services.ask_for_reviews(today), services.ask_for_reviews(today)) == (1, 0)
    with being(cast.carol):
        Work.objects.get(about_id=held.pk).move("finish")
        found = Risk.objects.get(pk=held.pk)
        assert (found.reviewed_on, found.next_review) == (today, today + timedelta(days=90))


def test_indicators_read_their_figure_once_a_day_and_keep_it(cast: Cast) -> None:
    held = risk(cast)
    made = make(Indicator, risk=held, unit=cast.company, figure="work_overdue", amber=1, red=2)
    make(Work, unit=cast.team, due_on=localdate() - timedelta(days=2))
    with being(None):
        assert (services.read_indicators(localdate()), services.read_indicators(localdate())) == (1, 0)
    with being(cast.bob):
        made = Indicator.objects.get(pk=made.pk)
        assert (made.value, made.status, made.readings.count()) == (1, "amber", 1)


def test_the_nightly_job_assesses_what_moved_and_passes_over_what_cannot_be(cast: Cast) -> None:
    from remit.identify.risks.jobs import recompute_all
    from remit.kernel.jobs.progress import Progress

    moved, broken = computed(cast), computed(cast)
    with being(None):
        Risk.objects.filter(pk=broken.pk).update(scenario={"frequency": {}})
        Risk.objects.filter(pk=moved.pk).update(scenario={**moved.scenario, "controls": []})
        said = Progress(0)
        recompute_all(said)
        said.close()
        assert said.message == f"1 of 2 risks have moved. Not computable: {broken.ref}."
        assert Risk.objects.get(pk=moved.pk).annual_loss == pytest.approx(2 * MEAN, rel=0.001)


# Who sees what.


def test_what_is_laid_down_above_is_read_below_and_changed_above_only(cast: Cast) -> None:
    made = [make(model, unit=cast.group) for model in (RiskCategory, RiskMatrix, Appetite, AcceptanceAuthority)]
    hidden = [make(model, unit=cast.sibling) for model in (RiskCategory, RiskMatrix)]
    for person in (cast.bob, cast.carol, cast.dan):
        with being(person):
            for each in made:
                assert type(each).objects.filter(pk=each.pk).exists()
                assert not type(each).objects.filter(pk=each.pk).update(version=9)
            assert not any(type(each).objects.filter(pk=each.pk).exists() for each in hidden)
    with being(cast.eve):
        assert not any(type(each).objects.exists() for each in made)
    with being(None):
        RiskCategory.objects.filter(pk=made[0].pk).update(restricted=True)
    with being(cast.bob):
        assert not RiskCategory.objects.exists()


def test_who_sees_a_risk_sees_what_belongs_to_it(cast: Cast) -> None:
    held = computed(cast)
    make(Treatment, risk=held, unit=cast.company, owner=cast.bob)
    other = make(Risk, unit=cast.company, owner=cast.bob)
    make(Treatment, risk=other, unit=cast.company, owner=cast.bob)
    with being(cast.carol):  # who owns that one risk, and nothing else
        assert (Risk.objects.count(), Treatment.objects.count()) == (1, 1)
        assert Estimate.objects.exists()
        assert Assessment.objects.count() == 1


PAGES = (
    ("GET", ""), ("GET", "scenario/"), ("POST", "scenario/"), ("POST", "scenario/preview/"), ("POST", "recompute/"),
    ("POST", "simulate/"), ("POST", "reviewed/"),
)  # fmt: skip


def test_every_page_of_a_risk_answers_for_a_hidden_one_as_for_none(cast: Cast) -> None:
    held = computed(cast)
    for person in (cast.eve, make_sibling(cast)):
        stranger = signed_in(person)
        for method, last in PAGES:
            there, nowhere = (stranger.generic(method, f"/risks/{pk}/{last}") for pk in (held.pk, 999_999_999))
            assert there.status_code == nowhere.status_code == 404, last
    for method, last in PAGES:
        reply = Client().generic(method, f"/risks/{held.pk}/{last}")
        assert reply.status_code == 302


def make_sibling(cast: Cast) -> Any:
    from remit.kernel.access.services import invite

    with being(None):
        return invite(email="sib@remit.example", name="Sib Ling", role="analyst", unit=cast.sibling)


def test_an_auditor_reads_a_scenario_and_changes_nothing(cast: Cast) -> None:
    held = computed(cast)
    dan = signed_in(cast.dan)
    page = dan.get(f"/risks/{held.pk}/scenario/").content.decode()
    assert '<fieldset class="stack" disabled>' in page
    assert "Save scenario" not in page
    assert dan.post(f"/risks/{held.pk}/scenario/preview/", form.fields(SCENARIO)).status_code == 200
    for last in ("scenario/", "recompute/", "simulate/", "reviewed/"):
        assert dan.post(f"/risks/{held.pk}/{last}").status_code == 403, last


# Pages.


def test_the_heat_map_counts_and_each_cell_opens_its_rows(cast: Cast, browser: Client) -> None:
    matrix = make(RiskMatrix, unit=cast.group)
    for levels in ((3, 4), (3, 4), (5, 5), (None, None)):
        risk(cast, matrix=matrix, current_likelihood=levels[0], current_impact=levels[1])
    risk(cast, matrix=matrix, current_likelihood=3, current_impact=4, state="closed")
    screen = browser.get("/risks/heat-map/").context["screen"]
    assert screen.headline == "1 of 3 risks is critical"
    cell = screen.rows[2].cells[3]
    assert (cell.count, cell.rating) == (2, "High")
    assert len(browser.get(cell.url).context["screen"].rows) == 2
    assert screen.unplaced.text == "1 risk is not placed"
    assert len(browser.get(screen.unplaced.url).context["rows_screen"].rows) == 1
    assert browser.get("/risks/heat-map/?stage=target").context["screen"].headline == "No risk is placed yet"
    assert signed_in(cast.eve).get("/risks/heat-map/").status_code == 403


def test_a_matrix_is_edited_level_by_level(cast: Cast, browser: Client) -> None:
    matrix = make(RiskMatrix, unit=cast.group)
    url = f"/risk-matrices/{matrix.pk}/levels/"
    data = {
        "version": "1", "likelihood": "2", "impact": "3", "ratings": "2",
        "likelihood_1_name": "Seldom", "likelihood_1_low": "0", "likelihood_2_name": "Often", "likelihood_2_low": "1",
        "impact_1_name": "Small", "impact_1_low": "0", "impact_2_name": "Big", "impact_2_low": "100,000",
        "impact_3_name": "Huge", "impact_3_low": "1e6", "rating_1_name": "Fine", "rating_1_tone": "good",
        "rating_2_name": "Act", "rating_2_tone": "act",
        **{f"cell_{i}_{j}": str(int(i + j > 3)) for i in (1, 2) for j in (1, 2, 3)},
    }  # fmt: skip
    wrong = browser.post(url, {**data, "impact_2_low": "lots"})
    assert wrong.status_code == 422
    assert "impact, level 1, up to" in wrong.context["screen"].error
    bigger = browser.post(
        url, {**data, "resize": "1", "likelihood_wanted": "4", "impact_wanted": "3", "ratings_wanted": "3"}
    )
    assert (bigger.status_code, len(bigger.context["screen"].cells)) == (200, 4)
    assert browser.post(url, data).status_code == 302
    with being(cast.alice):
        found = RiskMatrix.objects.get(pk=matrix.pk)
        assert (found.size, found.scale.impact[1].low, found.scale.cells) == ("2 × 3", 100_000, ((0, 0, 1), (0, 1, 1)))
    assert browser.post(url, {**data, "csrf": "another"}).status_code == 409
    assert signed_in(cast.bob).get(url).status_code == 200
    assert signed_in(cast.bob).post(url, data).status_code == 403
    assert signed_in(cast.eve).get(url).status_code == 404


def test_the_editor_follows_typing_and_keeps_what_is_saved(cast: Cast, browser: Client) -> None:
    held = risk(cast)
    url = f"/risks/{held.pk}/scenario/"
    assert browser.get(url).status_code == 200
    data = form.fields(SCENARIO)
    page = browser.post(f"{url}preview/", data).content.decode()
    assert "101 k EUR" in page
    assert "<path" in page
    assert page.lstrip().startswith("<section")
    with being(cast.alice):
        assert Risk.objects.get(pk=held.pk).scenario == {}
    wrong = browser.post(url, {**data, "magnitude.p95": "5"})
    assert wrong.status_code == 422
    assert wrong.context["screen"].magnitude.error.startswith("P05 (100,000) is above p95 (5)")
    lost = browser.post(url, {**data, "controls[0].effect.frequency": "7"})
    assert "Give a number from 0 to 1" in lost.context["screen"].controls[0].error
    reply = browser.post(url, {**data, "version": str(held.version), "reason": "Workshop"})
    assert (reply.status_code, reply["Location"]) == (302, f"/risks/{held.pk}/")
    assert browser.post(url, {**data, "version": str(held.version), "reason": "Late"}).status_code == 409
    page = browser.get(f"/risks/{held.pk}/").content.decode()
    for piece in ("101 k EUR", "Without controls", "202 k EUR", "CTL-1 prevents 50 % of events", "Workshop"):
        assert piece in page


def test_estimates_of_several_people_are_pooled_by_weight(cast: Cast, browser: Client) -> None:
    held = computed(cast)
    with being(cast.bob):
        wider = {"distribution": "lognormal", "p05": 200_000, "p95": 4_000_000}
        services.estimate(Risk.objects.get(pk=held.pk), "magnitude", wider, reason="I saw worse.")
    pools = browser.get(f"/risks/{held.pk}/scenario/").context["screen"].pools
    assert [pool.label for pool in pools] == ["Loss of one event"]
    (card,) = browser.get(pools[0].url).context["screen"].cards
    assert (card.label, card.fitted) == ("Loss of one event", pools[0].says)


def test_buttons_of_a_risk(cast: Cast, browser: Client) -> None:
    held = computed(cast, next_review=localdate())
    assert browser.post(f"/risks/{held.pk}/recompute/").status_code == 302
    assert browser.post(f"/risks/{held.pk}/reviewed/").status_code == 302
    reply = browser.post(f"/risks/{held.pk}/simulate/")
    with being(cast.alice):
        assert held.assessments.count() == 2
        assert Risk.objects.get(pk=held.pk).reviewed_on == localdate()
        run = JobRun.objects.get(name="risks.simulate")
        assert reply["Location"] == f"/jobs/{run.pk}/"


def test_a_simulation_is_kept_with_its_errors(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from remit.identify.risks import engine
    from remit.identify.risks.jobs import simulate
    from remit.kernel.jobs.progress import Progress

    monkeypatch.setattr(engine, "TRIALS", 20_000)
    held = computed(cast)
    with being(cast.alice):
        said = Progress(0)
        simulate(said, risk=held.pk, ref=held.ref)
        said.close()
        found: Any = held.assessments.order_by("-pk").first()
        assert (found.method, found.trials) == ("monte-carlo", 20_000)
        error = found.numbers["current"]["standard_error"]["mean"]
        assert found.annual_loss == pytest.approx(MEAN, abs=5 * error)
    page = signed_in(cast.alice).get(found.get_absolute_url()).content.decode()
    assert " ± " in page


def test_figures_of_the_register(cast: Cast) -> None:
    from remit.identify.risks.figures import risk_annual_loss, risks_over_tolerance
    from remit.kernel.figures.registry import Scope, read

    computed(cast)
    computed(cast)
    make(Risk, unit=cast.company, currency="USD", annual_loss=5)
    with being(cast.alice):
        Appetite.objects.create(unit=cast.group, appetite=10, tolerance=20)
        value = read(risk_annual_loss, Scope(localdate()))
        assert value.value == pytest.approx(2 * MEAN, rel=0.001)
        assert value.note == "EUR a year, 2 risks; 1 in other currencies are not in it"
        assert read(risks_over_tolerance, Scope(localdate())).value == 2


def test_the_page_says_what_the_number_hangs_on(cast: Cast, browser: Client) -> None:
    """The tornado is kept with the assessment, widest first; an input that is one number swings nothing."""
    risk = computed(cast)
    with being(cast.alice):
        services.set_scenario(
            risk,
            {
                "frequency": {"distribution": "poisson", "mean": {"distribution": "uniform", "low": 1, "high": 3}},
                "magnitude": {"distribution": "lognormal", "p05": 10_000, "p95": 100_000},
                "controls": [{"id": "CTL-1", "effect": {"frequency": 0.5}}],
            },
        )
    lines = browser.get(f"/risks/{risk.pk}/").context["risk"].swings
    assert {line.label for line in lines} == {"Loss events a year", "Loss of one event"}
    assert lines[0].length >= lines[1].length > 0
    assert all(line.start >= 0 and line.start + line.length <= 100.1 for line in lines)
