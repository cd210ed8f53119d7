"""P1 whole: its rows, ranks, and reasons in place of numbers."""

from collections.abc import Callable

import polars as pl
import pytest

from models.estimate import Estimate, Findings
from models.within_person.hours_odds_and_ranks import NEXT_INTERVIEW, PREDICTORS
from models.within_person.hours_rows import NO_CRAVING
from models.within_person.peers_and_activity import analyse
from pipelines.demo.drawn_diaries import draw_diaries

Frames = tuple[pl.DataFrame, pl.DataFrame]
TERMS = {
    NO_CRAVING: {
        *(f"{name}_{part}_per_sd" for name in PREDICTORS for part in ("within", "between")),
        *(f"rank_{name}_{part}" for name in PREDICTORS for part in ("within", "between")),
    },
    NEXT_INTERVIEW: {
        *(f"{name}_per_sd" for name in PREDICTORS), *(f"rank_{name}" for name in PREDICTORS),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def frames() -> Frames:
    drawn = draw_diaries(3, 90)
    return drawn["diary_days"], drawn["assessments"]


@pytest.fixture(scope="module")
def found(frames: Frames) -> Findings:
    return analyse(*frames, population="drawn")


def _row(found: Findings, term: str) -> Estimate:
    (row,) = [row for row in found.estimates if row.term == term]
    return row


def test_every_question_has_one_row(found: Findings) -> None:
    for outcome, terms in TERMS.items():
        told = [row.term for row in found.estimates if row.outcome == outcome]
        assert sorted(told) == sorted(terms)


def test_odds_ratios_do_not_depend_on_the_unit_of_hours(frames: Frames, found: Findings) -> None:
    of_sixty_hours = frames[0].with_columns(pl.col(name) / 60 for name in PREDICTORS)
    again = analyse(of_sixty_hours, frames[1], population="drawn")
    for one, other in zip(found.estimates, again.estimates, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=1e-5)
        assert one.ci_low == pytest.approx(other.ci_low, rel=1e-4)


def test_the_order_of_rows_does_not_matter(frames: Frames, found: Findings) -> None:
    again = analyse(
        *(frame.sample(fraction=1.0, shuffle=True, seed=2) for frame in frames), population="drawn"
    )
    for one, other in zip(found.estimates, again.estimates, strict=True):
        assert one.estimate == pytest.approx(other.estimate, rel=1e-7)


def test_a_rank_is_a_whole_number_inside_its_interval(found: Findings) -> None:
    for row in found.estimates:
        if row.scale == "rank":
            assert row.estimate in (1.0, 2.0)
            assert row.ci_low is not None
            assert row.ci_high is not None
            assert 1.0 <= row.ci_low <= row.estimate <= row.ci_high <= 2.0
            assert row.p_value is None


def test_notes_never_speak_of_an_effect_or_of_success(found: Findings) -> None:
    for row in found.estimates:
        if row.scale != "rank":
            assert "an association" in row.note
            assert "not an effect" in row.note
        assert "success" not in row.note


def _set(name: str, value: object) -> Callable[[Frames], Frames]:
    return lambda frames: (frames[0].with_columns(pl.lit(value, pl.Float64).alias(name)), frames[1])


DEGENERATE: dict[str, tuple[Callable[[Frames], Frames], str, str]] = {
    "no evenings": (lambda f: (f[0].clear(), f[1]), "peer_hours_within_per_sd", "Fewer than 10 people"),
    "one person": (
        lambda f: (f[0].filter(pl.col("participant_id") == pl.col("participant_id").min()), f[1]),
        "peer_hours_within_per_sd", "Fewer than 10 people",
    ),
    "every other evening": (
        lambda f: (f[0].filter(pl.col("day") % 2 == 0), f[1]),
        "peer_hours_within_per_sd", "Fewer than 10 people",
    ),
    "craving every evening": (_set("craving", 50.0), "peer_hours_within_per_sd", "did evenings with"),
    "never any craving": (_set("craving", 0.0), "peer_hours_between_per_sd", "did evenings with"),
    "hours alike": (_set("peer_hours", 2.0), "peer_hours_within_per_sd", "differ from evening to evening"),
    "hours never told": (_set("peer_hours", None), "peer_hours_per_sd", "Fewer than 10 people"),
    "both hours the same": (
        lambda f: (f[0].with_columns(meaningful_hours=pl.col("peer_hours")), f[1]),
        "peer_hours_within_per_sd", "Not identified: collinear",
    ),
    "no interviews": (lambda f: (f[0], f[1].clear()), "peer_hours_per_sd", "people were interviewed"),
    "all abstinent": (
        lambda f: (f[0], f[1].with_columns(pl.lit(30.0).alias("abstinent_days_30"))),
        "peer_hours_per_sd", "Fewer than 10 people were abstinent",
    ),
    "hours that are no numbers": (
        lambda f: (f[0].with_columns(pl.lit(float("nan")).alias(n) for n in PREDICTORS), f[1]),
        "peer_hours_within_per_sd", "Fewer than 10 people",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_degenerate_diary_gets_reasons_in_place_of_numbers(frames: Frames, name: str) -> None:
    make, term, words = DEGENERATE[name]
    found = analyse(*make(frames), population="drawn")
    assert {row.term for row in found.estimates} == {*TERMS[NO_CRAVING], *TERMS[NEXT_INTERVIEW]}
    row = _row(found, term)
    assert row.estimate is None
    assert words in row.note
    for one in found.estimates:
        assert one.estimate is not None or one.note.strip()


def test_where_most_of_those_due_were_not_interviewed_the_interview_is_not_told(frames: Frames) -> None:
    """Four of five people lose the interview after their diary; its row stays, as missed."""
    days, assessments = frames
    kept = sorted(assessments["participant_id"].unique())[::5]
    later = ~pl.col("participant_id").is_in(kept) & (pl.col("wave") != "baseline")
    gone = assessments.with_columns(
        followup_status=pl.when(later).then(pl.lit("missed")).otherwise("followup_status"),
        assessment_day=pl.when(~later).then("assessment_day"),
        abstinent_days_30=pl.when(~later).then("abstinent_days_30"),
    )
    rows = analyse(days, gone, population="x")
    gates = {fact.outcome: fact for fact in rows.diagnostics if fact.diagnostic == "gate_follow_up"}
    assert gates["abstinent_at_next_interview"].value == 0.0
    assert _row(rows, "peer_hours_per_sd").estimate is None
    assert _row(rows, "peer_hours_within_per_sd").estimate is not None


def test_a_predictor_that_does_not_vary_leaves_the_other_its_answer(frames: Frames) -> None:
    found = analyse(*_set("peer_hours", 2.0)(frames), population="drawn")
    assert _row(found, "meaningful_hours_within_per_sd").estimate is not None
    assert _row(found, "rank_meaningful_hours_within").estimate is None


def test_a_table_with_an_evening_twice_is_refused(frames: Frames) -> None:
    with pytest.raises(ValueError, match="repeats its key"):
        analyse(pl.concat([frames[0], frames[0].head(1)]), frames[1], population="drawn")
