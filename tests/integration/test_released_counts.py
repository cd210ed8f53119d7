"""An attacker with the released results and a pencil: no count of 1 to 10 people comes out."""

from __future__ import annotations

import re
from itertools import chain, combinations, pairwise, product
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from scipy.stats import binomtest

from models.disclosure.exclusive_parts import part_of, parts_of_difference
from pipelines.codebook import load_codebook
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

FEW = range(1, 11)
HIDDEN_TOGETHER = 22


def rows(demo: Path, query: str) -> list[dict[str, Any]]:
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        return connection.sql(query).pl().to_dicts()


def few(counts: dict[str, float | None]) -> dict[str, float]:
    """Counts of 1 to 10 among those that could be computed."""
    return {name: count for name, count in counts.items() if count is not None and round(count) in FEW}


@pytest.fixture(scope="session")
def paired(demo: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """By item and population, all that the release says of the paired answers."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows(demo, "SELECT * FROM results.estimates WHERE analysis = 'V1'"):
        item = found.setdefault((row["outcome"], row["population"]), {})
        item |= {
            f"{row['term']}.{name}": row[name] for name in ("estimate", "p_value", "n_people", "n_events")
        }
    for row in rows(demo, "SELECT * FROM results.diagnostics WHERE analysis = 'V1'"):
        found[row["outcome"], row["population"]][row["diagnostic"]] = row["value"]
    assert len(found) > 10
    return found


def test_no_cell_of_a_paired_table_follows_from_the_rates_and_a_count_of_change(paired):
    solved = 0
    for item, said in paired.items():
        n, first, second = (
            said[name]
            for name in ("active_addiction.n_people", "active_addiction.n_events", "recovery.n_events")
        )
        only_first, only_second = (
            said[f"discordant_only_{period}"] for period in ("active_addiction", "recovery")
        )
        if None not in (first, second) and (only_first is not None or only_second is not None):
            solved += 1
            only_first = first - second + only_second if only_first is None else only_first
            both = first - only_first
            only_second = second - both
        else:
            both = None if None in (first, only_first) else first - only_first
        neither = None if None in (n, first, only_second) else n - first - only_second
        cells = {"both": both, "first": only_first, "second": only_second, "neither": neither}
        assert not few(cells), (item, few(cells))
    assert solved, "some item's table is large enough to be shown"


def test_no_count_of_change_follows_from_the_p_value_of_the_exact_test(paired):
    for item, said in paired.items():
        p, n = said["difference.p_value"], said["active_addiction.n_people"]
        if not p or n is None:
            continue
        more = round(said["difference.estimate"] * n)
        fitting = [
            (only_first, only_first + more)
            for only_first in range(max(0, -more), n)
            if 2 * only_first + more <= n
            and abs(binomtest(only_first + more, 2 * only_first + more).pvalue - p) <= 1e-9 * p
        ]
        assert not [pair for pair in fitting if set(pair) & set(FEW)], (item, fitting)


def test_people_who_were_asked_less_people_who_answered_are_not_few(paired):
    most: dict[str, float] = {}
    for (_, population), said in paired.items():
        most[population] = max(most.get(population, 0), said["asked"] or 0)
    for (item, population), said in paired.items():
        answered = said["answered_both"]
        assert not few({"asked": answered and said["asked"] and said["asked"] - answered}), item
        assert not few({"most asked": answered and most[population] - answered}), item


def curves(demo: Path) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Shown points of each curve, in order, by analysis, population and name."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows(demo, "SELECT * FROM results.curves WHERE NOT suppressed ORDER BY ALL"):
        found.setdefault((row["analysis"], row["population"], row["curve"]), []).append(row)
    assert len(found) > 4
    return found


def counted_along(demo: Path, analysis: str, population: str, curve: str) -> list[dict[str, Any]]:
    """Estimates whose events are counted along a curve: horizons, or the median of the group."""
    term = "within_%" if curve == "overall" else f"median_days_{curve}"
    return rows(
        demo,
        "SELECT * FROM results.estimates WHERE n_people IS NOT NULL "
        f"AND analysis = '{analysis}' AND population = '{population}' AND term LIKE '{term}'",
    )


def test_no_two_numbers_of_events_of_a_curve_and_its_estimates_differ_by_few(demo):
    for (analysis, population, curve), points in curves(demo).items():
        estimates = counted_along(demo, analysis, population, curve)
        events = {f"at {p['x']}": p["n_events"] for p in points} | {
            e["term"]: e["n_events"] for e in estimates if e["n_events"] is not None
        }
        assert len(events) > 1
        for (one, less), (other, more) in combinations(events.items(), 2):
            assert abs(more - less) not in FEW, (analysis, population, curve, one, other)


def test_people_who_left_between_two_points_of_a_curve_are_not_few(demo):
    shown = 0
    for (analysis, population, curve), points in curves(demo).items():
        estimates = counted_along(demo, analysis, population, curve)
        started = [max(e["n_people"] for e in estimates)] if estimates else []
        left = started + [p["n_at_risk"] + p["n_events"] for p in points if p["n_at_risk"] is not None]
        shown += len(left)
        assert not [b - a for a, b in pairwise(left) if abs(b - a) in FEW], (analysis, population, curve)
    assert shown > 30


def test_people_without_the_event_are_not_few_in_any_estimate(demo):
    query = "SELECT * FROM results.estimates WHERE n_people IS NOT NULL AND n_events IS NOT NULL"
    found = rows(demo, query)
    assert len(found) > 30
    assert not [row["term"] for row in found if row["n_people"] - row["n_events"] in FEW]


def test_no_two_rows_of_an_analysis_nor_a_row_and_its_population_differ_by_few_people_or_events(demo):
    totals = {row["population"]: row["n_people"] for row in rows(demo, "SELECT * FROM catalog.populations")}
    found = rows(demo, "SELECT * FROM results.estimates WHERE analysis <> 'V1' AND n_people IS NOT NULL")
    facts = rows(
        demo, "SELECT * FROM results.diagnostics WHERE analysis <> 'V1' AND n_people IS NOT NULL "
        "AND (value IS NULL OR value <> n_people OR regexp_matches(diagnostic, '^people_(with|always)_'))",
    )  # fmt: skip
    groups: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    for row in [*found, *facts]:
        key = tuple(row[name] for name in ("analysis", "outcome", "population"))
        name = row.get("term") or row["diagnostic"]
        if not part_of(name):
            groups.setdefault(key, {})[name] = row
    assert len(groups) >= 4
    for key, members in groups.items():
        people = {name: row["n_people"] for name, row in members.items()} | {"population": totals[key[2]]}
        for (one, count), (other, less) in combinations(people.items(), 2):
            assert abs(count - less) not in FEW, (key, one, other)
        events = {
            name: row["n_events"]
            for name, row in members.items()
            if row.get("n_events") is not None and row["scale"] != "probability"
        }
        for (one, count), (other, less) in combinations(events.items(), 2):
            assert abs(count - less) not in FEW, (key, one, other)


def test_parts_that_exclude_each_other_leave_no_few_of_any_whole_nor_differ_by_few_among_themselves(demo):
    totals = {row["population"]: row["n_people"] for row in rows(demo, "SELECT * FROM catalog.populations")}
    found = rows(demo, "SELECT * FROM results.estimates WHERE analysis <> 'V1' AND n_people IS NOT NULL")
    groups: dict[tuple[str, ...], dict[str, set[int]]] = {}
    for row in found:
        assert parts_of_difference(row["term"]) is None, "a difference of parts shows no count"
        key = tuple(row[name] for name in ("analysis", "outcome", "population"))
        groups.setdefault(key, {}).setdefault(part_of(row["term"]), set()).add(row["n_people"])
    split = {key: parts for key, parts in groups.items() if len(parts) > 1}
    assert split, "some analysis answers for parts of its people"
    for key, parts in split.items():
        wholes = parts.pop("", set()) | ({totals[key[2]]} if totals[key[2]] is not None else set())
        for chosen in chain.from_iterable(combinations(parts, n) for n in range(1, len(parts) + 1)):
            for counts in product(*(parts[part] for part in chosen)):
                assert not [whole for whole in wholes if whole - sum(counts) in FEW], (key, chosen)
        for part, counts in parts.items():
            assert not [pair for pair in combinations(counts, 2) if abs(pair[0] - pair[1]) in FEW], part


def test_where_the_counts_of_an_estimate_are_withheld_its_words_hold_no_number_either(demo):
    found = rows(demo, "SELECT * FROM results.estimates WHERE n_people IS NULL OR suppressed")
    assert len(found) > 10
    assert not [row["term"] for row in found if re.search(r"\d", row["small_sample"])]


def test_whoever_has_no_value_is_one_of_twenty_two_or_of_all_and_the_rare_ones_are_not_most(demo):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    codebook = load_codebook()
    table = codebook.table("core.participants")
    with Warehouse.look(settings.restricted, codebook) as warehouse:
        before = warehouse.read("core.participants", "2026Q3")
    after = pl.DataFrame(rows(demo, "SELECT * FROM core.participants"), infer_schema_length=None)
    hid = 0
    for variable in codebook.variables_of(table):
        if not variable.quasi_identifying or variable.type not in ("category", "boolean"):
            continue
        name = variable.name
        both = before.select("participant_id", "population", held=name).join(
            after.select("participant_id", shown=name), on="participant_id"
        )
        for (population,), people in both.drop_nulls("held").group_by("population"):
            hidden = people.filter(pl.col("shown").is_null())
            if hidden.height in (0, people.height):
                continue
            hid += 1
            assert hidden.height >= HIDDEN_TOGETHER, (name, population)
            held = people["held"].value_counts()
            rare = held.filter(pl.col("count").is_in(list(FEW)))
            assert rare["count"].max() <= hidden.height / 2, (name, population)
            fewest = people["shown"].drop_nulls().value_counts()["count"].min()
            assert fewest not in FEW, (name, population)
    assert hid > 3


def test_who_helped_whom_is_not_in_the_release(demo):
    tables = rows(demo, "SELECT table_name FROM duckdb_tables()")
    assert "participants" in {row["table_name"] for row in tables}
    assert "support_ties" not in {row["table_name"] for row in tables}
    curated = Settings.load(data=demo, published=demo / "published", environment={}).curated
    assert not list(curated.rglob("*support_ties*"))
