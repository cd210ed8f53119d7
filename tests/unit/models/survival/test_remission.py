from typing import Any

import numpy as np
import polars as pl
import pytest

from models.estimate import Diagnostic, Estimate, Findings
from models.survival import remission
from pipelines.codebook.load import read_yaml
from pipelines.demo.drawn_courses import draw_courses
from pipelines.demo.social_truth import SOCIAL_SAMPLE

TERMS = ["within_1_year", "within_3_years", "within_5_years"]
Row = tuple[float | None, bool | None]


def _frames(
    rows: list[Row], deaths: list[float | None] | None = None, programs: int = 6
) -> dict[str, pl.DataFrame]:
    """Tables of people by day and whether it is that of remission, and days of death."""
    person = [f"R{i:04d}" for i in range(len(rows))]
    ids = pl.DataFrame({"participant_id": person}, schema={"participant_id": pl.String})
    days = pl.DataFrame(rows, schema={"day_observed": pl.Float64, "event_observed": pl.Boolean}, orient="row")
    died = pl.Series("event_day", deaths or [None] * len(rows), dtype=pl.Float64)
    return {
        "outcome_times": pl.concat([ids, days], how="horizontal").with_columns(
            outcome=pl.lit("sustained_remission")
        ),
        "justice_events": ids.with_columns(
            died, event_id=pl.format("J{}", "participant_id"), justice_measure=pl.lit("death")
        ).drop_nulls("event_day"),
        "episodes": ids.with_columns(
            episode_id=pl.format("E{}", "participant_id"), entry_day=pl.lit(0.0),
            program_id=pl.Series([f"P{i % programs}" for i in range(len(rows))], dtype=pl.String),
        ),
    }  # fmt: skip


def _run(frames: dict[str, pl.DataFrame], **settings: Any) -> Findings:
    return remission.analyse(**frames, population="made up", **settings)


def _found(findings: Findings) -> dict[str, Estimate]:
    return {row.term: row for row in findings.estimates}


def _told(findings: Findings) -> dict[str, Diagnostic]:
    return {row.diagnostic: row for row in findings.diagnostics}


def test_with_nobody_lost_shares_are_those_of_all_who_entered_the_dead_among_them() -> None:
    """40 people: 10 reach it on day 365, 10 on day 700, 8 die on day 500, 12 never, in 6 years."""
    rows: list[Row] = [(365, True)] * 10 + [(700, True)] * 10 + [(500, False)] * 8 + [(2200, False)] * 12
    deaths = [None] * 20 + [500.0] * 8 + [None] * 12
    findings = _run(_frames(rows, deaths))
    found, told = _found(findings), _told(findings)

    assert list(found) == TERMS
    assert [found[term].estimate for term in TERMS] == [pytest.approx(share) for share in (0.25, 0.5, 0.5)]
    assert [found[term].n_events for term in TERMS] == [10, 20, 20]
    assert found["within_3_years"].std_error == pytest.approx(np.sqrt(0.25 / 40))
    assert told["died_before_within_3_years"].value == pytest.approx(8 / 40)
    assert told["died_before_within_3_years"].n_people == 8
    # As if nobody died: 30 at risk on day 365 less 8 on day 500: of 22, 10 reach it.
    assert told["sensitivity_within_3_years_if_nobody_died"].value == pytest.approx(1 - 0.75 * 12 / 22)


def test_a_death_up_to_the_next_contact_counts_on_the_last_day_seen_and_a_later_one_is_counted_apart() -> (
    None
):
    rows: list[Row] = [(600, False)] * 4 + [(2200, False)] * 10
    people = remission.followed(**_frames(rows, [600.0, 601.0, 783.0, 784.0, *[None] * 10]))

    assert people.cause[:4].tolist() == [remission.DEATH] * 3 + [0]
    assert people.exits[:4].tolist() == [600] * 4
    assert (people.n_before_contact, people.n_later) == (2, 1)


