import itertools

import numpy as np
import polars as pl
import pytest

from models.estimate import Estimate, Findings
from models.survival.release_cohort import release_cohort
from models.survival.return_to_prison import analyse, horizon_days

JUSTICE = {
    "participant_id": pl.String, "event_id": pl.String, "justice_measure": pl.String,
    "event_day": pl.Int64, "extract_day": pl.Int64,
}  # fmt: skip
EPISODES = {"participant_id": pl.String, "episode_id": pl.String, "entry_day": pl.Int64}
NO_EPISODES = pl.DataFrame(schema=EPISODES)
Row = tuple[str, str, int | None, int | None]


def _justice(*rows: Row) -> pl.DataFrame:
    """Rows (person, measure, day, last covered day), numbered."""
    return pl.DataFrame(
        [(person, f"e{n}", measure, day, covered) for n, (person, measure, day, covered) in enumerate(rows)],
        schema=JUSTICE,
        orient="row",
    )


def _episodes(entries: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame([(p, f"s{p}", day) for p, day in entries.items()], schema=EPISODES, orient="row")


def _cohort(people: int = 100, *, covered: int = 2200, returns: int = 30) -> list[Row]:
    """People released on day 0; the first `returns` go back on days 20, 40, 60, ..."""
    rows: list[Row] = [(f"p{i}", "release", 0, covered) for i in range(people)]
    return rows + [(f"p{i}", "return_to_prison", 20 * (i + 1), covered) for i in range(returns)]


def _by_term(findings: Findings) -> dict[str, Estimate]:
    return {row.term: row for row in findings.estimates}


def _facts(findings: Findings) -> dict[str, float | None]:
    return {row.diagnostic: row.value for row in findings.diagnostics}


def test_without_censoring_the_share_is_the_plain_proportion() -> None:
    found = _by_term(analyse(_justice(*_cohort()), NO_EPISODES, population="made_up"))

    assert found["within_1_year"].estimate == pytest.approx(18 / 100)
    assert found["within_1_year"].n_events == 18
    assert found["within_2_years"].estimate == pytest.approx(30 / 100)
    assert found["within_2_years"].n_people == 100


def test_the_first_return_after_the_first_release_is_the_event() -> None:
    cohort = release_cohort(
        _justice(
            ("a", "release", 10, 900),
            ("a", "return_to_prison", 5, 900),
            ("a", "return_to_prison", 300, 900),
            ("a", "return_to_prison", 110, 900),
            ("a", "release", 250, 900),
            ("a", "arrest", 40, 900),
        ),
        NO_EPISODES,
    )

    assert (cohort.exits.tolist(), cohort.returned.tolist()) == ([100.0], [True])


def test_death_and_the_last_covered_day_end_the_follow_up() -> None:
    cohort = release_cohort(
        _justice(
            ("dead", "release", 0, 900),
            ("dead", "death", 100, 900),
            ("late", "release", 0, 900),
            ("late", "return_to_prison", 901, 900),
            ("same", "release", 0, 900),
            ("same", "return_to_prison", 50, 900),
            ("same", "death", 50, 900),
        ),
        NO_EPISODES,
    )

    assert cohort.exits.tolist() == [100.0, 900.0, 50.0]
    assert cohort.returned.tolist() == [False, False, True]


def test_everyone_is_in_the_cohort_or_left_out_for_one_reason() -> None:
    justice = _justice(
        ("in", "release", 0, 900),
        ("no_release", "arrest", 5, 900),
        ("no_date", "release", None, 900),
        ("no_cover", "release", 0, None),
        ("ended", "release", 950, 900),
        ("stranger", "release", 0, 900),
        ("back_before", "release", 0, 900),
        ("back_before", "return_to_prison", 30, 900),
        ("gone_before", "release", 0, 900),
        ("gone_before", "death", 40, 900),
    )
    episodes = _episodes(
        {"in": 20, "no_release": 0, "no_cover": 0, "ended": 0, "back_before": 60, "gone_before": 60}
    )
    cohort = release_cohort(justice, episodes)

    assert cohort.entries.tolist() == [20.0]
    assert cohort.left_out == {
        "people_without_release": 2,
        "people_without_last_covered_day": 1,
        "people_released_after_last_covered_day": 1,
        "people_never_in_program": 1,
        "people_returned_before_entry": 1,
        "people_censored_before_entry": 1,
    }


def test_people_in_the_program_before_release_are_observed_from_release() -> None:
    cohort = release_cohort(
        _justice(("a", "release", 30, 900), ("b", "release", 30, 900)), _episodes({"a": 0, "b": 30})
    )

    assert cohort.entries.tolist() == [-np.inf, -np.inf]


def test_the_first_of_several_entries_counts() -> None:
    episodes = pl.DataFrame([("a", "s1", 200), ("a", "s2", 50)], schema=EPISODES, orient="row")

    assert release_cohort(_justice(("a", "release", 0, 900)), episodes).entries.tolist() == [50.0]


def _delayed(people: int = 4000) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Constant hazard, 30% back in a year; half enter late, and who is back before entry never enters."""
    random = np.random.default_rng(17)
    back = np.ceil(random.exponential(-365.25 / np.log(0.7), people)).astype(int)
    entry = np.where(random.random(people) < 0.5, 0, random.integers(1, 365, people))
    rows: list[Row] = []
    for i in range(people):
        if back[i] > entry[i]:
            rows.append((f"p{i}", "release", 0, 1500))
            if back[i] <= 1500:
                rows.append((f"p{i}", "return_to_prison", int(back[i]), 1500))
    return _justice(*rows), _episodes({f"p{i}": int(entry[i]) for i in range(people)})


def test_delayed_entry_undoes_the_survivors_bias_that_a_plain_curve_has() -> None:
    justice, episodes = _delayed()
    delayed = _by_term(analyse(justice, episodes, population="made_up"))["within_1_year"]
    plain = _by_term(analyse(justice, NO_EPISODES, population="made_up"))["within_1_year"]

    assert delayed.estimate is not None
    assert delayed.std_error is not None
    assert plain.estimate is not None
    assert abs(delayed.estimate - 0.30) < 3 * delayed.std_error
    assert plain.estimate < 0.27
    assert "delayed entry" in delayed.method
    assert "delayed entry" not in plain.method


def test_a_curve_begins_where_enough_people_have_entered_and_says_so() -> None:
    rows = _cohort(60, returns=20)
    episodes = _episodes({f"p{i}": 5 if i < 5 else 31 for i in range(60)})
    findings = analyse(_justice(*rows), episodes, population="made_up")
    found = _by_term(findings)["within_1_year"]

    # p0 is back on day 20, before the others entered on day 31; p1 to p17 follow within the year.
    assert found.n_people == 59
    assert found.estimate == pytest.approx(17 / 59)
    assert "not returned in the first 31 days" in found.note
    assert _facts(findings)["people_before_curve"] == 1
    assert findings.curves[0].x == pytest.approx(31 / 365.25)
    assert findings.curves[0].n_at_risk == 59


def test_late_entries_alone_are_refused() -> None:
    episodes = _episodes({f"p{i}": 91 for i in range(60)})
    findings = analyse(_justice(*_cohort(60, returns=0)), episodes, population="made_up")

    assert all(row.estimate is None for row in findings.estimates)
    assert all("within 90 days of their release" in row.note for row in findings.estimates)


def test_a_horizon_that_no_extract_reaches_is_refused_and_the_curve_ends_with_the_extract() -> None:
    findings = analyse(_justice(*_cohort(covered=800)), NO_EPISODES, population="made_up")
    found = _by_term(findings)

    assert found["within_2_years"].estimate is not None
    assert found["within_3_years"].estimate is None
    assert found["within_3_years"].note == (
        "For fewer than 10 people do the records reach 3 years after release."
    )
    assert findings.curves[-1].x == 26 / 12  # month 27 would be day 822


def test_a_horizon_is_refused_where_the_extracts_of_nine_people_reach_it_and_not_of_ten() -> None:
    for long, given in ((9, False), (10, True)):
        rows = [
            (person, measure, day, 2200 if int(person[1:]) >= 90 - long else 500)
            for person, measure, day, _ in _cohort(90)
        ]
        found = _by_term(analyse(_justice(*rows), NO_EPISODES, population="made_up"))

        assert found["within_1_year"].estimate is not None
        assert (found["within_2_years"].estimate is not None) == given


def test_no_horizon_is_refused_because_people_returned() -> None:
    """31 of 40 back on one day, all followed for six years: few are left at risk, and that is the finding."""
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(40)]
    rows += [(f"p{i}", "return_to_prison", 100, 2200) for i in range(31)]
    findings = analyse(_justice(*rows), NO_EPISODES, population="made_up")

    for row in findings.estimates:
        assert row.estimate == pytest.approx(31 / 40)
        assert row.ci_low is not None
        assert row.n_events == 31
    assert findings.curves[-1].estimate == pytest.approx(31 / 40)
    assert findings.curves[-1].n_at_risk == 9


def test_everybody_back_is_one_with_n_and_without_an_interval_and_says_why() -> None:
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(20)]
    rows += [(f"p{i}", "return_to_prison", 100, 2200) for i in range(20)]
    findings = analyse(_justice(*rows), NO_EPISODES, population="made_up")

    for row in findings.estimates:
        assert (row.estimate, row.n_people, row.n_events) == (1.0, 20, 20)
        assert (row.ci_low, row.ci_high, row.std_error) == (None, None, None)
        assert "everybody still followed had returned" in row.note
        assert "nobody had returned" not in row.note
    assert [point.estimate for point in findings.curves if point.x >= 1] == [1.0] * 61


def test_a_share_is_refused_once_death_has_left_nobody_to_observe() -> None:
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(20)]
    rows += [(f"p{i}", "death", 300 + i, 2200) for i in range(20)]
    findings = analyse(_justice(*rows), NO_EPISODES, population="made_up")
    found = _by_term(findings)

    assert found["within_1_year"].estimate is None
    assert "nobody was left under observation, though not everybody had returned" in (
        found["within_1_year"].note
    )
    assert findings.curves[-1].x == 10 / 12  # day 304; the last person dies on day 319


def test_a_curve_that_empties_before_others_enter_is_not_known_from_there_on() -> None:
    """Ten enter on day 5 and are all back by day 20; thirty enter on day 60. The curve would stay at one."""
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(40)]
    rows += [(f"p{i}", "return_to_prison", 10 + i, 2200) for i in range(10)]
    episodes = _episodes({f"p{i}": 5 if i < 10 else 60 for i in range(40)})
    findings = analyse(_justice(*rows), episodes, population="made_up")

    assert all(row.estimate is None for row in findings.estimates)
    assert all("cannot be known" in row.note for row in findings.estimates)


def test_the_day_from_which_shares_hold_is_given_as_a_number() -> None:
    early = _episodes({f"p{i}": 0 for i in range(100)})
    late = _episodes({f"p{i}": 31 for i in range(100)})
    rows = _justice(*_cohort(returns=0))

    for episodes, day in ((NO_EPISODES, 0.0), (early, 0.0), (late, 31.0)):
        findings = analyse(rows, episodes, population="made_up")
        assert _facts(findings)["curve_starts_day"] == day
        assert ("not returned in the first" in findings.estimates[0].note) == (day > 0)


def test_the_day_from_which_shares_hold_does_not_depend_on_who_returned() -> None:
    """Twelve enter on day 5 and four of them are back on day 6; the others enter on day 40."""
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(60)]
    rows += [(f"p{i}", "return_to_prison", 6, 2200) for i in range(4)]
    episodes = _episodes({f"p{i}": 5 if i < 12 else 40 for i in range(60)})

    assert _facts(analyse(_justice(*rows), episodes, population="made_up"))["curve_starts_day"] == 5.0


def test_people_in_the_program_on_the_day_of_release_count_from_that_day() -> None:
    """As they would without episodes: back, or lost, on the very day of release."""
    rows: list[Row] = [(f"p{i}", "release", 0, 2200) for i in range(20)]
    rows += [("p0", "return_to_prison", 0, 2200), ("p1", "death", 0, 2200)]
    justice = _justice(*rows)
    with_entry, without = (
        release_cohort(justice, episodes)
        for episodes in (_episodes({f"p{i}": 0 for i in range(20)}), NO_EPISODES)
    )

    assert with_entry.exits.tolist() == without.exits.tolist()
    assert with_entry.left_out == without.left_out
    assert int(with_entry.returned.sum()) == 1


def test_a_day_that_is_not_a_number_is_a_missing_day() -> None:
    justice = _justice(*_cohort()).with_columns(
        event_day=pl.when((pl.col("participant_id") == "p99") & (pl.col("justice_measure") == "release"))
        .then(np.nan)
        .otherwise(pl.col("event_day").cast(pl.Float64))
    )
    findings = analyse(justice, NO_EPISODES, population="made_up")

    assert _facts(findings)["people_without_release"] == 1


def test_nobody_back_is_zero_without_an_interval_and_says_why() -> None:
    found = _by_term(analyse(_justice(*_cohort(returns=0)), NO_EPISODES, population="made_up"))[
        "within_1_year"
    ]

    assert found.estimate == 0.0
    assert found.ci_high is None
    assert "No interval" in found.note


@pytest.mark.parametrize("people", [0, 1, 9])
def test_fewer_than_ten_people_are_refused(people: int) -> None:
    findings = analyse(_justice(*_cohort(people, returns=0)), NO_EPISODES, population="made_up")

    assert len(findings.estimates) == 4
    assert all(row.estimate is None for row in findings.estimates)
    assert all("Fewer than 10 people could be followed" in row.note for row in findings.estimates)
    assert findings.curves == ()


def test_the_curve_is_monthly_in_years() -> None:
    curve = analyse(_justice(*_cohort()), NO_EPISODES, population="made_up").curves

    assert [point.x for point in curve[:3]] == pytest.approx([0, 1 / 12, 2 / 12])
    assert {point.x_unit for point in curve} == {"years"}
    assert all(a.estimate <= b.estimate for a, b in itertools.pairwise(curve))
    assert curve[0].n_at_risk == 100
    assert curve[-1].x == 72 / 12


def test_months_close_to_a_late_start_are_left_out() -> None:
    episodes = _episodes({f"p{i}": 25 for i in range(100)})
    curve = analyse(_justice(*_cohort(returns=0)), episodes, population="made_up").curves

    assert [point.x for point in curve[:3]] == pytest.approx([25 / 365.25, 2 / 12, 3 / 12])


def test_median_follow_up_is_in_years_and_counts_what_the_extract_covers() -> None:
    findings = analyse(_justice(*_cohort(covered=1461)), NO_EPISODES, population="made_up")

    assert _facts(findings)["follow_up"] == pytest.approx(4.0)


@pytest.mark.parametrize(("years", "days"), [(1, 365), (2, 731), (3, 1096), (5, 1826)])
def test_a_horizon_is_a_whole_number_of_days(years: int, days: int) -> None:
    assert horizon_days(years) == days


def test_the_note_says_that_death_is_censoring() -> None:
    found = _by_term(analyse(_justice(*_cohort()), NO_EPISODES, population="made_up"))["within_1_year"]

    assert "Death is treated as censoring" in found.note


def test_an_event_delivered_twice_is_an_error_that_shows_no_value() -> None:
    justice = _justice(*_cohort())

    with pytest.raises(ValueError, match="repeats its key") as error:
        analyse(pl.concat([justice, justice.head(2)]), NO_EPISODES, population="made_up")
    assert "p0" not in str(error.value)
