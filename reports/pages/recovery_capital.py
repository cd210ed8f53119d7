"""R1: recovery capital and quality of life since entry, by domain, and how well the scales measure."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures import axes, style
from reports.figures.chart import Dot, DotChart, Row
from reports.numbers import NOTHING, decimal, percent
from reports.page import Block, Column, Figure, Finding, Link, Page, Paragraph, Section, Subheading, Table
from reports.pages import closing
from reports.pages.answers import answers_download, people_text, short_value, with_interval
from reports.pages.finding import basis, finding
from reports.pages.other_ways import other_ways
from reports.pages.question import question_page
from reports.release import Answer, Fact, Population, Release
from reports.words import recovery_capital as words
from reports.words.phrases import NOT_SHOWN, people
from reports.words.published import figure as published_figure

ANALYSIS = "R1"
FILE = "recovery-capital.html"
NAME = "Recovery capital"
TITLE = "Do people have more to build on, and a better life, a year after entry?"
MAIN = "barc10"
CUT = {"baseline": "At entry", "month_6": "After 6 months", "month_12": "After 12 months"}
WHEN = {"month_6": "After 6 months", "month_12": "After 12 months"}

Found = Mapping[tuple[str, str], Answer]


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        title=TITLE,
        eyebrow="What helps people stay in recovery",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: the share at the cut, then and now."""
    given = []
    for population in release.populations_of(ANALYSIS):
        found = _found(release, population)
        entry, later = (found.get((MAIN, f"at_least_47_{wave}")) for wave in ("baseline", words.LATER))
        if entry is None and later is None:
            continue
        said = words.finding((entry, later), found.get((MAIN, f"change_{words.LATER}")), _both(found, MAIN))
        given.append(finding(release, population, said, _heard(release, population, MAIN), Link(NAME, FILE)))
    return given


def _found(release: Release, population: Population) -> Found:
    return {(a.outcome, a.term): a for a in release.answers_of(ANALYSIS, population=population.population)}


def _scales(found: Found) -> list[str]:
    """Return the scales that are answered, those with words of their own first."""
    asked = dict.fromkeys(outcome for outcome, _ in found)
    return [name for name in dict.fromkeys([*words.SCALES, *asked]) if name in asked]


def _heard(release: Release, population: Population, outcome: str) -> str:
    facts = {
        f.diagnostic: f
        for f in release.facts_of(ANALYSIS, population=population.population)
        if f.outcome == outcome
    }
    return words.heard(facts.get(f"due_{words.LATER}"), facts.get(f"scored_{words.LATER}"))


def _answer(release: Release, population: Population) -> Section:
    found = _found(release, population)
    entry, later = (found.get((MAIN, f"at_least_47_{wave}")) for wave in ("baseline", words.LATER))
    change = found.get((MAIN, f"change_{words.LATER}"))
    blocks: list[Block] = [closing.origin(release, population)]
    if entry is not None or later is not None:
        blocks += [Paragraph(words.lead(entry, later), "lead"), Paragraph(words.CUT_MEANS)]
    if change is not None:
        blocks.append(Paragraph(words.change(change)))
    said = words.reliable(*_both(found, MAIN))
    if said:
        blocks += [Paragraph(said), Paragraph(words.ERROR)]
    blocks.append(Paragraph(words.NOBODY_COMPARED))
    blocks += basis(None, _heard(release, population, MAIN))
    blocks += _then_and_now(release, population, found)
    blocks.append(_by_domain(release, population, found))
    blocks += _domains(release, population, found)
    blocks.append(_reliable(release, population, found))
    blocks += _otherwise(release, population, found)
    blocks += _measurement(release, population, found)
    return Section(population.label, tuple(blocks))


def _both(found: Found, outcome: str) -> tuple[Answer | None, Answer | None]:
    """Return who rose and who fell, of one scale at the later wave."""
    better, worse = (found.get((outcome, f"reliably_{way}_{words.LATER}")) for way in ("better", "worse"))
    return better, worse


def _subtitle(release: Release, population: Population, answer: Answer | None, what: str) -> str:
    who = people(answer.n_people) if answer is not None else ""
    due = f"{who} due after 12 months" if who else ""
    said = "; ".join(text for text in (due, population.label) if text)
    return f"{what}; {said}; {closing.period(release, population)}"


