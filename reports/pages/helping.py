"""H1: helping others in recovery, and time without use after treatment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Dot, DotChart, Row
from reports.numbers import NOTHING, count, decimal, interval, percent, published_percent, times
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Subheading, Table
from reports.pages import closing
from reports.pages.answers import (
    answers_download,
    answers_table,
    curve_download,
    people_text,
    short_value,
    with_interval,
)
from reports.pages.curve_points import marks_of
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Point, Population, Published, Release
from reports.words import helping as words
from reports.words.phrases import NOT_SHOWN, PUBLISHED, people
from reports.words.published import figure as published_figure

ANALYSIS = "H1"
FILE = "helping.html"
NAME = "Helping others"
ALIKE = "meetings, sex, age and how severe their problems were"
YEAR = 365.0  # days that everybody is followed for at most
DAYS = (0, 60, 120, 180, 240, 300, 360)  # ticks of the year

Found = Mapping[str, Answer]


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="Helping others in recovery",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: both shares and the days between."""
    given = []
    for population in release.populations_of(ANALYSIS):
        found = _found(release, population)
        shares = _shares(found)
        if not shares:
            continue
        alike = found.get(words.ADJUSTED)
        said = words.finding(shares, found.get(words.DAYS), alike)
        brief = "" if alike is None else f"{words.rate(alike, ALIKE)} {words.NOT_WHAT_HELPING_DOES}"
        heard = _heard(release, population)
        given.append(finding(release, population, said, heard, Link(NAME, FILE), brief=brief))
    return given


def _found(release: Release, population: Population) -> Found:
    return {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}


def _shares(found: Found) -> dict[str, Answer]:
    return {group: found[term] for group, term in words.SHARES.items() if term in found}


def _heard(release: Release, population: Population) -> str:
    names = ("follow_up", "people_at_landmark", "people_used_before_landmark")
    return words.heard(*(release.fact(ANALYSIS, name, population.population) for name in names))


def _answer(release: Release, population: Population) -> Section:
    found = _found(release, population)
    shares = _shares(found)
    apart = found.get(words.DAYS)
    blocks: list[Block] = [closing.origin(release, population)]
    adjusted = found.get(words.ADJUSTED)
    if adjusted is not None:
        blocks += [Paragraph(words.rate(adjusted, ALIKE), "lead"), Subheading(words.HEADING)]
        blocks.append(Paragraph(words.AS_THEY_ARE))
    if shares:
        said = " ".join(words.share(group, answer) for group, answer in shares.items())
        blocks.append(Paragraph(said, "plain" if adjusted is not None else "lead"))
    if apart is not None:
        blocks.append(Paragraph(words.days_without(apart)))
    if words.RATIO in found:
        blocks.append(Paragraph(words.rate(found[words.RATIO])))
    drift = words.drift(
        release.fact(ANALYSIS, f"proportional_hazards_p_{words.RATIO}", population.population)
    )
    blocks += [Paragraph(said) for said in (drift, words.LANDMARK, words.NOT_WHAT_HELPING_DOES) if said]
    means = [
        release.fact(ANALYSIS, f"meetings_{group}", population.population)
        for group in (words.HELPERS, words.OTHERS)
    ]
    if said := words.meetings((means[0], means[1])):
        blocks.append(Paragraph(said))
    blocks += basis(None, _heard(release, population))
    blocks += _beside_published(release, population, shares)
    blocks += _curves(release, population, apart)
    ratios = [found[t] for t in (words.ADJUSTED, words.RATIO, words.DAYS) if t in found]
    if ratios:
        blocks.append(_ratios(release, population, ratios))
    blocks += _otherwise(release, population, found)
    return Section(population.label, tuple(blocks))