@pytest.mark.parametrize("days", [1.0, 30.0, float(remission.CONTACT)])
def test_deaths_that_come_after_the_last_contact_change_nothing_while_the_next_is_not_due(
    days: float,
) -> None:
    rows: list[Row] = [(365, True)] * 20 + [(700, True)] * 20 + [(500, False)] * 16 + [(2200, False)] * 24
    deaths = [None] * 40 + [500.0] * 16 + [None] * 24
    on_the_day = _run(_frames(rows, deaths))
    later = _run(_frames(rows, [None if day is None else day + days for day in deaths]))

    assert later.estimates == on_the_day.estimates
    assert later.curves == on_the_day.curves
    told = _told(later)
    assert (told["people_died_before_next_contact"].value, told["people_died_long_after_contact"].value) == (
        16, 0,
    )  # fmt: skip
    assert told["died_before_within_3_years"].value == pytest.approx(16 / 80)


def test_deaths_after_the_last_contact_have_bounds_that_hold_the_answer_between_them() -> None:
    rows: list[Row] = [(365, True)] * 20 + [(400, False)] * 8 + [(700, False)] * 8 + [(2200, False)] * 24
    deaths = [None] * 20 + [450.0] * 8 + [1000.0] * 8 + [None] * 24
    findings = _run(_frames(rows, deaths))
    told = _told(findings)
    low, high = (
        told[f"sensitivity_within_3_years_late_deaths_{reading}"].value
        for reading in ("never_reached", "all_reached")
    )

    assert told["people_died_before_next_contact"].value == 8
    assert told["people_died_long_after_contact"].value == 8
    assert low == pytest.approx(20 / 60)
    assert high == pytest.approx(36 / 60)
    assert low <= _found(findings)["within_3_years"].estimate < high  # type: ignore[operator]


def test_who_dies_before_the_first_year_is_over_is_not_among_those_who_could_have_reached_it() -> None:
    rows: list[Row] = [(365, True)] * 20 + [(200, False)] * 10 + [(2200, False)] * 20
    told = _told(_run(_frames(rows, [None] * 20 + [364.0] * 10 + [None] * 20)))

    assert told["sensitivity_within_1_year_late_deaths_all_reached"].value == pytest.approx(20 / 50)


def test_remission_on_the_day_of_death_counts_and_after_it_is_a_death_and_counted() -> None:
    people = remission.followed(**_frames([(500, True), (500, True)], [500.0, 480.0]))

    assert people.cause.tolist() == [remission.REMISSION, remission.DEATH]
    assert people.exits.tolist() == [500, 480]
    assert people.n_contradicted == 1


def test_people_without_a_record_and_records_without_an_entry_are_counted() -> None:
    frames = _frames([(400, True)] * 30 + [(None, None)] * 2 + [(float("nan"), True)])
    frames["episodes"] = frames["episodes"].slice(1)
    told = _told(_run(frames))

    assert told["people_without_record"].value == 3
    assert told["people_never_in_program"].value == 1
    assert told["follow_up"].n_people == 29


def _differing(programs: int) -> dict[str, pl.DataFrame]:
    """240 people; the share that reaches it on day 365 runs from .2 to .8 over the programs."""
    random = np.random.default_rng(4)
    chance = np.linspace(0.2, 0.8, programs)[np.arange(240) % programs]
    reached = random.random(240) < chance
    rows: list[Row] = [(365, True) if one else (2200, False) for one in reached]
    return _frames(rows, programs=programs)


def test_the_interval_is_by_program_where_programs_differ_and_people_alone_stand_beside_it() -> None:
    findings = _run(_differing(8))
    row, alone = _found(findings)["within_3_years"], _told(findings)["sensitivity_within_3_years_by_person"]
    assert None not in (row.ci_low, row.ci_high, alone.ci_low, alone.ci_high)

    assert row.estimate == alone.value
    assert row.ci_high - row.ci_low > 1.8 * (alone.ci_high - alone.ci_low)  # type: ignore[operator]
    assert row.df is not None
    assert 4 < row.df < 8
    assert "8 clusters" in row.small_sample


