"""Networks of help: few pairs or people are not told, nor a kind of program with one house."""

from __future__ import annotations

import polars as pl
import pytest

from models.disclosure.networks import withhold_networks
from models.disclosure.protected_rows import ProtectedRows
from models.disclosure.results import Results, withhold_results

KINDS = ("social", "clinical", "mixed")
COUNTS = {"social": (150, 158, 93, 123), "clinical": (139, 131, 29, 73), "mixed": (65, 61, 14, 39)}
SHARED = {"analysis": "M1", "outcome": "month_6", "population": "p", "as_of": "2026Q3", "suppressed": False}
Counts = dict[str, tuple[int, int, int, int]]  # people with a tie, pairs, mutual pairs, people who do both


def tables(counts: Counts, *, lone: str = "", held: str = "mixed") -> Results:
    """Make the rows of one wave; a kind that is held back has its people alone."""
    whole = tuple(sum(count[place] for count in counts.values()) for place in range(4))
    rows, facts = [], []
    for kind, (people, pairs, mutual, both) in {"": whole, **counts}.items():
        end = f"_in_{kind}_programs" if kind else ""
        chance, spread = 0.2247, 0.61
        numbers = {
            "reciprocity": (mutual / pairs, pairs, mutual, "share of pairs"),
            "reciprocity_beyond_chance": (mutual / pairs - chance, pairs, mutual, "share of pairs"),
            "share_give_and_receive": (both / people, people, both, "probability"),
            "balance_spread": (spread, pairs, None, "balance"),
            "in_service_index": (
                (100 * (mutual / pairs - chance) / (1 - chance) + 100 * both / people + 39) / 3, pairs, None,
                "points",
            ),
        }  # fmt: skip
        for term, (value, n_rows, events, scale) in numbers.items():
            known = kind != held
            rows.append(SHARED | {
                "term": f"{term}{end}", "estimate": value if known else None,
                "std_error": 0.0213 if known else None, "ci_low": value - 0.05321 if known else None,
                "ci_high": value + 0.05321 if known else None, "p_value": None, "df": 4.1 if known else None,
                "n_people": people, "n_rows": n_rows if known else None,
                "n_events": events if known else None, "scale": scale, "small_sample": "jackknife",
                "note": "asked" if known else "too few houses",
            })  # fmt: skip
        for name, value in {
            "reciprocity_by_chance": chance, "in_service_part_give_and_receive": 100 * both / people,
            "houses": 12.0 if not kind else 1.0 if kind == lone else 5.0,
        }.items():  # fmt: skip
            facts.append(SHARED | {
                "diagnostic": f"{name}{end}", "value": value if kind != held or name == "houses" else None,
                "ci_low": None, "ci_high": None, "detail": "as told", "n_people": people,
            })  # fmt: skip
    facts.append(SHARED | {
        "diagnostic": "people_due", "value": 523.0, "ci_low": None, "ci_high": None, "detail": "alive",
        "n_people": 523,
    })  # fmt: skip
    limits = {"ci_low": pl.Float64, "ci_high": pl.Float64}
    return Results(
        estimates=pl.DataFrame(rows, schema_overrides={"p_value": pl.Float64}, infer_schema_length=None),
        curves=pl.DataFrame(schema=CURVES),
        diagnostics=pl.DataFrame(facts, schema_overrides=limits, infer_schema_length=None),
    )


CURVES = {
    "analysis": pl.String, "outcome": pl.String, "curve": pl.String, "population": pl.String,
    "as_of": pl.String, "x": pl.Float64, "x_unit": pl.String, "estimate": pl.Float64, "ci_low": pl.Float64,
    "ci_high": pl.Float64, "n_at_risk": pl.Int64, "n_events": pl.Int64, "suppressed": pl.Boolean,
}  # fmt: skip


def released(
    counts: Counts, **about: str
) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    after = withhold_results(tables(counts, **about), totals={"p": 598}, maximum=10)
    return (
        {row["term"]: row for row in after.estimates.to_dicts()},
        {row["diagnostic"]: row for row in after.diagnostics.to_dicts()},
    )


def test_networks_of_many_pairs_keep_every_number_and_count():
    rows, facts = released(COUNTS)
    assert rows["reciprocity_in_social_programs"]["n_rows"] == 158, "pairs less people count nobody"
    assert rows["reciprocity"]["n_events"] == 136
    assert rows["reciprocity"]["estimate"] == 136 / 350
    assert facts["people_due"]["value"] == 523.0