def _then_and_now(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Draw the share at or above the cut at entry, after 6 and after 12 months."""
    shown = {w: a for w in CUT if (a := found.get((MAIN, f"at_least_47_{w}"))) is not None}
    if not shown:
        return ()
    looks = {"baseline": style.second, "month_6": style.midway, "month_12": style.first}
    rows = (
        Row(
            f"BARC-10 score of {words.CUT} or more",
            tuple(_dot(a, looks[wave](CUT[wave]), percent) for wave, a in shown.items()),
        ),
    )
    identifier = f"recovery-capital-then-and-now-{population.population}".replace("_", "-")
    answers = list(shown.values())
    return (
        Figure(
            identifier=identifier,
            headline=words.headline_cut(shown.get("baseline"), shown.get(words.LATER)),
            subtitle=_subtitle(
                release, population, shown.get(words.LATER),
                f"People of every 100 with a BARC-10 score of {words.CUT} or more",
            ),
            chart=DotChart(rows, axes.Axis("People of every 100", 0.0, 1.0, _TICKS)),
            alternative=(
                f"So many of every 100 people had a score of {words.CUT} or more (with the range):",
                *(words.cut_brief(a, CUT[wave]) for wave, a in shown.items()),
            ),
            caption=(
                "Open diamond: at entry. Open circle: after 6 months. Filled circle: after 12 months. The "
                "bars are the ranges. At each time all who were due and alive count. These are not the same "
                "people: those who came in last are not due later yet."
            ),
            table=Table(
                f"Share with a score of {words.CUT} or more, then and now",
                (Column("When"), Column("Share", True), Column("People", True)),
                tuple((CUT[wave], with_interval(a, percent), people_text(a)) for wave, a in shown.items()),
                population.data,
            ),
            download=answers_download(f"{identifier}.csv", answers, release),
            data=population.data,
        ),
    )  # fmt: skip


def _by_domain(release: Release, population: Population, found: Found) -> Table:
    """Set every scale as a row: its range, its change at both waves, who rose and fell, and people."""
    rows = []
    for outcome in _scales(found):
        write = words.points_of(outcome)
        changes = [found.get((outcome, f"change_{wave}")) for wave in words.WAVES]
        better, worse = _both(found, outcome)
        known = next((a for a in (changes[-1], better, worse) if a is not None), None)
        rows.append(
            (
                words.name_of(outcome),
                words.SCALES[outcome].possible if outcome in words.SCALES else NOTHING,
                *(NOTHING if a is None else with_interval(a, write) for a in changes),
                *(NOTHING if a is None else with_interval(a, percent) for a in (better, worse)),
                NOTHING if known is None else people_text(known),
            )
        )
    name = f"recovery-capital-by-domain-{population.population}.csv"
    return Table(
        "Recovery capital by domain. Points are those of the scale; rose and fell: by more than measurement "
        "error explains, after 12 months",
        (
            Column("Domain"), Column("Scale runs"), Column("Change after 6 months", True),
            Column("Change after 12 months", True), Column("Rose", True), Column("Fell", True),
            Column("People due", True),
        ),
        tuple(rows),
        population.data,
        download=answers_download(name, list(found.values()), release),
    )  # fmt: skip


def _domains(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Draw the mean change of the three domains, which share one scale."""
    asked = [d for d in words.DOMAINS if any((d, f"change_{wave}") in found for wave in words.WAVES)]
    if not asked:
        return ()
    looks = {"month_6": style.midway(WHEN["month_6"]), "month_12": style.first(WHEN["month_12"])}
    answers = [
        a for d in asked for wave in words.WAVES if (a := found.get((d, f"change_{wave}"))) is not None
    ]
    rows = tuple(
        Row(
            words.name_of(domain),
            tuple(
                _dot(a, looks[wave], words.points_of(domain))
                for wave in words.WAVES
                if (a := found.get((domain, f"change_{wave}"))) is not None
            ),
        )
        for domain in asked
    )
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.low, dot.high)]
    identifier = f"recovery-capital-domains-{population.population}".replace("_", "-")
    later = next((a for a in answers if a.term.endswith(words.LATER)), None)
    return (
        Figure(
            identifier=identifier,
            headline=words.headline_domains(answers),
            subtitle=_subtitle(release, population, later, "Mean change since entry, in points of 100"),
            chart=DotChart(rows, axes.plain("Points since entry", drawn), reference=0.0),
            alternative=tuple(words.change_brief(a) for a in answers),
            caption=(
                "Open circles: after 6 months. Filled circles: after 12 months. The bars are the ranges. "
                f"The line is no change. {words.NOBODY_COMPARED}"
            ),
            table=Table(
                "Mean change of the three domains since entry, in points of 100",
                (Column("Domain and time"), Column("Change", True), Column("People due", True)),
                tuple(
                    (
                        f"{words.name_of(a.outcome)}, {WHEN[a.term.removeprefix('change_')].lower()}",
                        with_interval(a, words.points_of(a.outcome)),
                        people_text(a),
                    )
                    for a in answers
                ),
                population.data,
            ),
            download=answers_download(f"{identifier}.csv", answers, release),
            data=population.data,
        ),
    )


