from itertools import chain, combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.disclosure.exclusive_parts import part_of, parts_of_difference
from models.disclosure.nested_counts import COUNTS_WITHHELD
from models.disclosure.results import Results, withhold_results

SCHEMA = {
    "analysis": pl.String, "outcome": pl.String, "term": pl.String, "population": pl.String,
    "as_of": pl.String, "estimate": pl.Float64, "std_error": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "p_value": pl.Float64, "df": pl.Float64, "n_people": pl.Int64,
    "n_rows": pl.Int64, "n_events": pl.Int64, "scale": pl.String, "note": pl.String, "suppressed": pl.Boolean,
    "small_sample": pl.String,
}  # fmt: skip
ROW = {
    "analysis": "W1", "outcome": "meaningfulness", "term": "x_within", "population": "p", "as_of": "2026Q3",
    "estimate": 0.8, "std_error": 0.1, "ci_low": 0.7, "ci_high": 0.9, "p_value": 0.2, "df": 118.0,
    "n_people": 120, "n_rows": 1500, "n_events": None, "scale": "points per point", "note": "As seen.",
    "suppressed": False, "small_sample": "t; observed information",
}  # fmt: skip
CURVES = {
    "analysis": pl.String, "outcome": pl.String, "curve": pl.String, "population": pl.String,
    "as_of": pl.String, "x": pl.Float64, "x_unit": pl.String, "estimate": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "n_at_risk": pl.Int64, "n_events": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip
FACTS = {
    "analysis": pl.String, "outcome": pl.String, "diagnostic": pl.String, "population": pl.String,
    "as_of": pl.String, "value": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64,
    "detail": pl.String, "n_people": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip
PARTS = ("social", "clinical", "mixed")


def released(people: dict[str, int], *, total: int | None = None) -> dict[str, dict[str, object]]:
    """By term, what the release shows of slopes with so many people."""
    counts = {
        term: {"n_people": n, "n_rows": 14 * n, "df": float(n), "small_sample": f"t with {n - 2}.0 df"}
        for term, n in people.items()
    }
    rows = [ROW | {"term": term} | said for term, said in counts.items()]
    shown = withhold_results(
        Results(
            estimates=pl.DataFrame(rows, schema=SCHEMA),
            curves=pl.DataFrame(schema=CURVES),
            diagnostics=pl.DataFrame(schema=FACTS),
        ),
        totals={"p": total},
        maximum=10,
    )
    return {row["term"]: row for row in shown.estimates.iter_rows(named=True)}


def test_a_comparison_of_two_groups_that_have_no_rows_of_their_own_keeps_its_count():
    shown = released({"social_minus_clinical": 371})
    assert shown["social_minus_clinical"]["n_people"] == 371
    assert shown["social_minus_clinical"]["df"] == 371.0


def by_model(whole: int, *parts: int) -> dict[str, int]:
    return {"x_within": whole} | {f"x_within_in_{m}_programs": n for m, n in zip(PARTS, parts, strict=False)}


def test_terms_say_which_part_of_the_people_they_are_about():
    assert part_of("recovery_identity_within_in_social_programs") == "social"
    assert part_of("median_days_lower_friend_support") == "lower_friend_support"
    assert part_of("recovery_identity_within") == ""
    assert parts_of_difference("within_social_minus_clinical") == ("social", "clinical")
    assert parts_of_difference("recovery_identity_within") is None


def test_parts_of_nearly_the_same_size_keep_their_counts():
    shown = released(by_model(120, 40, 42, 38))
    assert [row["n_people"] for row in shown.values()] == [120, 40, 42, 38]


@pytest.mark.parametrize("few", [1, 9, 10])
def test_a_withheld_part_does_not_follow_from_the_whole_and_the_other_parts(few: int):
    shown = released(by_model(60 + 45 + few, 60, 45, few))
    assert shown["x_within_in_mixed_programs"]["suppressed"]
    assert shown["x_within_in_clinical_programs"]["n_people"] is None, "the smaller of the parts shown yields"
    assert shown["x_within_in_clinical_programs"]["n_rows"] is None
    assert shown["x_within_in_clinical_programs"]["estimate"] == 0.8
    assert COUNTS_WITHHELD in shown["x_within_in_clinical_programs"]["note"]
    assert shown["x_within_in_social_programs"]["n_people"] == 60


def test_a_part_of_eleven_is_shown_with_the_others():
    shown = released(by_model(60 + 45 + 11, 60, 45, 11))
    assert [row["n_people"] for row in shown.values()] == [116, 60, 45, 11]


def test_few_people_of_the_population_outside_all_parts_do_not_follow_either():
    shown = released(by_model(120, 60, 37, 23), total=123)
    assert [row["n_people"] for row in shown.values()][:1] == [None], "120 of 123"
    assert None in [row["n_people"] for row in list(shown.values())[1:]]


def test_two_rows_of_one_part_do_not_differ_by_few():
    shown = released(
        {"x_between": 120, "x_between_in_social_programs": 50, "x_within_in_social_programs": 47}
    )
    assert shown["x_between_in_social_programs"]["n_people"] == 50
    assert shown["x_within_in_social_programs"]["n_people"] is None


def test_a_difference_of_two_parts_never_tells_its_counts():
    difference = {"within_social_minus_clinical": 100}
    shown = released(by_model(122, 60, 40, 22) | difference)
    row = shown["within_social_minus_clinical"]
    assert (row["n_people"], row["n_rows"], row["df"]) == (None, None, None)
    assert (row["estimate"], row["suppressed"]) == (0.8, False)


def test_a_difference_with_a_withheld_part_is_withheld():
    difference = {"within_social_minus_clinical": 65}
    row = released(by_model(90, 58, 7, 25) | difference)["within_social_minus_clinical"]
    assert (row["estimate"], row["suppressed"]) == (None, True)


def test_a_difference_whose_parts_show_their_counts_keeps_its_error_and_p_value():
    row = released(by_model(122, 60, 40, 22) | {"within_social_minus_clinical": 100})
    assert row["within_social_minus_clinical"]["std_error"] == 0.1
    assert row["within_social_minus_clinical"]["p_value"] == 0.2


def test_a_part_that_lost_its_counts_takes_its_error_its_p_value_and_its_differences_with_it():
    difference = {"within_social_minus_clinical": 105, "within_social_minus_mixed": 67}
    shown = released(by_model(60 + 45 + 7, 60, 45, 7) | difference)
    clinical = shown["x_within_in_clinical_programs"]
    assert [clinical[name] for name in ("df", "std_error", "p_value")] == [None] * 3
    assert (clinical["ci_low"], clinical["ci_high"]) == (0.7, 0.9)
    for term in difference:
        assert (shown[term]["ci_low"], shown[term]["suppressed"]) == (None, True)


def test_where_counts_are_withheld_no_number_stands_in_the_small_sample_convention():
    shown = released(by_model(60 + 45 + 7, 60, 45, 7) | {"within_social_minus_clinical": 105})
    told = {term: row["small_sample"] for term, row in shown.items()}
    assert told == {
        "x_within": "t with 110.0 df",
        "x_within_in_social_programs": "t with 58.0 df",
        "x_within_in_clinical_programs": "Withheld with the counts.",
        "x_within_in_mixed_programs": "Withheld with the counts.",
        "within_social_minus_clinical": "Withheld with the counts.",
    }


COUNT = st.integers(0, 60)


@settings(max_examples=150, deadline=None)
@given(parts=st.tuples(COUNT, COUNT, COUNT), none=st.integers(0, 15), varied=st.integers(0, 12))
def test_no_remainder_of_the_whole_is_one_to_ten(parts: tuple[int, ...], none: int, varied: int):
    whole = sum(parts) + none
    terms = by_model(whole, *parts) | {"x_between": whole}
    terms |= {"x_between_in_social_programs": max(0, parts[0] - varied)}
    shown = released(terms, total=whole + 30)
    wholes = [n for t in ("x_within", "x_between") if (n := shown[t]["n_people"]) is not None] + [whole + 30]
    known: dict[str, list[int]] = {}
    for term, row in shown.items():
        if part_of(term) and row["n_people"] is not None:
            known.setdefault(part_of(term), []).append(row["n_people"])
    for chosen in chain.from_iterable(combinations(known, n) for n in range(1, 4)):
        sums = {0}
        for part in chosen:
            sums = {one + n for one in sums for n in known[part]}
        assert not [(w, s) for w in wholes for s in sums if 1 <= w - s <= 10]
    for counts in known.values():
        assert not [(a, b) for a, b in combinations(counts, 2) if 1 <= abs(a - b) <= 10]
