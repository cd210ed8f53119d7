"""R1 on drawn collaboratives: what it answers, and a named outcome where it cannot."""

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from models.estimate import Diagnostic, Estimate, Findings
from models.fitness import NOT_ENOUGH
from models.scales.item_answers import item_answers
from models.scales.recovery_capital import OUTCOMES, analyse
from models.scales.score import score
from pipelines.cleaning.scores import spec_of
from pipelines.codebook import load_codebook
from pipelines.demo.collaborative import draw

CODEBOOK = load_codebook()
SCALES = {name: spec_of(CODEBOOK.instruments[name]) for name in OUTCOMES}
TABLES = ("participants", "episodes", "programs", "assessments", "assessment_items")
Frames = Mapping[str, pl.DataFrame]


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw(3, 240, items=True)


@pytest.fixture(scope="module")
def found(frames: Frames) -> Findings:
    return _run(frames)


def _run(frames: Frames, *, scale: str = "barc10", **changed: pl.DataFrame) -> Findings:
    cut = CODEBOOK.instruments[scale].cutoff
    return analyse(
        *(changed.get(name, frames[name]) for name in TABLES), population="drawn",
        scales={scale: SCALES[scale]}, cutoffs={} if cut is None else {scale: cut}, n_imputations=4,
    )  # fmt: skip


def _estimate(findings: Findings, term: str) -> Estimate:
    return next(row for row in findings.estimates if row.term == term)


def _fact(findings: Findings, name: str) -> Diagnostic:
    return next(row for row in findings.diagnostics if row.diagnostic == name)


def test_barc10_answers_every_term_of_the_contract(found: Findings) -> None:
    assert [row.term for row in found.estimates] == [
        "at_least_47_baseline", "change_month_6", "reliably_better_month_6", "reliably_worse_month_6",
        "at_least_47_month_6", "change_month_12", "reliably_better_month_12", "reliably_worse_month_12",
        "at_least_47_month_12",
    ]  # fmt: skip
    assert all(row.estimate is not None and row.ci_low is not None for row in found.estimates)


def test_a_scale_without_a_cut_answers_no_share_at_a_cut(frames: Frames) -> None:
    terms = [row.term for row in _run(frames, scale="recovery_capital_cultural").estimates]

    assert len(terms) == 6
    assert not any(term.startswith("at_least") for term in terms)


def test_facts_have_one_row_each(found: Findings) -> None:
    keys = [(row.outcome, row.diagnostic) for row in found.diagnostics]

    assert len(keys) == len(set(keys))
    assert {f"{m}_{w}" for m in ("alpha", "omega") for w in ("baseline", "month_6", "month_12")} <= {
        name for _, name in keys
    }


def test_every_fact_says_what_it_is(found: Findings) -> None:
    said = {row.diagnostic: row.detail for row in found.diagnostics}

    assert [name for name, detail in said.items() if not detail] == []
    assert said["alpha_month_6"] == "Cronbach's alpha of the items, every answer given, at 6 months"
    assert said["sensitivity_change_month_12_complete_cases"] == "of those with both scores"


def test_shares_lie_within_their_limits_and_change_is_in_points(found: Findings) -> None:
    for row in found.estimates:
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.estimate is not None
        assert row.ci_low <= row.estimate <= row.ci_high
        if row.scale == "probability":
            assert row.ci_low >= 0.0
            assert row.ci_high <= 1.0
    assert _estimate(found, "change_month_12").scale == "points"


def test_everybody_due_counts_and_the_dead_do_not(frames: Frames, found: Findings) -> None:
    dead = frames["assessments"].filter(
        (pl.col("wave") == "month_12") & (pl.col("followup_status") == "deceased")
    )
    row = _estimate(found, "change_month_12")

    assert row.n_people == 240 - dead.height
    assert row.n_rows is not None
    assert _fact(found, "follow_up_rate_month_12").value == pytest.approx(row.n_rows / row.n_people)


def test_complete_cases_are_the_mean_of_those_who_came_twice(frames: Frames, found: Findings) -> None:
    wide = frames["assessments"].pivot(on="wave", index="participant_id", values="barc10")
    change = (wide["month_12"] - wide["baseline"]).drop_nulls()

    assert _fact(found, "sensitivity_change_month_12_complete_cases").value == pytest.approx(change.mean())


def test_events_are_those_of_people_who_came(frames: Frames, found: Findings) -> None:
    wide = frames["assessments"].pivot(on="wave", index="participant_id", values="barc10")
    both = wide.drop_nulls(["baseline", "month_12"])

    assert _estimate(found, "at_least_47_month_12").n_events == int((both["month_12"] >= 47).sum())
    assert _estimate(found, "change_month_12").n_events is None


def test_a_test_retest_reliability_takes_the_place_of_alpha(frames: Frames) -> None:
    findings = analyse(
        *(frames[name] for name in TABLES), population="drawn", scales={"barc10": SCALES["barc10"]},
        cutoffs={}, retest={"barc10": 0.94}, n_imputations=2,
    )  # fmt: skip
    sd = _fact(findings, "sd_baseline").value
    assert sd is not None

    limit = _fact(findings, "reliable_change_limit")

    assert limit.value == pytest.approx(1.959964 * sd * np.sqrt(2 * 0.06), rel=1e-6)
    assert limit.ci_low is None


def test_items_turned_around_give_the_score_that_was_made_of_them(frames: Frames) -> None:
    people = frames["participants"]["participant_id"]
    spec = SCALES["eurohis_qol8"]
    answers = item_answers(frames["assessment_items"], {"scale": spec}, people, ("baseline",))
    scores = frames["assessments"].filter(pl.col("wave") == "baseline").sort("participant_id")

    np.testing.assert_allclose(score(answers["scale"]["baseline"], spec), scores["eurohis_qol8"].to_numpy())