def test_the_interval_is_never_narrower_than_that_of_people_alone() -> None:
    """Every program has one and the same share: the spread between programs is less than chance brings."""
    rows: list[Row] = [(365, True)] * 80 + [(2200, False)] * 80
    findings = _run(_frames(rows, programs=8))
    row, alone = _found(findings)["within_3_years"], _told(findings)["sensitivity_within_3_years_by_person"]

    assert (row.ci_low, row.ci_high, row.df) == (alone.ci_low, alone.ci_high, None)
    assert "wider here than programs" in row.small_sample


@pytest.mark.parametrize("programs", [2, 3])
def test_too_few_programs_that_differ_are_not_enough_to_say(programs: int) -> None:
    findings = _run(_differing(programs))

    assert all(row.estimate is None for row in findings.estimates)
    assert all("too few programs" in row.note for row in findings.estimates)
    assert _told(findings)["gate_degrees_of_freedom"].value == 0.0
    assert findings.curves == ()


def test_one_program_alone_has_the_interval_of_people_and_says_so() -> None:
    row = _found(_run(_differing(1)))["within_3_years"]

    assert row.ci_low is not None
    assert row.df is None
    assert "does not allow for programs that differ" in row.note


def test_without_programs_everybody_with_a_record_counts_and_the_range_says_what_it_lacks() -> None:
    frames = _frames([(365, True)] * 20 + [(900, False)] * 20)
    frames["episodes"] = frames["episodes"].clear()
    row = _found(_run(frames))["within_1_year"]

    assert row.n_people == 40
    assert row.ci_low is not None
    assert "does not allow for programs that differ" in row.note


def test_who_came_under_observation_late_is_not_counted_before() -> None:
    """Ten reach it on day 365; twenty others are known only from day 400 on, half reach it on day 800."""
    rows: list[Row] = [(365, True)] * 10 + [(2200, False)] * 10 + [(800, True)] * 10 + [(2200, False)] * 10
    frames = _frames(rows)
    late = frames["outcome_times"].select("participant_id")[20:].with_columns(entry_day=pl.lit(400.0))
    found = _found(_run(frames, entered=late))

    assert found["within_1_year"].estimate == pytest.approx(10 / 20)
    assert found["within_3_years"].estimate == pytest.approx(1 - (1 - 10 / 20) * (1 - 10 / 30))
    over = _told(_run(frames, entered=late.with_columns(entry_day=pl.lit(800.0))))
    assert over["people_over_before_entry"].value == 10


def test_a_horizon_that_the_follow_up_of_too_few_reaches_is_refused() -> None:
    rows: list[Row] = [(365, True)] * 10 + [(1500, False)] * 30 + [(1900, False)] * 6
    found = _found(_run(_frames(rows)))

    assert found["within_3_years"].estimate is not None
    assert found["within_5_years"].estimate is None
    assert "fewer than 10 people reaches 5 years" in found["within_5_years"].note


def test_that_nearly_all_reached_it_is_never_a_reason_to_refuse() -> None:
    rows: list[Row] = [(365, True)] * 36 + [(2200, False)] * 4
    found = _found(_run(_frames(rows)))

    assert [found[term].estimate for term in TERMS] == [pytest.approx(0.9)] * 3


def test_a_share_nobody_could_know_is_refused() -> None:
    rows: list[Row] = [(365, True)] * 20 + [(600, False)] * 20
    found = _found(_run(_frames(rows)))

    assert found["within_1_year"].estimate == pytest.approx(0.5)
    assert "cannot be known" in found["within_3_years"].note


def test_few_people_are_refused_and_nobody_at_all_too() -> None:
    for n in (0, 9):
        rows: list[Row] = [(2000, False)] * n
        frames = _frames([*rows, (None, None)])
        assert all("Fewer than 10 people" in row.note for row in _run(frames).estimates)


