"""J1: return to prison after release."""

from __future__ import annotations

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Dot, DotChart, Mark, Row
from reports.numbers import percent, writer
from reports.page import Block, Figure, Finding, Link, Page, Paragraph, Section
from reports.pages import closing
from reports.pages.answers import answers_download, answers_table, curve_download, short_value
from reports.pages.finding import basis, finding
from reports.release import Answer, Fact, Population, Published, Release
from reports.words import justice as words
from reports.words.phrases import DATA_KINDS, people

ANALYSIS = "J1"
FILE = "justice.html"
NAME = "Return to prison"
OUTCOME = "return_to_prison"
MAIN = "within_3_years"  # the horizon that Missouri and the Bureau of Justice Statistics publish


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    populations = release.populations_of(ANALYSIS)
    if not populations:
        return None
    about = release.analyses[ANALYSIS]
    studies = closing.other_studies(
        release,
        ANALYSIS,
        write=_published_value,
        order=_nearest_first,
        blocks=tuple(_comparison(release, populations)),
    )
    return Page(
        file=FILE,
        name=NAME,
        title=about.question,
        eyebrow="Justice",
        data=closing.data_kind(release, ANALYSIS),
        sections=(
            *(_answer(release, population) for population in populations),
            *((studies,) if studies else ()),
            closing.not_said(release, ANALYSIS),
            closing.how_made(release, ANALYSIS),
        ),
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population, at the main horizon."""
    return [
        finding(population, words.returned(answer), _facts(release, population), Link(NAME, FILE))
        for population in release.populations_of(ANALYSIS)
        for answer in release.answers_of(ANALYSIS, population=population.population, term=MAIN)
    ]


def _facts(release: Release, population: Population) -> tuple[Fact, ...]:
    return release.facts_of(ANALYSIS, population=population.population)


def _horizons(release: Release, population: Population) -> list[Answer]:
    answers = release.answers_of(ANALYSIS, population=population.population)
    return sorted(
        (a for a in answers if words.years(a.term) is not None), key=lambda a: words.years(a.term) or 0
    )


def _main(answers: list[Answer]) -> Answer | None:
    return next((a for a in answers if a.term == MAIN), None)


def _answer(release: Release, population: Population) -> Section:
    answers = _horizons(release, population)
    main = _main(answers)
    blocks: list[Block] = [closing.origin(release, population)]
    if main is not None:
        blocks.append(Paragraph(words.returned(main), "lead"))
        if rest := words.stays_honest(main):
            blocks.append(Paragraph(rest))
    blocks += basis(None, _facts(release, population))
    points = release.curve(ANALYSIS, population.population)
    if points:
        blocks.append(_figure(release, population, answers))
    return Section(population.label, tuple(blocks))


def _figure(release: Release, population: Population, answers: list[Answer]) -> Figure:
    points = release.curve(ANALYSIS, population.population)
    curve = Curve(
        style.first("Returned to prison"),
        tuple(Mark(p.x, p.estimate, p.ci_low, p.ci_high) for p in points),
    )
    last = max((p.x for p in points if p.estimate is not None), default=1.0)
    years = axes.Axis(
        "Years since release", 0.0, last, tuple((float(y), str(y)) for y in range(int(last) + 1))
    )
    identifier = f"return-to-prison-{population.population}".replace("_", "-")
    main = _main(answers)
    asked = people(main.n_people if main else None)
    return Figure(
        identifier=identifier,
        headline=words.headline(main),
        subtitle=(
            "Share of people who had returned to prison, by years since release; "
            f"{', '.join(t for t in (asked, population.label) if t)}; {closing.period(release, population)}"
        ),
        chart=CurveChart(
            (curve,), years, axes.shares("", (v for p in points for v in (p.estimate, p.ci_high)))
        ),
        alternative=words.horizons(answers) or "No horizon is answered in this release.",
        caption=(
            "The line is the estimated share, the shaded band its range. People whose follow-up ended "
            "earlier count as long as they were followed. Where few people are left the line stops, to "
            "protect privacy."
        ),
        table=answers_table(
            answers,
            caption="Returned to prison by years since release",
            heading="Since release",
            label=lambda a: words.within(a.term).capitalize(),
            data=population.data,
        ),
        download=curve_download(f"{identifier}.csv", points, release),
        data=population.data,
    )


def _comparison(release: Release, populations: tuple[Population, ...]) -> list[Figure]:
    """Set our populations beside published figures for the same outcome and horizon."""
    theirs = [
        p
        for p in release.published_for(ANALYSIS)
        if p.outcome == OUTCOME and p.term == MAIN and p.value is not None and p.scale == "probability"
    ]
    ours = [
        a
        for population in populations
        for a in release.answers_of(ANALYSIS, population=population.population, term=MAIN)
    ]
    if not theirs or not ours:
        return []
    own, other = style.first("In this release"), style.published("Published by others")
    rows = [Row(_our_label(release, a), (_dot(a, own),)) for a in ours]
    rows += [
        Row(_others_label(p), (Dot(other, p.value, None, None, percent(p.value or 0.0)),)) for p in theirs
    ]
    shares = [p.value or 0.0 for p in theirs]
    said = f"{words.side_by_side([(_our_label(release, a), a) for a in ours])} {words.published(shares)}"
    kind = closing.data_kind(release, ANALYSIS)
    return [
        Figure(
            identifier="return-to-prison-beside-others",
            headline=f"Return to prison {words.within(MAIN)}: here and elsewhere",
            subtitle=f"Share of people who had returned to prison {words.within(MAIN)} of release, by source",
            chart=DotChart(
                tuple(rows),
                axes.shares("", [v for row in rows for dot in row.dots for v in (dot.value, dot.high)]),
            ),
            alternative=said,
            caption=(
                "Circles are people in this release, with their range. Squares are published figures. The "
                "table below says what each of them counts and where it was read."
            ),
            table=answers_table(
                ours,
                caption=f"Returned to prison {words.within(MAIN)} of release, in this release",
                heading="Who",
                label=lambda a: _our_label(release, a),
                data=kind,
            ),
            download=answers_download("return-to-prison-beside-others.csv", ours, release),
            data=kind,
        )
    ]


def _nearest_first(p: Published) -> tuple[int | str, ...]:
    """Put figures of our own outcome first, by years since release."""
    return (int(p.outcome != OUTCOME), words.years(p.term) or 99, p.study)


def _our_label(release: Release, answer: Answer) -> str:
    population = release.populations[answer.population]
    kind = DATA_KINDS[population.data].lower()
    return population.label if "synthetic" in population.label.lower() else f"{population.label} ({kind})"


def _others_label(p: Published) -> str:
    return p.cohort or p.study


def _published_value(p: Published) -> str:
    return writer(p.scale, p.term)(0.0 if p.value is None else p.value)


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, short_value(answer).capitalize())
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, percent(answer.estimate))
