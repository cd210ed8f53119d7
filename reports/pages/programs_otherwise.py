"""C1 worked out in other ways, and what a check finds that should find nothing."""

from __future__ import annotations

from collections.abc import Sequence

from reports.numbers import NOTHING
from reports.page import Block, Column, Paragraph, Table
from reports.pages.programs_wave import HIDDEN, MAIN, Wave, facts_download
from reports.release import Answer, Fact
from reports.words import programs_alike as words
from reports.words.other_ways import WHY
from reports.words.programs_compared import Outcome, short, short_range
from reports.words.sensitivity import Told


def in_other_ways(of: Wave) -> list[Block]:
    """Set the differences of a wave beside the same worked out otherwise; nothing if none are."""
    ways = [way for way in words.WAYS if any(_has_range(_fact(of, outcome, way)) for outcome, _ in of.told)]
    if not ways:
        return []
    rows = tuple(
        (
            outcome.label,
            _main(outcome, answer),
            *(_cell(outcome, _fact(of, outcome, way)) for way in ways),
        )
        for outcome, answer in of.told
    )
    facts = [fact for outcome, _ in of.told for way in ways if (fact := _fact(of, outcome, way)) is not None]
    table = Table(
        f"Social programs less clinical programs {of.when} after entry, worked out in other ways, in people "
        "of every 100 or in points",
        (Column("Outcome"), Column("As above", True), *(Column(words.WAYS[way], True) for way in ways)),
        rows,
        of.population.data,
        download=facts_download(f"programs-in-other-ways-{of.population.population}.csv", facts, of.release),
    )
    said = words.otherwise([(outcome, _told(of, outcome, answer, ways)) for outcome, answer in of.told])
    return [Paragraph(WHY), *([Paragraph(said)] if said else []), table]


def could_be_hidden(waves: Sequence[Wave]) -> list[Block]:
    """Say what the negative control and the E-values tell, of every wave with a clear difference."""
    said = [words.control(waves[0].of_people("negative_control_onset_age"))]
    limits = [
        (outcome, of.wave, value, limit)
        for of in waves
        for outcome, answer in of.told
        if answer.standing == "given"
        and (value := of.number(outcome, f"e_value_{MAIN}")) is not None
        and (limit := of.number(outcome, f"e_value_limit_{MAIN}")) is not None
    ]
    strong = [found for found in limits if found[-1] > 1.0]
    said += [words.hidden(*found) for found in strong]
    if limits and not strong:
        said.append(words.NOTHING_HIDDEN)
    return [Paragraph(text) for text in said if text]


def _fact(of: Wave, outcome: Outcome, way: str) -> Fact | None:
    return of.fact(outcome, f"sensitivity_{MAIN}_{way}")


def _has_range(fact: Fact | None) -> bool:
    return fact is not None and fact.value is not None and fact.limits is not None


def _told(of: Wave, outcome: Outcome, answer: Answer, ways: list[str]) -> list[Told]:
    told = []
    if answer.estimate is not None and answer.ci_low is not None and answer.ci_high is not None:
        told.append(Told("", answer.estimate, answer.ci_low, answer.ci_high))
    for way in ways:
        fact = _fact(of, outcome, way)
        if fact is not None and fact.value is not None and fact.limits is not None:
            told.append(Told(way, fact.value, *fact.limits))
    return told if answer.standing == "given" else []


def _main(outcome: Outcome, answer: Answer) -> str:
    if answer.estimate is None:
        return HIDDEN if answer.suppressed else "not enough to say"
    return f"{short(outcome, answer.estimate)} ({short_range(outcome, answer.ci_low, answer.ci_high)})"


def _cell(outcome: Outcome, fact: Fact | None) -> str:
    if fact is None:
        return NOTHING
    if fact.value is None:
        return HIDDEN if fact.suppressed else "not enough to say"
    ends = "range not shown" if fact.limits is None else short_range(outcome, *fact.limits)
    return f"{short(outcome, fact.value)} ({ends})"
