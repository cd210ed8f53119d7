import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.deliveries import Delivery
from pipelines.landing import LandingError, fingerprints, land, landed, left_out
from pipelines.sources.extract import Extract, Refusal
from pipelines.warehouse import Warehouse


def extract(file: str = "a.csv", **columns: list[str | None]) -> Extract:
    count = len(next(iter(columns.values())))
    rows = pl.DataFrame(
        {
            **columns,
            "_file": [file] * count,
            "_row": list(range(1, count + 1)),
            "_sha256": ["f" * 64] * count,
            "_time_zone": ["America/Chicago"] * count,
        },
        schema_overrides=dict.fromkeys(columns, pl.String) | {"_row": pl.Int64},
    )
    return Extract(rows=rows, rows_in=count)


def delivery(*extracts: tuple[str, Extract], **said) -> Delivery:
    about = {"source": "site", "quarter": "2026Q3", "fingerprint": "one"} | said
    return Delivery(extracts=extracts, **about)


def test_an_extract_comes_back_exactly_as_it_was_landed(warehouse: Warehouse):
    refusal = Refusal(file="a.csv", row=2, column="x", reason="too_few_cells", expected="3", advice="mend")
    given = extract(x=["1", "", None], Y=["ä", "NA", " b "])
    given = Extract(
        rows=given.rows, rows_in=3, refusals=(refusal,), dropped_columns=("name",),
        allowed_codes={"x": frozenset({"1", "2"})}, notes=("a.csv: read as UTF-16",),
    )  # fmt: skip
    land(warehouse, delivery(("answers", given)))
    ((name, back),) = landed(warehouse, "2026Q3")[0].extracts
    assert name == "answers"
    assert_frame_equal(back.rows, given.rows)
    for said in ("rows_in", "refusals", "dropped_columns", "allowed_codes", "notes"):
        assert getattr(back, said) == getattr(given, said)


def test_landing_a_quarter_again_replaces_it_and_no_other_quarter_and_no_other_source(warehouse: Warehouse):
    for quarter in ("2026Q2", "2026Q3"):
        for source in ("site", "other"):
            land(warehouse, delivery(("a", extract(x=["1", "2"])), source=source, quarter=quarter))
    land(warehouse, delivery(("a", extract(x=["9"]))))
    heights = {
        (quarter, found.source): found.extracts[0][1].rows["x"].to_list()
        for quarter in ("2026Q2", "2026Q3")
        for found in landed(warehouse, quarter)
    }
    assert heights == {
        ("2026Q2", "other"): ["1", "2"],
        ("2026Q2", "site"): ["1", "2"],
        ("2026Q3", "other"): ["1", "2"],
        ("2026Q3", "site"): ["9"],
    }


def test_a_column_that_comes_or_goes_between_quarters_changes_no_earlier_extract(warehouse: Warehouse):
    first, second = extract(x=["1"], gone=["2"]), extract(x=["3"], new=["4"])
    land(warehouse, delivery(("a", first), quarter="2026Q2"))
    land(warehouse, delivery(("a", second)))
    for quarter, given in (("2026Q2", first), ("2026Q3", second)):
        assert_frame_equal(landed(warehouse, quarter)[0].extracts[0][1].rows, given.rows)


def test_several_files_of_one_declaration_are_kept_apart_and_in_order(warehouse: Warehouse):
    north, south = extract("north.csv", x=["1"]), extract("south.csv", x=["2", "3"])
    land(warehouse, delivery(("a", south), ("a", north)))
    files = [back.rows["_file"][0] for _, back in landed(warehouse, "2026Q3")[0].extracts]
    assert files == ["south.csv", "north.csv"]


def test_columns_that_differ_in_capitals_alone_are_refused_and_nothing_is_landed(warehouse: Warehouse):
    with pytest.raises(LandingError, match=r"\[a\].*\[Age\] and \[age\]"):
        land(warehouse, delivery(("a", extract(Age=["1"], age=["2"]))))
    assert landed(warehouse, "2026Q3") == []


def test_a_column_named_like_the_quarter_is_refused(warehouse: Warehouse):
    with pytest.raises(LandingError, match="delivered_quarter"):
        land(warehouse, delivery(("a", extract(delivered_quarter=["1"]))))


def test_what_was_left_out_is_said_of_that_quarter_and_later_ones(warehouse: Warehouse):
    land(warehouse, delivery(source="trial", quarter="2026Q2", left_out="The trial is left out."))
    assert left_out(warehouse, "2026Q1") == ()
    assert left_out(warehouse, "2026Q3") == ("The trial is left out.",)
    land(warehouse, delivery(("a", extract(x=["1"])), source="trial", quarter="2026Q2"))
    assert left_out(warehouse, "2026Q3") == ()


def test_landing_opens_the_quarter_again_until_it_is_checked(warehouse: Warehouse):
    warehouse.pass_quarter("2026Q3")
    land(warehouse, delivery(("a", extract(x=["1"]))))
    assert warehouse.closed_quarters() == set()
    assert fingerprints(warehouse) == {("2026Q3", "site"): "one"}
