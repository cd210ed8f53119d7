import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.civic.active_addiction_and_recovery import analyse
from models.disclosure.paired_tables import FROM_THE_CELLS, ONLY_FIRST, ONLY_SECOND
from models.disclosure.results import Results, withhold_results
from models.estimate import CurvePoint, to_frame

ESTIMATES = pl.Schema(
    {
        "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
        "as_of": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "ci_low": pl.Float64,
        "ci_high": pl.Float64, "p_value": pl.Float64, "df": pl.Float64, "n_people": pl.Int64,
        "n_rows": pl.Int64, "n_events": pl.Int64, "method": pl.String, "scale": pl.String,
        "small_sample": pl.String, "note": pl.String,
    }
)  # fmt: skip
DIAGNOSTICS = pl.Schema(
    {
        "analysis": pl.String, "outcome": pl.String, "diagnostic": pl.String, "population": pl.String,
        "as_of": pl.String, "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
        "detail": pl.String, "n_people": pl.Int64,
    }
)  # fmt: skip
CURVES = pl.Schema(
    {
        "analysis": pl.String, "outcome": pl.String, "curve": pl.String, "population": pl.String,
        "as_of": pl.String, "x": pl.Float64, "x_unit": pl.String, "estimate": pl.Float64,
        "ci_low": pl.Float64, "ci_high": pl.Float64, "n_at_risk": pl.Int64, "n_events": pl.Int64,
        "suppressed": pl.Boolean,
    }
)  # fmt: skip
NO_CURVES: list[CurvePoint] = []


def asked_twice(item: str, *, both: int, only_first: int, only_second: int, neither: int, silent: int = 0):
    """Answers of as many people as the four counts say, and of people who answered for one period only."""
    pairs = [(True, True)] * both + [(True, False)] * only_first
    pairs += [(False, True)] * only_second + [(False, False)] * neither + [(None, True)] * silent
    return pl.DataFrame(
        [
            (f"P{who}", item, period, answer)
            for who, pair in enumerate(pairs)
            for period, answer in zip(("active_addiction", "recovery"), pair, strict=True)
        ],
        schema={
            "participant_id": pl.String,
            "civic_item": pl.String,
            "period": pl.String,
            "answer": pl.Boolean,
        },
        orient="row",
    )


def released(*items: pl.DataFrame, maximum: int = 10) -> Results:
    """What V1 of these items says after the rule."""
    found = analyse(pl.concat(items), population="p")
    stamp = {"analysis": "V1", "as_of": "2026Q3"}
    return withhold_results(
        Results(
            estimates=to_frame(found.estimates, schema=ESTIMATES, **stamp).with_columns(suppressed=False),
            curves=pl.DataFrame(NO_CURVES, schema=CURVES),
            diagnostics=to_frame(found.diagnostics, schema=DIAGNOSTICS, **stamp).with_columns(
                suppressed=False
            ),
        ),
        totals={"p": None},
        maximum=maximum,
    )


def told(results: Results, outcome: str = "voted") -> tuple[dict[str, dict], dict[str, float | None]]:
    rows = results.estimates.filter(pl.col("outcome") == outcome)
    facts = results.diagnostics.filter(pl.col("outcome") == outcome)
    return (
        {row["term"]: row for row in rows.iter_rows(named=True)},
        dict(facts.select("diagnostic", "value").rows()),
    )


BIG = {"both": 40, "only_first": 30, "only_second": 50, "neither": 60}


@pytest.mark.parametrize("cell", list(BIG))
@pytest.mark.parametrize(("count", "hidden"), [(0, False), (1, True), (10, True), (11, False)])
def test_one_to_ten_people_in_any_cell_withhold_both_counts_of_change_and_what_rests_on_them(
    cell: str, count: int, hidden: bool
):
    rows, facts = told(released(asked_twice("voted", **(BIG | {cell: count}))))
    assert [rows[term]["suppressed"] for term in FROM_THE_CELLS] == [hidden] * 3
    assert [rows[term]["p_value"] is None for term in ("difference",)] == [hidden]
    assert [facts[name] is None for name in (ONLY_FIRST, ONLY_SECOND)] == [hidden] * 2


def test_the_rates_stay_where_only_a_cell_is_small():
    rows, facts = told(released(asked_twice("voted", **(BIG | {"only_first": 4}))))
    assert [rows[term]["n_events"] for term in ("active_addiction", "recovery")] == [44, 90]
    assert facts["answered_both"] == 154


def test_a_refused_row_keeps_its_reason():
    rows, _ = told(released(asked_twice("voted", both=8, only_first=3, only_second=80, neither=90)))
    assert "below 10%" in rows["relative_change"]["note"]
    assert not rows["relative_change"]["suppressed"]


def test_an_item_whose_rates_were_refused_shows_no_count_of_change():
    _, facts = told(released(asked_twice("voted", both=9, only_first=0, only_second=0, neither=0)))
    assert facts[ONLY_FIRST] is facts[ONLY_SECOND] is None


@pytest.mark.parametrize(("silent", "hidden"), [(0, False), (1, True), (10, True), (11, False)])
def test_people_asked_are_withheld_where_one_to_ten_of_them_did_not_answer_twice(silent: int, hidden: bool):
    _, facts = told(released(asked_twice("voted", **BIG, silent=silent)))
    assert facts["asked"] == (None if hidden else 180 + silent)
    assert facts["answered_both"] == 180


def test_people_asked_are_withheld_for_every_item_that_as_many_were_asked():
    few = asked_twice("worked", **(BIG | {"neither": 76}), silent=4)
    many = asked_twice("voted", **BIG, silent=20)
    other = asked_twice("moved", **BIG, silent=40)
    results = released(few, many, other)
    assert [told(results, item)[1]["asked"] for item in ("worked", "voted", "moved")] == [None, None, 220]


def test_without_a_threshold_nothing_is_withheld():
    results = released(asked_twice("voted", both=3, only_first=2, only_second=4, neither=5), maximum=0)
    assert not results.estimates["suppressed"].any()
    assert not results.diagnostics["suppressed"].any()


@settings(deadline=None, max_examples=60)
@given(st.tuples(*[st.integers(0, 30)] * 4).filter(any))
def test_where_anything_but_the_margins_is_shown_no_cell_of_the_table_is_one_to_ten(
    cells: tuple[int, int, int, int],
):
    rows, facts = told(released(asked_twice("voted", **dict(zip(BIG, cells, strict=True)))))
    beyond = [rows[term]["estimate"] for term in FROM_THE_CELLS] + [facts[ONLY_FIRST], facts[ONLY_SECOND]]
    if any(value is not None for value in beyond):
        assert not [count for count in cells if 1 <= count <= 10]
