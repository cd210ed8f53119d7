"""S1: how many of those who entered a program reach 12 months without use, and by when."""

from __future__ import annotations

from collections.abc import Sequence

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart
from reports.numbers import NOTHING, count, interval, percent
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Table
from reports.pages import closing
from reports.pages.answers import curve_download, value_text
from reports.pages.curve_points import marks_of
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Point, Population, Release
from reports.words import remission as words
from reports.words.phrases import people

ANALYSIS = "S1"
FILE = "remission.html"
NAME = "Sustained remission"
SAME = 1e-6  # years; a point stands at a horizon or it does not


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        eyebrow="A full year without use",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population, at the main horizon."""
    return [
        finding(release, population, words.reached(main), _heard(release, population, main), Link(NAME, FILE))
        for population in release.populations_of(ANALYSIS)
        if (main := _main(_horizons(release, population))) is not None
    ]


def _horizons(release: Release, population: Population) -> list[Answer]:
    known = {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}
    return [known[term] for term in words.HORIZONS if term in known]


def _main(answers: Sequence[Answer]) -> Answer | None:
    return next((a for a in answers if a.term == words.MAIN), None)


def _heard(release: Release, population: Population, answer: Answer | None) -> str:
    years, left_out = (
        release.fact(ANALYSIS, name, population.population) for name in ("follow_up", "people_without_record")
    )
    return words.heard(years, answer, left_out)


def _answer(release: Release, population: Population) -> Section:
    answers = _horizons(release, population)
    main = _main(answers)
    rest = [a for a in answers if a is not main]
    blocks: list[Block] = [closing.origin(release, population)]
    if main is not None:
        blocks.append(Paragraph(words.reached(main), "lead"))
    points = [p for p in release.curve(ANALYSIS, population.population) if p.x_unit == "years"]
    if rest:
        few = (_carried(a, points) for a in answers)
        blocks.append(Paragraph(" ".join([words.others(rest), *filter(None, few)])))
    unseen = words.died_unseen(
        *(
            release.fact(ANALYSIS, f"people_died_{when}", population.population)
            for when in ("before_next_contact", "long_after_contact")
        )
    )
    counted = release.fact(ANALYSIS, "gate_degrees_of_freedom", population.population)
    grouped = words.PROGRAMS if counted is not None and counted.value else ""
    told = (grouped, words.DEATH, unseen, words.LOST, words.LAST)
    blocks += [Paragraph(said) for said in told if said]
    blocks += basis(None, _heard(release, population, main))
    if any(p.estimate is not None for p in points):
        blocks.append(_figure(release, population, answers, points))
    elif answers:
        blocks.append(_table(population, answers, points))
    blocks += other_ways(
        release, population, answers, ways=words.WAYS, write=percent, none=None,
        labels={term: words.within(term).capitalize() for term in words.HORIZONS},
        caption="Share with a full year without use", name="remission-in-other-ways",
    )  # fmt: skip
    return Section(population.label, tuple(blocks))


def _carried(answer: Answer, points: Sequence[Point]) -> str:
    """Say how few carry a horizon, from the numbers still followed that the curve shows."""
    year = words.HORIZONS[answer.term]
    told = [(p.x, float(p.n_at_risk)) for p in points if p.n_at_risk is not None and p.x < year + SAME]
    at_year = next((n for x, n in told if abs(x - year) < SAME), None)
    return words.carried(answer, at_year, max(told, default=None))


def _figure(
    release: Release, population: Population, answers: Sequence[Answer], points: Sequence[Point]
) -> Figure:
    main = _main(answers)
    last = max(p.x for p in points)
    ticks = tuple((float(year), str(year)) for year in range(int(last) + 1))
    identifier = f"remission-{population.population}".replace("_", "-")
    who = people(main.n_people) if main is not None else ""
    return Figure(
        identifier=identifier,
        headline=words.headline(main),
        subtitle=(
            "Share of people who had 12 months without use complete, by years since they came in; "
            f"{'; '.join(t for t in (who, population.label) if t)}; {closing.period(release, population)}"
        ),
        chart=CurveChart(
            (Curve(style.first("A full year without use"), marks_of(points)),),
            axes.Axis("Years since people came in", 0.0, last, ticks),
            axes.shares("", (v for p in points for v in (p.estimate, p.ci_high))),
        ),
        alternative=tuple(words.brief(a) for a in answers) or ("No horizon is answered in this release.",),
        caption=(
            "Each dot is an estimated share, the bar through it its range; between dots nothing is "
            "estimated. Nobody can have a full year within the first year, so the dots start at none. Dots "
            f"that would show very few people are left out, to protect privacy. {words.DEATH}"
        ),
        table=_table(population, answers, points),
        download=curve_download(f"{identifier}.csv", points, release),
        data=population.data,
    )


def _table(population: Population, answers: Sequence[Answer], points: Sequence[Point]) -> Table:
    """Set the horizons as a table, each with the people still followed there without a full year."""
    rows = tuple(
        (
            words.within(a.term).capitalize(),
            value_text(a),
            interval(a.ci_low, a.ci_high, percent),
            _still(a, points),
        )
        for a in answers
    )
    first = next((a.n_people for a in answers if a.n_people is not None), None)
    whom = f", of {people(first)}" if first is not None else ""
    return Table(
        f"A full year without use by years since people came in{whom}. Still followed: without it so far; – "
        "where it is not shown",
        (
            Column("Since they came in"),
            Column("Share", True),
            Column("Range", True),
            Column("Still followed", True),
        ),
        rows,
        population.data,
    )


def _still(answer: Answer, points: Sequence[Point]) -> str:
    if answer.standing != "given":
        return NOTHING
    year = words.HORIZONS[answer.term]
    return count(next((p.n_at_risk for p in points if abs(p.x - year) < SAME), None))
