"""C1: who was reached in each kind of program, and how alike the people compared were (the love plot)."""

from __future__ import annotations

import re

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING, decimal, of_100
from reports.page import Block, Column, Figure, Paragraph, Table
from reports.pages.programs_wave import HIDDEN, Wave, fact_cell, facts_download, identifier, subtitle
from reports.release import Fact
from reports.words import programs_alike as words

_BALANCE = re.compile(r"balance_(?P<column>.+)_(?P<when>before|after)")
_ROWS = {
    "due": "Due for the interview",
    "came": "Interviewed",
    "follow_up_rate": "Interviewed, of every 100 due",
    "lost": "Not found, or missed",
    "refused": "Refused",
    "incarcerated": "In jail or prison, out of reach",
    "died": "Died before",
    "not_yet_due": "Not due yet",
}

Gap = tuple[float, float]
MOST = 12  # rows of a love plot that stays readable on paper


def gaps(of: Wave) -> dict[str, Gap]:
    """Return the gap of each measure before and after weighting; of several levels the widest, by size."""
    found: dict[str, dict[str, list[tuple[str, float]]]] = {}
    for name, value in of.values.items():
        match = _BALANCE.fullmatch(name)
        measure = None if match is None else words.measure(match["column"])
        if match is not None and measure is not None:
            found.setdefault(measure, {}).setdefault(match["when"], []).append((match["column"], value))
    order = [*words.MEASURES.values(), *words.KINDS.values()]
    return {
        measure: (_widest(found[measure]["before"]), _widest(found[measure]["after"]))
        for measure in order
        if found.get(measure, {}).keys() == {"before", "after"}
    }


def _widest(levels: list[tuple[str, float]]) -> float:
    return max((value for _, value in levels), key=abs)


def love_plot(of: Wave) -> Figure | None:
    """Draw how far apart the groups were as they came and as they count; None where that is not given."""
    found = gaps(of)
    if not found:
        return None
    before, after = style.second("As they came"), style.first("As they count")
    name = identifier(f"programs-alike-{of.wave}", of.population)
    order = sorted(found, key=lambda measure: -max(map(abs, found[measure])))
    rows = tuple(
        Row(
            measure[0].upper() + measure[1:],
            tuple(
                Dot(series, abs(gap), None, None, decimal(abs(gap), 2))
                for series, gap in zip((before, after), found[measure], strict=True)
            ),
        )
        for measure in order[:MOST]
    )
    drawn = [dot.value for row in rows for dot in row.dots]
    axis = axes.plain("Standard deviations apart", (*drawn, words.ALIKE))
    facts = [fact for fact in _balance_facts(of) if fact.value is not None]
    return Figure(
        identifier=name,
        headline=words.headline_balance(found),
        subtitle=subtitle(
            of.release,
            of.population,
            "How far apart people of social and of clinical programs were at entry",
            of.count,
        ),
        chart=DotChart(rows, axis, limits=(words.ALIKE,), together=True),
        alternative=(words.balance(found),),
        caption=words.caption_balance(len(found), MOST),
        table=Table(
            f"Standard deviations apart at entry, of the people compared at {of.when}",
            (Column("Asked at entry"), Column("As they came", True), Column("As they count", True)),
            tuple(
                (measure[0].upper() + measure[1:], *(decimal(abs(gap), 2) for gap in found[measure]))
                for measure in order
            ),
            of.population.data,
            technical=True,
        ),
        download=facts_download(f"{name}.csv", facts, of.release),
        data=of.population.data,
    )


def _balance_facts(of: Wave) -> list[Fact]:
    names = [name for name in of.values if _BALANCE.fullmatch(name)]
    return [fact for name in names if (fact := of.of_people(name)) is not None]


def followed(of: list[Wave]) -> list[Block]:
    """Say and set who was reached, in each kind of program."""
    said = [Paragraph(text) for wave in of[:1] for text in _said(wave) if text]
    rows = tuple(
        (label, *(_cell(wave, f"{row}_{wave.wave}_{arm}") for wave in of for arm in ("social", "clinical")))
        for row, label in _ROWS.items()
    )
    kept = tuple(row for row in rows if any(cell != NOTHING for cell in row[1:]))
    if not kept:
        return list(said)
    columns = [
        Column(f"{kind}, {wave.when}", True)
        for wave in of
        for kind in ("Social programs", "Clinical programs")
    ]
    table = Table(
        f"Who was reached, by kind of program; “{HIDDEN}” protects privacy",
        (Column("People"), *columns),
        kept,
        of[0].population.data,
    )
    return [*said, table]


def _said(of: Wave) -> tuple[str, ...]:
    return words.reached(of.values, of.wave), words.lost(of.values, of.wave)


def _cell(of: Wave, name: str) -> str:
    fact = of.of_people(name)
    if name.startswith("follow_up_rate") and fact is not None and fact.value is not None:
        return of_100(fact.value)
    return fact_cell(fact)