def test_the_same_frames_in_another_order_give_the_same_answers(frames: Frames, found: Findings) -> None:
    again = _run({name: frame.sample(fraction=1.0, shuffle=True, seed=9) for name, frame in frames.items()})

    for row, other in zip(found.estimates, again.estimates, strict=True):
        assert other.estimate == pytest.approx(row.estimate, rel=1e-9)
        assert other.std_error == pytest.approx(row.std_error, rel=1e-9)


def test_a_wave_with_more_lost_than_reached_is_not_enough_to_say(frames: Frames) -> None:
    keep = frames["participants"]["participant_id"].sample(90, seed=1)
    lost = (pl.col("wave") == "month_12") & ~pl.col("participant_id").is_in(keep.implode())
    scores = [name for name in OUTCOMES if name in frames["assessments"].columns]
    assessments = frames["assessments"].with_columns(
        pl.when(lost).then(pl.lit("not_located")).otherwise(pl.col("followup_status")).alias("followup_status"),
        *(pl.when(lost).then(None).otherwise(pl.col(name)).alias(name) for name in scores),
    )  # fmt: skip

    findings = _run(frames, assessments=assessments)

    late = [row for row in findings.estimates if row.term.endswith("month_12")]
    assert all(row.estimate is None and row.note.startswith(NOT_ENOUGH) for row in late)
    assert _estimate(findings, "change_month_6").estimate is not None
    assert _fact(findings, "gate_follow_up_month_12").value == 0.0
    assert _fact(findings, "sensitivity_change_month_12_complete_cases").value is None


def test_a_wave_not_due_yet_is_refused_and_the_other_is_not(frames: Frames) -> None:
    early = frames["assessments"].filter(pl.col("wave") != "month_12")
    items = frames["assessment_items"].filter(pl.col("wave") != "month_12")

    findings = _run(frames, assessments=early, assessment_items=items)

    late = [row for row in findings.estimates if row.term.endswith("month_12")]
    assert all(row.estimate is None and row.note for row in late)
    assert _estimate(findings, "change_month_6").estimate is not None


def test_one_program_alone_is_answered_with_people_as_independent(frames: Frames) -> None:
    first = frames["programs"]["program_id"][0]
    episodes = frames["episodes"].with_columns(program_id=pl.lit(first))

    row = _estimate(_run(frames, episodes=episodes), "change_month_12")

    assert row.estimate is not None
    assert "one program" in row.small_sample


def _nobody(frames: Frames) -> dict[str, pl.DataFrame]:
    return {name: frames[name].clear() for name in TABLES if name != "programs"}


def _one_score(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"assessments": frames["assessments"].with_columns(barc10=pl.lit(40.0))}


def _few(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"participants": frames["participants"].head(8)}


def _unknown_programs(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"programs": frames["programs"].clear()}


def _no_items(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"assessment_items": frames["assessment_items"].clear()}


def _no_scores(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"assessments": frames["assessments"].with_columns(barc10=pl.lit(None, pl.Float64))}


def _not_numbers(frames: Frames) -> dict[str, pl.DataFrame]:
    return {"assessments": frames["assessments"].with_columns(barc10=pl.lit(float("inf")))}


@pytest.mark.parametrize("spoil", [_nobody, _few, _unknown_programs, _no_scores, _not_numbers])
def test_without_people_or_scores_every_term_is_refused_with_a_reason(frames: Frames, spoil: object) -> None:
    assert callable(spoil)
    findings = _run(frames, **spoil(frames))

    assert len(findings.estimates) == 9
    assert all(row.estimate is None and row.note for row in findings.estimates)


def test_without_items_change_is_answered_and_reliable_change_is_refused(frames: Frames) -> None:
    findings = _run(frames, **_no_items(frames))

    assert _estimate(findings, "change_month_6").estimate is not None
    assert _estimate(findings, "reliably_better_month_6").estimate is None
    assert "reliability" in _estimate(findings, "reliably_better_month_6").note
    assert _fact(findings, "alpha_baseline").value is None


def test_scores_that_never_differ_give_no_change_with_an_error(frames: Frames) -> None:
    findings = _run(frames, **_one_score(frames))

    assert _estimate(findings, "change_month_6").estimate is None
    assert _estimate(findings, "at_least_47_month_6").estimate == 0.0
    assert _fact(findings, "reliable_change_limit").value is None


def test_a_delivery_stacked_on_another_is_an_error_of_the_caller(frames: Frames) -> None:
    items = frames["assessment_items"]

    with pytest.raises(ValueError, match="repeats its key"):
        _run(frames, assessment_items=pl.concat([items, items]))


def test_a_scale_that_cannot_be_imputed_takes_no_other_down(frames: Frames) -> None:
    social = frames["programs"].filter(pl.col("model") == "social")["program_id"]
    inside = frames["episodes"].filter(pl.col("program_id").is_in(social.implode()))["participant_id"]
    unasked = pl.col("participant_id").is_in(inside.implode())
    assessments = frames["assessments"].with_columns(
        eurohis_qol8=pl.when(unasked).then(None).otherwise(pl.col("eurohis_qol8"))
    )

    findings = analyse(
        *(assessments if name == "assessments" else frames[name] for name in TABLES), population="drawn",
        scales={name: SCALES[name] for name in ("barc10", "eurohis_qol8")}, cutoffs={}, n_imputations=3,
    )  # fmt: skip

    by_outcome = {row.outcome: row for row in findings.estimates if row.term == "change_month_6"}
    assert by_outcome["barc10"].estimate is not None
    assert by_outcome["eurohis_qol8"].estimate is None
    assert "program_model" in by_outcome["eurohis_qol8"].note