def _beside_published(
    release: Release, population: Population, shares: Mapping[str, Answer]
) -> tuple[Block, ...]:
    """Draw both shares at 12 months, and the published ones that count something else."""
    if not shares:
        return ()
    ours, others = style.first("In this release"), style.published(f"{PUBLISHED}, no drinking")
    theirs = _published(release)
    rows = tuple(
        Row(
            words.LABELS[group],
            (
                _dot(answer, ours),
                *(
                    Dot(others, p.value, None, None, published_percent(p.value or 0.0))
                    for p in theirs.get(group, [])
                ),
            ),
        )
        for group, answer in shares.items()
    )
    published = [p for found in theirs.values() for p in found]
    identifier = f"helping-shares-{population.population}".replace("_", "-")
    answers = list(shares.values())
    table = [
        (words.LABELS[group], with_interval(answer, percent), people_text(answer))
        for group, answer in shares.items()
    ]
    table += [
        (f"{words.LABELS[g]} ({p.study}; no drinking)", published_percent(p.value or 0.0), NOTHING)
        for g, found in theirs.items()
        for p in found
    ]
    return (
        Figure(
            identifier=identifier,
            headline=words.headline(dict(shares)),
            subtitle=_subtitle(
                release, population, shares,
                "People without any use in the 12 months after their first interview after treatment",
            ),
            chart=DotChart(rows, axes.Axis("People of every 100 without use", 0.0, 1.0, _TICKS)),
            alternative=(
                "So many of every 100 people had no use for 12 months (with the range):",
                *(words.brief(words.LABELS[group], answer) for group, answer in shares.items()),
                *(
                    words.brief_published(f"{words.LABELS[g]}, {PUBLISHED.lower()} (no drinking)", p)
                    for g, found in theirs.items()
                    for p in found
                ),
            ),
            caption=(
                "Circles: people in this release, with the range."
                + (
                    f" Squares: figures of another study, without a range. {words.OTHER_MEASURE}"
                    if published
                    else ""
                )
                + f" {words.NOT_WHAT_HELPING_DOES}"
            ),
            table=Table(
                "Share without use for 12 months, by whether people help others",
                (Column("Who"), Column("Share", True), Column("People", True)),
                tuple(table),
                population.data,
            ),
            download=answers_download(f"{identifier}.csv", answers, release, published),
            data=population.data,
        ),
    )  # fmt: skip


def _published(release: Release) -> dict[str, list[Published]]:
    rows = [p for p in release.published_for(ANALYSIS) if p.value is not None and p.scale == "probability"]
    found = {group: [p for p in rows if p.term == term] for group, term in words.SHARES.items()}
    return {group: rows for group, rows in found.items() if rows}


def _subtitle(release: Release, population: Population, shares: Mapping[str, Answer], what: str) -> str:
    sizes = [
        f"{people(a.n_people)} who {words.LABELS[g].lower()}"
        for g, a in shares.items()
        if a.n_people is not None
    ]
    said = "; ".join(text for text in (", ".join(sizes), population.label) if text)
    return f"{what}; {said}; {closing.period(release, population)}"


def _curves(release: Release, population: Population, apart: Answer | None) -> tuple[Block, ...]:
    """Draw the share still without use by day, each group with the people still at risk in its table."""
    points = release.curve(ANALYSIS, population.population)
    drawn = {
        group: mine
        for group in words.LABELS
        if (mine := [p for p in points if p.curve == group and p.x_unit == "days"])
    }
    if not any(p.estimate is not None for mine in drawn.values() for p in mine):
        return ()
    curves = tuple(
        Curve(look(words.LABELS[group]), marks_of(mine))
        for (group, mine), look in zip(drawn.items(), style.SERIES, strict=False)
    )
    ticks = tuple((float(day), str(day)) for day in DAYS)
    identifier = f"helping-curves-{population.population}".replace("_", "-")
    who = people(apart.n_people) if apart is not None else ""
    return (
        Figure(
            identifier=identifier,
            headline=words.headline_curves(apart),
            subtitle=(
                "Share of people still without any use, by days since their first interview after treatment; "
                f"{'; '.join(t for t in (who, population.label) if t)}; {closing.period(release, population)}"
            ),
            chart=CurveChart(
                curves,
                axes.Axis("Days since that interview", 0.0, YEAR, ticks),
                axes.shares(
                    "", (v for mine in drawn.values() for p in mine for v in (p.estimate, p.ci_high))
                ),
            ),
            alternative=tuple(_spoken(drawn)) or ("No point of these curves may be shown.",),
            caption=(
                "Each dot is an estimated share of one group, the bar through it its range; between dots "
                "nothing is estimated. Dots that would show very few people are left out, so a row of dots "
                f"may stop before the records do. {words.LANDMARK}"
            ),
            table=_at_risk(population, drawn),
            download=curve_download(f"{identifier}.csv", points, release),
            data=population.data,
        ),
    )