def test_a_population_that_is_not_followed_on_remission_has_no_rows() -> None:
    frames = _frames([(100, True)] * 20)
    frames["outcome_times"] = frames["outcome_times"].with_columns(outcome=pl.lit("first_use"))

    assert _run(frames) == Findings(analysis="S1", estimates=())


def test_where_fewer_than_half_have_a_record_it_is_not_enough_to_say() -> None:
    findings = _run(_frames([(365, True)] * 15 + [(900, False)] * 15 + [(None, None)] * 31))

    assert all(row.note.startswith("Not enough to say") for row in findings.estimates[:1])
    assert all(row.estimate is None for row in findings.estimates)
    assert findings.curves == ()
    assert _told(findings)["died_before_within_1_year"].value is None


def test_nobody_reaching_it_is_a_share_of_zero_without_an_interval() -> None:
    found = _found(_run(_frames([(2200, False)] * 20)))["within_5_years"]

    assert (found.estimate, found.ci_low, found.ci_high) == (0.0, None, None)
    assert "No interval" in found.note


def test_everybody_dying_first_is_a_share_of_zero() -> None:
    found = _found(_run(_frames([(300, False)] * 20, [300.0] * 20)))["within_5_years"]

    assert found.estimate == 0.0


def test_the_curve_passes_through_the_estimates_month_by_month_and_never_falls() -> None:
    frames = dict(draw_courses(31, 800))
    findings = _run({name: frames[name] for name in ("outcome_times", "justice_events", "episodes")})
    by_year = {point.x: point for point in findings.curves}

    for years, term in ((1.0, TERMS[0]), (3.0, TERMS[1]), (5.0, TERMS[2])):
        row, point = _found(findings)[term], by_year[years]
        assert (point.estimate, point.ci_low, point.ci_high, point.n_events) == (
            row.estimate, row.ci_low, row.ci_high, row.n_events,
        )  # fmt: skip
    shares = [point.estimate for point in findings.curves]
    assert shares == sorted(shares)
    assert (findings.curves[0].n_at_risk, findings.curves[0].estimate) == (800, 0.0)


def test_death_as_the_end_of_follow_up_overstates_on_drawn_courses_and_the_share_is_the_planted_one() -> None:
    frames = dict(draw_courses(33, 4000))
    findings = _run({name: frames[name] for name in ("outcome_times", "justice_events", "episodes")})
    truth, told = read_yaml(SOCIAL_SAMPLE)["S1"], _told(findings)

    for row in findings.estimates:
        assert row.estimate is not None
        naive = told[f"sensitivity_{row.term}_if_nobody_died"].value
        assert naive is not None
        assert naive > row.estimate
        assert row.std_error is not None
        assert abs(row.estimate - truth[row.term]) < 3.5 * row.std_error
        assert told[f"sensitivity_{row.term}_by_person"].value == row.estimate


def test_any_small_or_spoiled_frame_has_a_named_outcome() -> None:
    random = np.random.default_rng(14)
    for _ in range(60):
        n = int(random.integers(1, 30))
        rows = [
            (
                [None, float("nan"), 0.0, 200.0, 365.0, 365.0, 800.0, 2500.0][int(random.integers(8))],
                [True, False, None][int(random.integers(3))],
            )
            for _ in range(n)
        ]
        deaths = [[None, None, 0.0, 365.0, 900.0][int(random.integers(5))] for _ in range(n)]
        findings = _run(_frames(rows, deaths, int(random.integers(1, 8))), minimum_people=2)
        assert [row.term for row in findings.estimates] == TERMS
        for row in findings.estimates:
            assert row.estimate is not None or row.note
        for fact in findings.diagnostics:
            assert fact.value is not None or fact.detail


def test_two_deliveries_of_one_record_are_refused() -> None:
    frames = _frames([(400, True)] * 12)
    frames["outcome_times"] = pl.concat([frames["outcome_times"]] * 2)

    with pytest.raises(ValueError, match="repeats its key"):
        _run(frames)
