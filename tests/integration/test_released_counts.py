"""An attacker with the released results and a pencil: no count of 1 to 10 people comes out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import chain, combinations, product
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, t

from models.disclosure.evenings import SHARE
from models.disclosure.exclusive_parts import part_of, parts_of_difference
from models.disclosure.internal_diagnostics import without_internal
from models.disclosure.sensitivity_rows import withhold_sensitivity
from models.disclosure.small_cells import without_degrees
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
        arm = re.search(r"_(social|clinical)$", row["diagnostic"]) if "diagnostic" in row else None
        groups.setdefault((*key, arm[1] if arm else part_of(name)), {})[name] = row
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
    every = rows(demo, "SELECT * FROM results.estimates WHERE analysis <> 'V1'")
    about = {(row["analysis"], row["outcome"], row["population"], part_of(row["term"])) for row in every}
    for row in found:
        key = tuple(row[name] for name in ("analysis", "outcome", "population"))
        parts = parts_of_difference(row["term"]) or ()
        assert not {(*key, part) for part in parts} & about, "a difference of parts shows no count"
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


NORMAL = 1e-5  # t(df) is farther than this from the normal quantile up to more than 100,000 df
MOST_DF = 1e5  # beyond it t and the normal distribution cannot be told apart


def root(distance: Callable[[float], float]) -> float | None:
    """Degrees of freedom at which two numbers of a row agree; None where none does."""
    ends = distance(0.5), distance(MOST_DF)
    if not all(map(math.isfinite, ends)) or ends[0] * ends[1] >= 0:
        return None
    return float(brentq(distance, 0.5, MOST_DF, xtol=1e-9))


def solved_df(row: dict[str, Any]) -> list[float]:
    """All degrees of freedom that follow from two of a row's error, p-value and interval.

    None where, on some scale, error or p-value and interval are those of the normal distribution.
    """
    found: list[float | None] = []
    estimate, error, p = row["estimate"], row["std_error"], row["p_value"]
    scales = [(lambda x: x, 1.0)]
    if min(row["ci_low"], estimate) > 0:
        scales += [(math.log, 1.0), (math.log, 1 / estimate)]  # the error of the log, or of the ratio
    if max(abs(row["ci_low"]), abs(row["ci_high"]), abs(estimate)) < 1:
        scales.append((math.atanh, 1.0))
    for scale, per_unit in scales:
        low, middle, high = (scale(x) for x in (row["ci_low"], estimate, row["ci_high"]))
        half = (high - low) / 2
        if half <= 0 or abs(middle - (low + high) / 2) > 1e-6 * half:
            continue
        z = norm.ppf(0.975)
        if error and abs(half / (error * per_unit) - z) < NORMAL:
            return []
        if p and not error and abs(2 * norm.sf(abs(middle) / half * z) / p - 1) < NORMAL:
            return []
        if error:
            found.append(root(lambda df, ratio=half / (error * per_unit): t.ppf(0.975, df) - ratio))
        if p and p > 1e-290:
            halves = abs(middle) / half
            found.append(root(lambda df, x=halves: math.log(2 * t.sf(x * t.ppf(0.975, df), df) / p)))
        if error and p and p > 1e-290:
            statistic = abs(middle) / (error * per_unit)
            found.append(root(lambda df, x=statistic: math.log(2 * t.sf(x, df) / p)))
    return [df for df in found if df is not None and df < MOST_DF / 2]


def test_degrees_of_freedom_that_are_not_shown_cannot_be_solved_from_error_interval_and_p_value(demo):
    found = rows(demo, "SELECT * FROM results.estimates WHERE estimate IS NOT NULL AND ci_low IS NOT NULL")
    shown = [row for row in found if row["df"] is not None and solved_df(row)]
    assert len(shown) > 5
    for row in shown:
        assert min(abs(df - row["df"]) for df in solved_df(row)) < 1e-3 * row["df"], "the attack works"
    parts = {(row["analysis"], row["outcome"], row["population"], part_of(row["term"])) for row in shown}
    for row in found:
        over_programs = row["scale"] == "correlation" and row["analysis"] == "M1"
        if row["df"] is not None or over_programs:
            continue
        if pair := parts_of_difference(row["term"]):
            key = (row["analysis"], row["outcome"], row["population"])
            assert {(*key, part) for part in pair} <= parts, "Welch's df tell no more than the parts do"
        else:
            assert not solved_df(row), (row["analysis"], row["outcome"], row["term"])


@pytest.mark.parametrize("df", [9.0, 113.0, 1366.0])
def test_the_attack_finds_the_degrees_of_freedom_of_a_row_before_the_rule_and_not_after_it(df):
    estimate, error = -0.46, 0.12
    half = error * t.ppf(0.975, df)
    row = {
        "estimate": estimate, "std_error": error, "ci_low": estimate - half, "ci_high": estimate + half,
        "p_value": 2 * t.sf(-estimate / error, df), "df": df, "small_sample": f"t with {df} df",
    }  # fmt: skip
    for gone in ("std_error", "p_value"):
        left = solved_df(row | {gone: None})
        assert left, f"without [{gone}] alone it still follows"
        assert all(abs(found - df) < 1e-3 * df for found in left)
    after = without_degrees(pl.DataFrame([row]), pl.lit(value=True)).row(0, named=True)
    assert solved_df(after) == []
    assert (after["estimate"], after["ci_low"], after["ci_high"]) == (estimate, row["ci_low"], row["ci_high"])
    half = error * norm.ppf(0.975)
    normal = row | {"ci_low": estimate - half, "ci_high": estimate + half, "p_value": None}
    assert solved_df(normal) == []


def test_a_withheld_diagnostic_keeps_no_limit_and_no_detail_repeats_one(demo):
    found = rows(demo, "SELECT * FROM results.diagnostics")
    limited = [row for row in found if row["ci_low"] is not None]
    assert len(limited) > 60
    for row in found:
        assert (row["ci_low"] is None) == (row["ci_high"] is None)
        if row["suppressed"] or row["value"] is None:
            assert (row["ci_low"], row["n_people"] if row["suppressed"] else None) == (None, None)
    for row in limited:
        assert row["ci_low"] <= row["value"] <= row["ci_high"]
        assert not re.search(r"interval \S*\d", row["detail"]), row["diagnostic"]


def df_by_limits(fact: dict[str, Any], estimate: dict[str, Any]) -> float | None:
    """Degrees of freedom of a diagnostic that is the fit of an estimate, by its limits and the error.

    Where the error is withheld, it follows from the estimate's interval if that shows its degrees of freedom.
    """
    error = estimate["std_error"]
    if error is None and estimate["df"] is not None:
        error = (estimate["ci_high"] - estimate["ci_low"]) / 2 / t.ppf(0.975, estimate["df"])
    if error is None or fact["ci_low"] is None:
        return None
    half = (fact["ci_high"] - fact["ci_low"]) / 2
    return root(lambda df: t.ppf(0.975, df) - half / error)


def test_degrees_of_freedom_do_not_follow_from_limits_of_a_diagnostic_and_the_error_of_the_same_fit(demo):
    estimates = rows(
        demo, "SELECT * FROM results.estimates WHERE estimate IS NOT NULL AND ci_low IS NOT NULL"
    )
    facts = rows(demo, "SELECT * FROM results.diagnostics WHERE ci_low IS NOT NULL")
    groups = ("analysis", "outcome", "population")
    for fact in facts:
        for row in estimates:
            alike = all(fact[name] == row[name] for name in groups)
            if alike and abs(fact["value"] - row["estimate"]) <= 1e-6 * abs(row["estimate"]):
                counted = fact["n_people"] is not None and row["n_people"] is not None
                assert counted or df_by_limits(fact, row) is None, (fact["diagnostic"], row["term"])


def test_that_attack_finds_the_degrees_of_freedom_before_the_rule_and_not_after_it():
    key = {"analysis": "W1", "outcome": "meaningfulness", "population": "p", "as_of": "2026Q3"}
    half = 0.1 * t.ppf(0.975, 113.0)
    fact = key | {
        "diagnostic": "sensitivity_slope_tobit_intercept_only", "value": 0.8, "ci_low": 0.8 - half,
        "ci_high": 0.8 + half, "detail": "words", "n_people": None, "suppressed": False,
    }  # fmt: skip
    row = key | {
        "term": "slope", "estimate": 0.8, "std_error": 0.1, "df": 1366.0, "n_people": 120,
        "suppressed": False,
    }  # fmt: skip
    assert abs((df_by_limits(fact, row) or 0.0) - 113.0) < 1e-3
    facts, written = pl.DataFrame([fact], schema_overrides={"n_people": pl.Int64}), pl.DataFrame([row])
    after = withhold_sensitivity(facts, written, exact=written, maximum=10).row(0, named=True)
    assert df_by_limits(after, row) is None
    assert after["value"] == 0.8


def test_no_number_of_evenings_follows_from_a_released_share(demo):
    shares = [
        row
        for row in rows(demo, "SELECT * FROM results.diagnostics WHERE value > 0 AND value < 1")
        if re.search(SHARE, row["diagnostic"])
    ]
    assert len(shares) > 5
    for row in shares:
        known = rows(
            demo, "SELECT max(n_rows) AS n FROM results.estimates "
            f"WHERE analysis = '{row['analysis']}' AND population = '{row['population']}'",
        )[0]["n"]  # fmt: skip
        step = float(re.search(r"rounded to steps of ([\d.]+)", row["detail"])[1])
        near = [k for k in range(known + 1) if abs(k / known - row["value"]) <= step / 2]
        assert len(near) > len(FEW), row["diagnostic"]


def test_evenings_dropped_for_a_withheld_reason_are_no_remainder_of_all_evenings(demo):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        exact = warehouse.read_where("results.diagnostics", as_of="2026Q3")
    key = ["analysis", "outcome", "population", "diagnostic"]
    hidden = pl.DataFrame(
        rows(demo, "SELECT * FROM results.diagnostics WHERE diagnostic LIKE 'days_dropped_%' AND suppressed"),
        infer_schema_length=None,
    )
    both = hidden.select(key).join(exact.select(*key, "value"), on=key)
    assert both.height == hidden.height > 0
    for group, reasons in both.group_by(key[:3]):
        left = rows(
            demo, "SELECT count(*) AS n FROM results.diagnostics WHERE diagnostic LIKE 'days_dropped_%' "
            f"AND value > 0 AND analysis = '{group[0]}' AND population = '{group[2]}'",
        )[0]["n"]  # fmt: skip
        assert not left or (reasons.height > 1 and reasons["value"].sum() > max(FEW)), group


def test_what_is_internal_is_in_the_restricted_results_and_not_in_the_release(demo):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        kept = warehouse.read_where("results.diagnostics", as_of="2026Q3")
    assert {"diary_rows_read", "diary_rows_not_read"} <= set(kept["diagnostic"])
    found = pl.DataFrame(rows(demo, "SELECT * FROM results.diagnostics"), infer_schema_length=None)
    assert found.height == without_internal(found).height == without_internal(kept).height


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
