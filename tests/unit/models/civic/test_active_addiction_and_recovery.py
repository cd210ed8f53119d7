import polars as pl
import pytest

from models.civic.active_addiction_and_recovery import SCALES, analyse
from models.estimate import Estimate, Findings

SCHEMA = {
    "participant_id": pl.String,
    "civic_item": pl.String,
    "period": pl.String,
    "answer": pl.Boolean,
}
Answer = bool | None


def _people(item: str, *groups: tuple[int, Answer, Answer]) -> pl.DataFrame:
    """Rows of `item`: groups of (people, answer for active addiction, answer for recovery)."""
    rows = []
    for group, (people, first, second) in enumerate(groups):
        for i in range(people):
            rows.append((f"g{group}p{i}", item, "active_addiction", first))
            rows.append((f"g{group}p{i}", item, "recovery", second))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


VOLUNTEERED = _people(
    "volunteered", (12, True, True), (6, True, False), (30, False, True), (32, False, False),
    (5, None, True), (4, True, None), (3, None, None),
)  # fmt: skip


def _by_term(findings: Findings, item: str) -> dict[str, Estimate]:
    return {row.term: row for row in findings.estimates if row.outcome == item}


def _facts(findings: Findings, item: str) -> dict[str, float | None]:
    return {row.diagnostic: row.value for row in findings.diagnostics if row.outcome == item}


def test_rates_are_taken_over_the_people_who_answered_for_both_periods() -> None:
    found = _by_term(analyse(VOLUNTEERED, population="made_up"), "volunteered")

    assert found["active_addiction"].estimate == pytest.approx(18 / 80)
    assert found["recovery"].estimate == pytest.approx(42 / 80)
    assert found["difference"].estimate == pytest.approx(24 / 80)
    assert found["ratio"].estimate == pytest.approx(42 / 18)
    assert found["relative_change"].estimate == pytest.approx(100 * (42 / 18 - 1))
    assert all(row.n_people == 80 for row in found.values())
    assert (found["active_addiction"].n_events, found["recovery"].n_events) == (18, 42)


def test_limits_of_the_relative_change_are_those_of_the_ratio_in_percent() -> None:
    found = _by_term(analyse(VOLUNTEERED, population="made_up"), "volunteered")

    assert found["ratio"].ci_low is not None
    assert found["ratio"].ci_high is not None
    assert found["relative_change"].ci_low == pytest.approx(100 * (found["ratio"].ci_low - 1))
    assert found["relative_change"].ci_high == pytest.approx(100 * (found["ratio"].ci_high - 1))


def test_those_asked_those_paired_and_those_who_changed_are_counted() -> None:
    facts = _facts(analyse(VOLUNTEERED, population="made_up"), "volunteered")

    assert facts == {
        "asked": 92,
        "answered_both": 80,
        "discordant_only_recovery": 30,
        "discordant_only_active_addiction": 6,
    }


def test_everybody_due_for_the_interview_is_counted_reached_or_not() -> None:
    status = ["completed"] * 80 + ["not_located"] * 12 + ["incarcerated"] * 4 + ["not_due"] * 9
    people = [f"due{number}" for number in range(len(status))]
    waves = pl.DataFrame({"participant_id": people, "wave": "month_12", "followup_status": status})
    earlier = waves.with_columns(wave=pl.lit("month_6"), followup_status=pl.lit("completed"))
    findings = analyse(VOLUNTEERED, pl.concat([waves, earlier]), population="made_up")

    assert _facts(findings, "volunteered")["due"] == 96
    assert "due" not in _facts(analyse(VOLUNTEERED, earlier, population="made_up"), "volunteered")


def test_every_item_gets_every_term_in_a_fixed_order() -> None:
    voted = _people("voted", (20, True, True), (20, False, True))
    findings = analyse(pl.concat([VOLUNTEERED, voted]), population="made_up")

    assert [(row.outcome, row.term) for row in findings.estimates] == [
        (item, term) for item in ("volunteered", "voted") for term in SCALES
    ]
    assert {row.scale for row in findings.estimates} == {
        "probability",
        "probability difference",
        "ratio",
        "percent",
    }