def _reliable(release: Release, population: Population, found: Found) -> Figure:
    """Draw, for each scale, who rose and who fell by more than measurement error explains."""
    rose, fell = style.first("Rose"), style.second("Fell")
    both = {outcome: _both(found, outcome) for outcome in _scales(found)}
    rows = tuple(
        Row(
            words.name_of(outcome),
            tuple(
                _dot(a, look, percent) for a, look in zip(pair, (rose, fell), strict=True) if a is not None
            ),
        )
        for outcome, pair in both.items()
    )
    answers = [a for pair in both.values() for a in pair if a is not None]
    drawn = [v for row in rows for dot in row.dots for v in (dot.value, dot.high)]
    identifier = f"recovery-capital-rose-and-fell-{population.population}".replace("_", "-")
    return Figure(
        identifier=identifier,
        headline=words.headline_reliable([pair[0] for pair in both.values() if pair[0] is not None]),
        subtitle=_subtitle(
            release, population, next(iter(answers), None),
            "People whose score rose, or fell, in 12 months by more than measurement error explains",
        ),
        chart=DotChart(rows, axes.shares("People, in percent", drawn)),
        alternative=tuple(words.reliable_brief(outcome, *pair) for outcome, pair in both.items()),
        caption=f"Filled circles: rose. Open diamonds: fell. The bars are the ranges. {words.ERROR}",
        table=Table(
            "People who rose or fell by more than measurement error explains, after 12 months",
            (Column("Scale"), Column("Rose", True), Column("Fell", True), Column("People due", True)),
            tuple(
                (
                    words.name_of(outcome),
                    *(NOTHING if a is None else with_interval(a, percent) for a in pair),
                    next((people_text(a) for a in pair if a is not None), NOTHING),
                )
                for outcome, pair in both.items()
            ),
            population.data,
        ),
        download=answers_download(f"{identifier}.csv", answers, release),
        data=population.data,
    )  # fmt: skip


def _otherwise(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Set the BARC-10 answers beside the same numbers worked out otherwise: points, then shares."""
    change = f"change_{words.LATER}"
    shares = {f"reliably_better_{words.LATER}": "Rose", f"at_least_47_{words.LATER}": f"{words.CUT} or more"}
    name = words.name_of(MAIN)
    blocks = other_ways(
        release, population, [a for a in [found.get((MAIN, change))] if a is not None],
        ways=words.WAYS, labels={change: "Change after 12 months"}, write=words.points_of(MAIN), none=0.0,
        caption=f"{name}: points since entry", name="recovery-capital-change-in-other-ways",
    )  # fmt: skip
    more = other_ways(
        release, population, [a for term in shares if (a := found.get((MAIN, term))) is not None],
        ways=words.WAYS, labels=shares, write=percent, none=None,
        caption=f"{name}: shares after 12 months", name="recovery-capital-shares-in-other-ways",
    )  # fmt: skip
    return (*blocks, *(more[2:] if blocks else more))  # the heading and its reason stand once


def _measurement(release: Release, population: Population, found: Found) -> tuple[Block, ...]:
    """Set how well each scale measures at each interview, and whether it measures later as at entry."""
    facts: dict[tuple[str, str], Fact] = {
        (f.outcome, f.diagnostic): f for f in release.facts_of(ANALYSIS, population=population.population)
    }
    asked = [
        o for o in _scales(found) if any((o, f"{c}_{w}") in facts for c in ("alpha", "omega") for w in CUT)
    ]
    if not asked:
        return ()
    theirs = {p.outcome: p for p in release.published_for(ANALYSIS) if p.term == "alpha_baseline"}
    verdicts = {outcome: {w: _alike(facts, outcome, w) for w in words.WAVES} for outcome in asked}
    rows = tuple(
        (
            words.name_of(outcome),
            *(_reliability(facts.get((outcome, f"alpha_{w}"))) for w in CUT),
            published_figure(theirs[outcome]) if outcome in theirs else NOTHING,
            *(_reliability(facts.get((outcome, f"omega_{w}"))) for w in CUT),
            *verdicts[outcome].values(),
        )
        for outcome in asked
    )
    said = words.alike_said({words.name_of(o): verdicts[o][words.LATER] for o in asked})
    return (
        Subheading("How well the scales measure"),
        Paragraph(words.HANG_TOGETHER),
        *((Paragraph(said),) if said else ()),
        Table(
            "How well each scale measures: alpha and omega by interview, the published alpha, and whether "
            "the scale measures later as at entry",
            (
                Column("Scale"),
                *(Column(f"Alpha {when.lower()}", True) for when in CUT.values()),
                Column("Alpha, published by others", True),
                *(Column(f"Omega {when.lower()}", True) for when in CUT.values()),
                *(Column(f"Alike {when.lower()}") for when in WHEN.values()),
            ),
            rows,
            population.data,
        ),
    )


def _reliability(fact: Fact | None) -> str:
    if fact is None or fact.value is None:
        return NOTHING if fact is None or not fact.suppressed else NOT_SHOWN
    said = decimal(fact.value, 2)
    return f"{said} ({decimal(fact.limits[0], 2)} to {decimal(fact.limits[1], 2)})" if fact.limits else said


def _alike(facts: Mapping[tuple[str, str], Fact], outcome: str, wave: str) -> str:
    def test(what: str) -> tuple[float, float] | None:
        p, cfi = (facts.get((outcome, f"same_{what}_{part}_{wave}")) for part in ("p", "cfi_change"))
        if p is None or cfi is None or p.value is None or cfi.value is None:
            return None
        return p.value, cfi.value

    return words.alike(test("loadings"), test("intercepts"))


_TICKS = tuple((v / 100, str(v)) for v in (0, 20, 40, 60, 80, 100))


def _dot(answer: Answer, series: style.Series, write: words.Writer) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, f"{series.name}: {short_value(answer)}")
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, write(answer.estimate))