@pytest.mark.parametrize("few", [(48, 46, 6, 31), (48, 46, 40, 31)], ids=["mutual pairs", "one-sided pairs"])
def test_all_numbers_on_a_network_of_few_mutual_or_one_sided_pairs_go_together(few):
    rows, facts = released({"social": COUNTS["social"], "clinical": few, "mixed": COUNTS["mixed"]})
    for term in ("reciprocity", "reciprocity_beyond_chance", "share_give_and_receive", "in_service_index"):
        row = rows[f"{term}_in_clinical_programs"]
        assert (row["estimate"], row["n_events"], row["suppressed"]) == (None, None, True), term
    fact = facts["in_service_part_give_and_receive_in_clinical_programs"]
    assert (fact["value"], fact["suppressed"]) == (None, True)
    assert facts["houses_in_clinical_programs"]["value"] == 5.0
    assert rows["reciprocity_in_social_programs"]["estimate"] == 93 / 158


ENDS = ("", "_in_social_programs", "_in_clinical_programs")


@pytest.mark.parametrize(
    "mixed",
    [(8, 6, 2, 4), (30, 24, 5, 20), (30, 24, 20, 12), (30, 24, 12, 25), (65, 61, 14, 39)],
    ids=["people", "mutual pairs", "one-sided pairs", "people who do one alone", "none"],
)
def test_few_pairs_or_people_of_a_kind_held_back_do_not_follow_from_all_less_the_others(mixed):
    rows, facts = released({"social": COUNTS["social"], "clinical": COUNTS["clinical"], "mixed": mixed})

    def count(term: str, column: str, end: str) -> int | None:
        return rows[f"{term}{end}"][column]

    def less(whole: tuple[str, str], part: tuple[str, str], end: str) -> int | None:
        counts = count(*whole, end), count(*part, end)
        return None if None in counts else counts[0] - counts[1]

    people, pairs, mutual = (("reciprocity", name) for name in ("n_people", "n_rows", "n_events"))
    both = ("share_give_and_receive", "n_events")
    told = [[count(*which, end) for end in ENDS] for which in (people, pairs, mutual, both)]
    told += [[less(pairs, mutual, end) for end in ENDS], [less(people, both, end) for end in ENDS]]
    left = [all_ - one - other for all_, one, other in told if None not in (all_, one, other)]
    assert not [number for number in left if 1 <= number <= 10]
    assert (len(left) == 6) == (mixed == COUNTS["mixed"]), "without few, everything is told"
    for end in ENDS:
        row = rows[f"reciprocity{end}"]
        if None in (row["n_rows"], row["n_events"]):
            assert row["estimate"] == round(row["estimate"], 2), "its digits would tell pairs"
            chance = facts[f"reciprocity_by_chance{end}"]["value"]
            assert chance == round(chance, 2)


def test_where_a_kind_has_one_house_all_houses_less_the_others_do_not_tell_it():
    rows, facts = released(COUNTS, lone="mixed")
    for name in ("n_people", "n_rows", "n_events"):
        assert rows["reciprocity"][name] is None
        assert rows["reciprocity_in_mixed_programs"][name] is None
    assert rows["reciprocity"]["estimate"] == 0.39
    assert rows["in_service_index"]["estimate"] == 42.0
    assert facts["reciprocity_by_chance"]["value"] == 0.22
    for name in ("reciprocity_by_chance", "houses", "houses_in_mixed_programs"):
        assert facts[name]["n_people"] is None
    assert (facts["houses"]["value"], facts["houses"]["detail"]) == (12.0, "as told")
    assert rows["reciprocity_in_social_programs"]["n_rows"] == 158


def test_other_analyses_are_left_as_they_are():
    told = tables(COUNTS, lone="mixed")
    other = [frame.with_columns(analysis=pl.lit("W1")) for frame in (told.estimates, told.diagnostics)]
    rows = ProtectedRows(
        estimates=other[0], diagnostics=other[1], original_estimates=other[0], original_diagnostics=other[1]
    )
    after = withhold_networks(rows, maximum=10)
    assert after.estimates.equals(other[0])
    assert after.diagnostics.equals(other[1])
