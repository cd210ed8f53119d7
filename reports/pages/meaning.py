"""W1: recovery identity and the meaning of a day."""

from __future__ import annotations

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import decimal, writer
from reports.page import Block, Figure, Finding, Link, Page, Paragraph, Section
from reports.pages import closing
from reports.pages.answers import answers_download, answers_table, short_value
from reports.pages.finding import basis, finding
from reports.release import Answer, Fact, Population, Published, Release
from reports.words import meaning as words
from reports.words.phrases import people

ANALYSIS = "W1"
FILE = "meaning.html"
NAME = "Meaning of the day"
WITHIN, BETWEEN = "recovery_identity_within", "recovery_identity_between"
LABELS = {WITHIN: "The same person, one day against another", BETWEEN: "One person against another"}


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    populations = release.populations_of(ANALYSIS)
    if not populations:
        return None
    about = release.analyses[ANALYSIS]
    return Page(
        file=FILE,
        name=NAME,
        title=about.question,
        eyebrow="Daily life in recovery",
        data=closing.data_kind(release, ANALYSIS),
        sections=(
            *(_answer(release, population) for population in populations),
            *(s for s in [closing.other_studies(release, ANALYSIS, write=_published_value)] if s),
            closing.not_said(release, ANALYSIS),
            closing.how_made(release, ANALYSIS),
        ),
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population."""
    return [
        finding(population, words.within(answer), _facts(release, population), Link(NAME, FILE))
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=WITHIN)
    ]


def _facts(release: Release, population: Population) -> tuple[Fact, ...]:
    return release.facts_of(ANALYSIS, population=population.population)


def _answer(release: Release, population: Population) -> Section:
    answers = [
        a
        for term in LABELS
        for a in release.answers_of(ANALYSIS, population=population.population, term=term)
    ]
    sentences = [(words.within if a.term == WITHIN else words.between_people)(a) for a in answers]
    lead: list[Block] = [Paragraph(said, "lead" if i == 0 else "plain") for i, said in enumerate(sentences)]
    lead += basis(next((a for a in answers if a.term == WITHIN), None), _facts(release, population))
    origin = closing.origin(release, population)
    return Section(
        population.label, (origin, *lead, _figure(release, population, answers, " ".join(sentences)))
    )


def _figure(release: Release, population: Population, answers: list[Answer], said: str) -> Figure:
    ours, theirs = style.first("This report"), style.published("Published by others")
    rows = []
    for answer in answers:
        dots = [_dot(answer, ours)]
        for p in release.published_for(ANALYSIS):
            if p.term == answer.term and p.value is not None and p.scale == answer.scale:
                value = words.STEP * p.value
                dots.append(Dot(theirs, value, None, None, f"{decimal(value, 1)}"))
        rows.append(Row(LABELS[answer.term], tuple(dots)))
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    axis = axes.plain(f"Points of meaningfulness for each {words.STEP} points of identity", drawn)
    main = next((a for a in answers if a.term == WITHIN), None)
    identifier = f"meaning-{population.population}".replace("_", "-")
    asked = people(main.n_people if main else None)
    return Figure(
        identifier=identifier,
        headline=words.headline(main),
        subtitle=(
            f"Difference in a day's meaningfulness (0 to 100) for each {words.STEP} points of recovery "
            f"identity (0 to 100); {', '.join(t for t in (asked, population.label) if t)}; "
            f"{closing.period(release, population)}"
        ),
        chart=DotChart(tuple(rows), axis, reference=0.0),
        alternative=said,
        caption=(
            "Each dot is an estimate, its line the range that fits the answers. Zero would mean no link. "
            "Squares are figures that others published, without their range."
        ),
        table=answers_table(
            answers,
            caption=f"Points of meaningfulness for each {words.STEP} points of identity",
            heading="Compared",
            label=lambda a: LABELS[a.term],
            data=population.data,
            write=_per_step,
        ),
        download=answers_download(f"{identifier}.csv", answers, release),
        data=population.data,
    )


def _published_value(p: Published) -> str:
    if p.scale == "points per point":
        return f"{_per_step(p.value or 0.0)} points for each {words.STEP}"
    return writer(p.scale, p.term)(p.value or 0.0)


def _per_step(slope: float) -> str:
    return f"{decimal(words.STEP * slope, 1)}"


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    low, high = (None if v is None else words.STEP * v for v in (answer.ci_low, answer.ci_high))
    return Dot(series, words.STEP * answer.estimate, low, high, _per_step(answer.estimate))
