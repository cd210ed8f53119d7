"""C3: how people fare in programs that follow the social model more, by the scale and its parts."""

from __future__ import annotations

from functools import partial

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING
from reports.page import Block, Column, Figure, Paragraph, Table
from reports.pages.answers import answers_download, people_text, short_value, value_text
from reports.pages.programs_wave import FIRST, HIDDEN, SCALE, identifier, subtitle
from reports.release import Answer, Population, Release
from reports.words import programs_scale as words
from reports.words.programs_compared import OUTCOMES, WAVES, Outcome, more_or_less, short, short_range, whole

AXIS = "Of 100: fewer left, more right"
IN_TABLE = ("any_problem_alcohol", "any_problem_drug", "abstinent", "eurohis_qol8", "barc10")
Told = list[tuple[Outcome, Answer]]


def by_scale(release: Release, population: Population, wave: str = FIRST) -> list[Block]:
    """Set the differences for ten points of the scale and of its parts; nothing where there are none."""
    told = _told(release, population, words.TOTAL, wave)
    if not told:
        return []
    facts = {(f.outcome, f.diagnostic): f for f in release.facts_of(SCALE, population=population.population)}
    programs = facts.get((wave, "programs"))
    lead = words.summary(told, None if programs is None or programs.suppressed else programs.value)
    blocks: list[Block] = [Paragraph(lead, "lead")] if lead else []
    blocks += [Paragraph(f"{words.WHAT_IS_ASKED} {words.SAME_RULE}"), Paragraph(words.NOT_RAISING)]
    shares = [one for one in told if one[0].share]
    if shares:
        blocks.append(_figure(release, population, wave, told, shares))
    blocks += [
        Paragraph(words.per_step(outcome, wave, answer)) for outcome, answer in told if not outcome.share
    ]
    return [*blocks, *_domains(release, population, wave)]


def _told(release: Release, population: Population, score: str, wave: str) -> Told:
    found = {(a.outcome, a.term): a for a in release.answers_of(SCALE, population=population.population)}
    return [
        (outcome, answer)
        for outcome in OUTCOMES
        if (answer := found.get((f"{outcome.code}_{wave}", words.term_of(score, outcome)))) is not None
    ]


def _figure(release: Release, population: Population, wave: str, told: Told, shares: Told) -> Figure:
    series = style.first("This report")
    rows = tuple(Row(_label(outcome, answer), (_dot(outcome, answer, series),)) for outcome, answer in shares)
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    name = identifier(f"programs-scale-{wave}", population)
    count = next((a.n_people for _, a in told if a.n_people is not None), None)
    return Figure(
        identifier=name,
        headline=words.headline(told, wave),
        subtitle=subtitle(
            release,
            population,
            "Difference for 10 points more on the Social Model Philosophy Scale, people alike at entry",
            count,
        ),
        chart=DotChart(rows, axes.plain(AXIS, drawn), reference=0.0, together=True),
        alternative=(
            f"{words.STEP}, {WAVES[wave]} after entry:",
            *(words.brief(outcome, answer) for outcome, answer in shares),
        ),
        caption=(
            "Each dot is the difference for 10 points more on the scale, its line the range that fits the "
            "answers. A line that touches 0 may be nothing at all. Fewer is better for problems, more for "
            "abstinence."
        ),
        table=Table(
            f"Difference for 10 points more on the scale, {WAVES[wave]} after entry, in people of every 100 "
            "or in points",
            (
                Column("Outcome"),
                Column("Estimate", True),
                Column("Range", True),
                Column("People", True),
                Column("Beyond chance?"),
            ),
            tuple(
                (
                    outcome.label,
                    value_text(answer, partial(whole, outcome)),
                    short_range(outcome, answer.ci_low, answer.ci_high),
                    people_text(answer),
                    NOTHING if answer.standing != "given" else "yes" if words.clear(answer) else "no",
                )
                for outcome, answer in told
            ),
            population.data,
            technical=True,
        ),
        download=answers_download(f"{name}.csv", [answer for _, answer in told], release),
        data=population.data,
    )


def _label(outcome: Outcome, answer: Answer) -> str:
    known = answer.estimate
    return outcome.label if known is None else f"{outcome.label}: {whole(outcome, known)}"


def _dot(outcome: Outcome, answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    low, high = (None if v is None else 100 * v for v in (answer.ci_low, answer.ci_high))
    return Dot(series, 100 * answer.estimate, low, high, more_or_less(outcome, answer.estimate))


def _domains(release: Release, population: Population, wave: str) -> list[Block]:
    """Set the parts of the scale as a table: a part a row, a few outcomes as columns."""
    outcomes = [outcome for outcome in OUTCOMES if outcome.code in IN_TABLE]
    found = {
        score: {outcome.code: answer for outcome, answer in _told(release, population, score, wave)}
        for score in words.SCORES
        if score != words.TOTAL
    }
    rows = tuple(
        (words.SCORES[score], *(_cell(outcome, mine.get(outcome.code)) for outcome in outcomes))
        for score, mine in found.items()
        if mine
    )
    if not rows:
        return []
    answers = release.answers_of(SCALE, population=population.population)
    table = Table(
        f"Difference for 10 points more on each part of the scale, {WAVES[wave]} after entry, in people of "
        "every 100 or in points",
        (Column("Part of the scale"), *(Column(outcome.label, True) for outcome in outcomes)),
        rows,
        population.data,
        folded=True,
        technical=True,
        download=answers_download(f"programs-scale-{population.population}.csv", answers, release),
    )
    return [Paragraph(words.DOMAINS_GO_TOGETHER), table]


def _cell(outcome: Outcome, answer: Answer | None) -> str:
    if answer is None:
        return NOTHING
    if answer.estimate is None:
        return HIDDEN if answer.suppressed else "not enough to say"
    return f"{short(outcome, answer.estimate)} ({short_range(outcome, answer.ci_low, answer.ci_high)})"