def _spoken(drawn: Mapping[str, list[Point]]) -> list[str]:
    """Say the points of each group that change the picture: one for each new share."""
    said = []
    for group, mine in drawn.items():
        before = None
        for p in mine:
            if p.estimate is not None and p.estimate != before:
                said.append(words.by_day(group, p.x, p.estimate, p.ci_low, p.ci_high))
                before = p.estimate
    return said


def _at_risk(population: Population, drawn: Mapping[str, list[Point]]) -> Table:
    return Table(
        "Share still without use, and people still followed without use; – where that number is not shown",
        (
            Column("Group and day"), Column("Without use", True), Column("Range", True),
            Column("Still followed", True),
        ),
        tuple(
            (
                f"{words.LABELS[group]}, day {decimal(p.x, 0)}",
                NOT_SHOWN if p.estimate is None else percent(p.estimate),
                interval(p.ci_low, p.ci_high, percent),
                count(p.n_at_risk),
            )
            for group, mine in drawn.items()
            for p in mine
        ),
        population.data,
    )  # fmt: skip


def _ratios(release: Release, population: Population, ratios: Sequence[Answer]) -> Table:
    """Set the ratios and the days between the groups as a table."""
    labels = {
        words.ADJUSTED: f"First use, times as common among those who help, people alike in {ALIKE}",
        words.RATIO: "The same among people as they are",
        words.DAYS: "Days without use in the year, those who help less the others",
    }
    theirs = {p.term: p for p in release.published_for(ANALYSIS) if p.value is not None}
    beside = any(a.term in theirs for a in ratios)
    table = answers_table(
        ratios,
        caption="How far the two groups lie apart"
        + (f". {PUBLISHED}: of no drinking, another measure" if beside else ""),
        heading="Number",
        label=lambda a: labels[a.term],
        data=population.data,
    )
    columns, rows = table.columns, table.rows
    if beside:
        columns = (*columns, Column(PUBLISHED, True))
        found = [published_figure(theirs[a.term]) if a.term in theirs else NOTHING for a in ratios]
        rows = tuple((*row, cell) for row, cell in zip(rows, found, strict=True))
    name = f"helping-apart-{population.population}.csv"
    told = [theirs[a.term] for a in ratios if a.term in theirs]
    return Table(
        table.caption, columns, rows, table.data, download=answers_download(name, ratios, release, told)
    )


def _otherwise(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    labels = {words.ADJUSTED: f"Among people alike in {ALIKE}", words.RATIO: "People as they are"}
    blocks = other_ways(
        release, population, [found[term] for term in labels if term in found],
        ways=words.WAYS, labels=labels, write=times, none=1.0,
        caption="First use among those who help, times as common as among the others",
        name="helping-in-other-ways",
    )  # fmt: skip
    wrong = release.fact(ANALYSIS, f"sensitivity_{words.RATIO}_{words.MISTAKE}", population.population)
    return (*blocks, *(Paragraph(said) for said in [words.mistake(wrong)] if said))


_TICKS = tuple((v / 100, str(v)) for v in (0, 20, 40, 60, 80, 100))


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, percent(answer.estimate))
