"""Q1: quality of life by time in recovery, for all and with and without a recovery center."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.figures import axes, style
from reports.figures.chart import Curve, CurveChart, Mark
from reports.numbers import NOTHING, decimal, interval
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Subheading, Table
from reports.pages import closing
from reports.pages.answers import answers_download, curve_download, people_text
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Fact, Point, Population, Release
from reports.words import quality_of_life as words
from reports.words.phrases import NOT_SHOWN, people
from reports.words.sensitivity import SENSITIVITY

ANALYSIS = "Q1"
FILE = "quality-of-life.html"
NAME = "Quality of life"
TITLE = "How does quality of life differ with time in recovery?"
MAIN = "crossing_years"
SPOKEN = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)  # years that are said in words
TABLED = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0)
MOST_TICKS = 8
SAME = 1e-6  # years

Found = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a figure is called, what it says, of whom, and the answer that names its people."""

    name: str
    headline: str
    what: str
    answer: Answer | None


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        title=TITLE,
        eyebrow="Life over the years of recovery",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: the year of meeting the mean."""
    given = []
    for population in release.populations_of(ANALYSIS):
        found = _found(release, population)
        if MAIN not in found:
            continue
        said = f"{_crossing(release, population, found[MAIN])} {words.BETWEEN_PEOPLE}"
        given.append(finding(release, population, said, _heard(release, population, found), Link(NAME, FILE)))
    return given


def _found(release: Release, population: Population) -> Found:
    return {a.term: a for a in release.answers_of(ANALYSIS, population=population.population)}


def _ends(release: Release, population: Population, group: str = "") -> float | None:
    fact = release.fact(ANALYSIS, f"curve_ends_years{group}", population.population)
    return None if fact is None else fact.value


def _crossing(release: Release, population: Population, main: Answer) -> str:
    """Say the year, and how far it lies apart worked out in other ways."""
    facts = {f.diagnostic: f.value for f in release.facts_of(ANALYSIS, population=population.population)}
    told = [facts.get(f"{SENSITIVITY}{MAIN}_{way}") for way in words.WAYS]
    apart = words.elsewhere(main, [value for value in told if value is not None])
    return " ".join(filter(None, [words.crossing(main, ends=_ends(release, population)), apart]))


def _norm(release: Release, population: Population) -> Fact | None:
    return release.fact(ANALYSIS, "general_population_mean", population.population)


def _heard(release: Release, population: Population, found: Found) -> str:
    dropped = release.fact(ANALYSIS, "people_dropped_answer_missing", population.population)
    return words.heard(found.get(MAIN), dropped)


def _answer(release: Release, population: Population) -> Section:
    found = _found(release, population)
    main = found.get(MAIN)
    blocks: list[Block] = [closing.origin(release, population)]
    if main is not None:
        blocks.append(Paragraph(_crossing(release, population, main), "lead"))
    blocks.append(Paragraph(words.BETWEEN_PEOPLE))
    depth, turning = found.get("dip_depth"), found.get("turning_point_years")
    if depth is not None:
        said = (words.dip(depth, turning), words.turning_range(turning))
        blocks.append(Paragraph(" ".join(text for text in said if text)))
    blocks += basis(None, _heard(release, population, found))
    everybody = Shown("quality-of-life", words.headline(main), words.LABELS[""], main)
    blocks += _figure(release, population, ("",), everybody)
    blocks += _centers(release, population, found)
    blocks += _landmarks(release, population, found)
    blocks += _otherwise(release, population, found)
    return Section(population.label, tuple(blocks))


def _centers(release: Release, population: Population, found: Found) -> list[Block]:
    """Tell the two groups apart: when each meets the mean, the difference, and both curves."""
    pair = {group: a for group in ("_with_center", "_without_center") if (a := found.get(f"{MAIN}{group}"))}
    if not pair:
        return []
    apart = found.get(words.DIFFERENCE)
    blocks: list[Block] = [Subheading("With and without a recovery center")]
    blocks += [
        Paragraph(words.crossing(a, group, _ends(release, population, group))) for group, a in pair.items()
    ]
    if apart is not None:
        blocks.append(Paragraph(words.difference(apart)))
    shown = Shown(
        "quality-of-life-by-center", words.headline_center(apart), "With and without a recovery center", apart
    )
    dips = (words.no_dip_in(group, found.get(f"dip_depth{group}")) for group in pair)
    blocks += [Paragraph(text) for text in dips if text]
    return [*blocks, *_figure(release, population, tuple(pair), shown)]


def _figure(
    release: Release, population: Population, groups: tuple[str, ...], about: Shown
) -> tuple[Block, ...]:
    """Draw the curves of some groups with their bands, and the mean to be reached as a level line."""
    points = release.curve(ANALYSIS, population.population)
    told = {group: [p for p in points if p.curve == words.CURVES[group]] for group in groups}
    drawn = {group: mine for group, mine in told.items() if any(p.estimate is not None for p in mine)}
    if not drawn:
        return ()
    level = _norm(release, population)
    curves = tuple(
        Curve(look(words.LABELS[group]), _marks(mine), smooth=True)
        for (group, mine), look in zip(drawn.items(), style.SERIES, strict=False)
    )
    every = [p for p in points if p.curve in words.CURVES.values()]  # one axis for all figures of the page
    known = [v for p in every for v in (p.estimate, p.ci_low, p.ci_high)]
    if level is not None:
        known.append(level.value)
    identifier = f"{about.name}-{population.population}".replace("_", "-")
    who = people(about.answer.n_people) if about.answer is not None else ""
    return (
        Figure(
            identifier=identifier,
            headline=about.headline,
            subtitle=(
                "Mean quality of life (EUROHIS-QOL, 1 to 5), by years since the problem was resolved; "
                f"{'; '.join(t for t in (about.what, who, population.label) if t)}; "
                f"{closing.period(release, population)}"
            ),
            chart=CurveChart(
                curves,
                _years(max(p.x for p in every)),
                axes.plain("", known, through=None),
                reference=_level(level),
                format=".2f",
            ),
            alternative=tuple(_alternative(drawn, level)),
            caption=(
                "The line is the mean of people so long in recovery, the band its range at each point. "
                + ("" if level is None else f"The dotted line is the mean of {words.NORM}. ")
                + "The scale runs from 1 to 5; the figure shows a part of it. "
                f"{words.BETWEEN_PEOPLE} {words.SURVIVORS}"
            ),
            table=_table(population, drawn, level, about.what),
            download=curve_download(f"{identifier}.csv", _all_of(points, groups), release),
            data=population.data,
        ),
    )  # fmt: skip


def _marks(points: Sequence[Point]) -> tuple[Mark, ...]:
    return tuple(Mark(p.x, p.estimate, p.ci_low, p.ci_high) for p in points)


def _level(norm: Fact | None) -> tuple[float, str] | None:
    return None if norm is None or norm.value is None else (norm.value, "Never had a problem")


def _all_of(points: Sequence[Point], groups: Sequence[str]) -> list[Point]:
    """Return the curves of some groups with their limits all at once and their local regression."""
    names = tuple(words.CURVES[group] for group in groups)
    ends = ("", "_simultaneous", "_local_regression")
    return [p for p in points if p.curve in {f"{name}{end}" for name in names for end in ends}]


def _years(last: float) -> axes.Axis:
    step = next((s for s in (1, 2, 5, 10) if last / s <= MOST_TICKS), 20)
    ticks = tuple((float(year), str(year)) for year in range(0, int(last) + 1, step))
    return axes.Axis("Years in recovery", 0.0, last, ticks)


def _at(points: Sequence[Point], years: Sequence[float]) -> list[Point]:
    return [p for year in years for p in points if abs(p.x - year) < SAME]


def _alternative(drawn: Mapping[str, list[Point]], level: Fact | None) -> list[str]:
    said = ["Mean quality of life, from 1 to 5 (with the range):"]
    for group, told in drawn.items():
        said += [
            words.at_year(words.LABELS[group].lower(), p.x, p.estimate, p.ci_low, p.ci_high)
            for p in _at(told, SPOKEN)
            if p.estimate is not None
        ]
    return [*said, *([words.norm(level)] if level is not None else [])]


def _table(population: Population, drawn: Mapping[str, list[Point]], level: Fact | None, what: str) -> Table:
    rows = [
        (
            f"{words.LABELS[group]}, {decimal(p.x, 1 if p.x % 1 else 0)}",
            NOT_SHOWN if p.estimate is None else words.points(p.estimate),
            interval(p.ci_low, p.ci_high, words.points),
        )
        for group, told in drawn.items()
        for p in _at(told, TABLED)
    ]
    if level is not None and level.value is not None:
        ends = level.limits
        span = interval(*ends, words.points) if ends else NOTHING
        rows.append((f"{words.NORM[:1].upper()}{words.NORM[1:]}", words.points(level.value), span))
    return Table(
        f"Mean quality of life by years in recovery. {what}. The file holds every point",
        (Column("Group and years"), Column("Mean", True), Column("Range", True)),
        tuple(rows),
        population.data,
    )


def _landmarks(release: Release, population: Population, found: Found) -> list[Block]:
    """Set the dip, the lowest point and the year of meeting the mean as a table, a group a row."""
    rows = [
        (
            label,
            *(words.cell(found.get(f"{stem}{group}")) for stem in words.STEMS),
            next((people_text(a) for stem in words.STEMS if (a := found.get(f"{stem}{group}"))), NOTHING),
        )
        for group, label in words.LABELS.items()
        if any(f"{stem}{group}" in found for stem in words.STEMS)
    ]
    if not rows:
        return []
    name = f"quality-of-life-dip-and-crossing-{population.population}.csv"
    units = {"dip_depth": "points", "turning_point_years": "years", "crossing_years": "years"}
    return [
        Table(
            f"The early dip, its lowest point, and when quality of life meets that of {words.NORM}",
            (
                Column("Group"),
                *(Column(f"{label}, {units[stem]}", True) for stem, label in words.STEMS.items()),
                Column("People", True),
            ),
            tuple(rows),
            population.data,
            download=answers_download(name, list(found.values()), release),
        )
    ]  # fmt: skip


def _otherwise(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    labels = {
        MAIN: "All", f"{MAIN}_with_center": "With a center", f"{MAIN}_without_center": "Without a center",
    }  # fmt: skip
    return other_ways(
        release,
        population,
        [found[term] for term in labels if term in found],
        ways=words.WAYS,
        labels=labels,
        write=words.years,
        none=None,
        caption=f"Years in recovery at which quality of life meets that of {words.NORM}",
        name="quality-of-life-in-other-ways",
    )
