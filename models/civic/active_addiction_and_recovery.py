"""V1: civic life in active addiction and in recovery, as the same people report both."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.civic.mcnemar import exact_p
from models.civic.paired_difference import newcombe, newcombe_from_rates
from models.civic.paired_ratio import bonett_price
from models.civic.paired_table import PairedTable
from models.civic.wilson import wilson
from models.core_frame import require
from models.estimate import MINIMUM_PEOPLE, SHARE_DIFFERENCE, Diagnostic, Estimate, Findings, refused

ANALYSIS = "V1"
INTERVIEW: Final = "month_12"  # wave of the interview that asks the civic items
FIRST, SECOND = "active_addiction", "recovery"
SMALLEST_FIRST_RATE: Final = 0.10  # below it a percent change is about the small base, not the change
SCALES = {
    FIRST: "probability",
    SECOND: "probability",
    "difference": SHARE_DIFFERENCE,
    "difference_from_rates": SHARE_DIFFERENCE,
    "ratio": "ratio",
    "relative_change": "percent",
}
METHODS = {
    FIRST: "share of those who answered for both periods, Wilson interval",
    SECOND: "share of those who answered for both periods, Wilson interval",
    "difference": "paired difference, Newcombe's method 10; exact McNemar test, two-sided",
    "difference_from_rates": (
        "difference of the two shares; Newcombe's method 10 at the smallest correlation of the two answers "
        "that the shares allow, so that the limits hold however the answers go together"
    ),
    "ratio": "ratio of paired shares, Bonett-Price hybrid Wilson interval",
    "relative_change": "100 times (ratio - 1), limits from the ratio's",
}
NO_DF = "no degrees of freedom: score-based interval, counts are enough"
RECALLED = (
    "Both answers were given in recovery and from memory, over periods of different length: "
    "an association with being in recovery, not an effect of it."
)


def analyse(
    civic_items: pl.DataFrame,
    assessments: pl.DataFrame | None = None,
    *,
    population: str,
    minimum_people: int = MINIMUM_PEOPLE,
) -> Findings:
    """Rates in both periods, their difference, ratio and relative change, for every civic item.

    Estimand, for each item: P(yes in recovery), P(yes in active addiction), their difference and ratio,
    among people who answered for both periods (complete pairs; the others are counted, not imputed).
    The difference comes twice: `difference` with the limits and the test of paired answers, and
    `difference_from_rates` with limits that rest on the two rates and the number of people alone. The first
    is sharper; the second gives away no cell of the two-by-two table that the rates do not give away.
    The relative change is refused where the rate in active addiction is below `SMALLEST_FIRST_RATE`, and
    where no more than `minimum_people` said yes for active addiction: too few events for a percent.

    Parameters
    ----------
    civic_items : pl.DataFrame
        core.civic_items of one population, as of one quarter.
    assessments : pl.DataFrame, optional
        core.assessments of the same; tells how many people were due for the interview that asks the items.
    population : str
        Name of the population.
    minimum_people : int
        With fewer complete pairs an item's estimates are refused.
    """
    require(
        civic_items, "core.civic_items", key=("participant_id", "civic_item", "period"),
        columns=("participant_id", "civic_item", "period", "answer"),
    )  # fmt: skip
    due = _due(assessments)
    estimates: list[Estimate] = []
    diagnostics: list[Diagnostic] = []
    for (item,), rows in sorted(civic_items.partition_by("civic_item", as_dict=True).items()):
        table = _paired(rows)
        asked = rows["participant_id"].n_unique()
        diagnostics += _facts(str(item), table, asked, due, population)
        if table.n < minimum_people:
            reason = f"Fewer than {minimum_people} people answered for both periods."
            estimates += [_refused(str(item), term, table, population, reason) for term in SCALES]
        else:
            estimates += _item(str(item), table, population, minimum_people)
    return Findings(analysis=ANALYSIS, estimates=tuple(estimates), diagnostics=tuple(diagnostics))


def _paired(rows: pl.DataFrame) -> PairedTable:
    """Count the four combinations among people who answered for both periods."""
    first, second = (
        rows.filter(pl.col("period") == period)
        .drop_nulls("answer")
        .select("participant_id", answer=pl.col("answer"))
        for period in (FIRST, SECOND)
    )
    pairs = first.join(second, on="participant_id", suffix="_later", validate="1:1")
    was, is_now = pairs["answer"], pairs["answer_later"]
    return PairedTable(
        both=int((was & is_now).sum()),
        only_first=int((was & ~is_now).sum()),
        only_second=int((~was & is_now).sum()),
        neither=int((~was & ~is_now).sum()),
    )


def _due(assessments: pl.DataFrame | None) -> int:
    """People whose interview had fallen due, reached or not; 0 where nothing tells."""
    if assessments is None:
        return 0
    rows = assessments.filter((pl.col("wave") == INTERVIEW) & pl.col("followup_status").ne_missing("not_due"))
    return rows["participant_id"].n_unique()


def _facts(item: str, table: PairedTable, asked: int, due: int, population: str) -> list[Diagnostic]:
    """Who was due and who was asked, who answered for both periods, who changed and which way."""
    counts = {
        **({"due": (due, "people whose interview had fallen due, reached or not")} if due else {}),
        "asked": (asked, "people who were shown the item"),
        "answered_both": (table.n, "people who answered it for both periods"),
        "discordant_only_recovery": (table.only_second, "yes in recovery, no in active addiction"),
        "discordant_only_active_addiction": (table.only_first, "yes in active addiction, no in recovery"),
    }
    return [
        Diagnostic(
            outcome=item,
            diagnostic=name,
            population=population,
            value=float(count),
            detail=detail,
            n_people=count,
        )
        for name, (count, detail) in counts.items()
    ]


def _item(item: str, table: PairedTable, population: str, minimum_people: int) -> list[Estimate]:
    """All six terms of an item with enough people."""
    n = table.n
    difference = newcombe(table)
    found = [
        *(
            _answer(item, period, table, population, (yes / n, *wilson(yes, n)), n_events=yes)
            for period, yes in ((FIRST, table.first), (SECOND, table.second))
        ),
        _answer(
            item, "difference", table, population, difference,
            p_value=exact_p(table.only_second, table.only_first), note=RECALLED,
        ),
        _answer(
            item, "difference_from_rates", table, population,
            newcombe_from_rates(table.first, table.second, n), note=RECALLED,
        ),
    ]  # fmt: skip
    if table.first == 0:
        reason = "Nobody said yes for active addiction: the ratio has no denominator."
        return [
            *found,
            *(_refused(item, term, table, population, reason) for term in ("ratio", "relative_change")),
        ]
    ratio = bonett_price(table)
    found.append(_answer(item, "ratio", table, population, ratio, note=RECALLED))
    if table.first / n < SMALLEST_FIRST_RATE:
        reason = (
            f"The rate in active addiction is below {SMALLEST_FIRST_RATE:.0%}: a percent change from so "
            "small a base misleads. Read both rates and the difference."
        )
        return [*found, _refused(item, "relative_change", table, population, reason)]
    if table.first <= minimum_people:
        reason = (
            f"No more than {minimum_people} people said yes for active addiction: too few for a percent "
            "change. Read both rates and the difference."
        )
        return [*found, _refused(item, "relative_change", table, population, reason)]
    change, low, high = (100 * (value - 1) for value in ratio)
    return [*found, _answer(item, "relative_change", table, population, (change, low, high), note=RECALLED)]


def _answer(
    item: str,
    term: str,
    table: PairedTable,
    population: str,
    found: tuple[float, float, float],
    *,
    n_events: int | None = None,
    p_value: float | None = None,
    note: str = "",
) -> Estimate:
    value, low, high = found
    return Estimate(
        outcome=item, term=term, population=population, estimate=value, ci_low=low, ci_high=high,
        p_value=p_value, n_people=table.n, n_rows=2 * table.n, n_events=n_events,
        method=METHODS[term], scale=SCALES[term], small_sample=NO_DF, note=note,
    )  # fmt: skip


def _refused(item: str, term: str, table: PairedTable, population: str, reason: str) -> Estimate:
    return refused(
        outcome=item, term=term, population=population, n_people=table.n,
        method=METHODS[term], scale=SCALES[term], reason=reason,
    )  # fmt: skip