def test_relative_change_is_refused_below_ten_percent_and_the_rest_is_not() -> None:
    """The case of the 900 percent: 8 and 79 of 100."""
    rare = _people("volunteered", (8, True, True), (71, False, True), (21, False, False))
    found = _by_term(analyse(rare, population="made_up"), "volunteered")

    assert found["relative_change"].estimate is None
    assert "below 10%" in found["relative_change"].note
    assert found["difference"].estimate == pytest.approx(0.71)
    assert found["ratio"].estimate == pytest.approx(79 / 8)


def test_relative_change_is_given_at_exactly_ten_percent() -> None:
    found = _by_term(
        analyse(_people("voted", (20, True, True), (180, False, True)), population="made_up"), "voted"
    )

    assert found["relative_change"].estimate == pytest.approx(900)


@pytest.mark.parametrize(("yes", "given"), [(2, False), (10, False), (11, True)])
def test_a_percent_change_never_rests_on_ten_people_or_fewer(yes: int, given: bool) -> None:
    found = _by_term(
        analyse(_people("voted", (yes, True, True), (9 * yes, False, True)), population="made_up"), "voted"
    )

    assert (found["relative_change"].estimate is not None) == given
    if not given:
        assert "too few for a percent change" in found["relative_change"].note
    assert found["ratio"].estimate == pytest.approx(10)


def test_the_difference_from_rates_is_the_same_for_every_table_with_these_rates() -> None:
    """18 and 42 of 80, the answers once together and once apart; a p-value would tell which."""
    rows = [
        _by_term(analyse(_people("voted", *groups), population="made_up"), "voted")
        for groups in (
            ((18, True, True), (24, False, True), (38, False, False)),
            ((18, True, False), (42, False, True), (20, False, False)),
        )
    ]
    together, apart = (found["difference_from_rates"] for found in rows)

    assert together == apart
    assert together.p_value is None
    assert together.n_events is None
    assert rows[0]["difference"] != rows[1]["difference"]
    assert together.estimate == rows[0]["difference"].estimate == pytest.approx(24 / 80)
    assert "from memory" in together.note


def test_ratio_and_relative_change_are_refused_where_nobody_did_it_at_first() -> None:
    found = _by_term(
        analyse(_people("voted", (15, False, True), (15, False, False)), population="made_up"), "voted"
    )

    for term in ("ratio", "relative_change"):
        assert found[term].estimate is None
        assert "no denominator" in found[term].note
    assert found["difference"].estimate == pytest.approx(0.5)


def test_a_ratio_of_zero_is_an_answer() -> None:
    found = _by_term(
        analyse(_people("arrested", (15, True, False), (15, False, False)), population="made_up"), "arrested"
    )

    assert found["ratio"].estimate == 0.0
    assert found["ratio"].ci_low == 0.0
    assert found["relative_change"].estimate == pytest.approx(-100)


def test_nine_pairs_refuse_every_term_and_do_not_tell_how_many_there_were() -> None:
    few = _people("voted", (9, False, True), (20, None, True))
    findings = analyse(few, population="made_up")

    assert all(row.estimate is None for row in findings.estimates)
    assert {row.term for row in findings.estimates} == set(SCALES)
    assert all(row.note == "Fewer than 10 people answered for both periods." for row in findings.estimates)


def test_no_change_at_all_gives_a_p_value_of_one() -> None:
    found = _by_term(
        analyse(_people("voted", (20, True, True), (20, False, False)), population="made_up"), "voted"
    )

    assert found["difference"].estimate == 0.0
    assert found["difference"].p_value == 1.0


def test_the_change_is_worded_as_an_association_from_memory() -> None:
    found = _by_term(analyse(VOLUNTEERED, population="made_up"), "volunteered")

    for term in ("difference", "difference_from_rates", "ratio", "relative_change"):
        assert "from memory" in found[term].note
        assert "not an effect" in found[term].note


def test_no_rows_give_no_findings() -> None:
    findings = analyse(VOLUNTEERED.clear(), population="made_up")

    assert findings.estimates == ()
    assert findings.diagnostics == ()


def test_an_answer_delivered_twice_is_an_error_that_shows_no_value() -> None:
    with pytest.raises(ValueError, match="repeats its key") as error:
        analyse(pl.concat([VOLUNTEERED, VOLUNTEERED.head(1)]), population="made_up")
    assert "g0p0" not in str(error.value)
