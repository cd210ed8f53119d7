"""M1: whether help between the people of a house is mutual, against chance; never a map of who helps whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
from reports.words import mutual_help as words
from reports.words.phrases import NOT_SHOWN, held_back, people

ANALYSIS = "M1"
FILE = "mutual-help.html"
NAME = "Mutual help"
TITLE = "Do people of a house help each other, or do some give and others receive?"
DIARY = "diary"

Found = Mapping[str, Answer]
Facts = Mapping[str, Fact]


def page(release: Release) -> Page | None:
    """Compose the page; None where the release has no answer to this question."""
    return question_page(
        release,
        ANALYSIS,
        file=FILE,
        name=NAME,
        title=TITLE,
        eyebrow="Help that goes both ways",
        answer=_answer,
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population: pairs beside chance."""
    given = []
    for population in release.populations_of(ANALYSIS):
        wave = _wave(release, population)
        found, facts = _found(release, population, wave), _facts(release, population, wave)
        if words.RECIPROCITY not in found:
            continue
        said = words.finding(found[words.RECIPROCITY], facts.get(words.CHANCE), found.get(words.BOTH))
        given.append(finding(release, population, said, _heard(facts), Link(NAME, FILE)))
    return given


def _wave(release: Release, population: Population) -> str:
    """Return the latest wave with a number; the latest asked where none has one."""
    answers = release.answers_of(ANALYSIS, population=population.population, term=words.RECIPROCITY)
    given = {a.outcome for a in answers if a.standing == "given"}
    asked = {a.outcome for a in answers}
    return next((w for w in words.WAVES if w in given), next((w for w in words.WAVES if w in asked), ""))


def _found(release: Release, population: Population, wave: str) -> Found:
    answers = release.answers_of(ANALYSIS, population=population.population, outcome=wave)
    return {a.term: a for a in answers}


def _facts(release: Release, population: Population, wave: str) -> Facts:
    facts = release.facts_of(ANALYSIS, population=population.population)
    return {f.diagnostic: f for f in facts if f.outcome == wave}


def _heard(facts: Facts) -> str:
    names = ("people_due", "gate_follow_up")
    return words.heard(*(facts.get(name) for name in names))


def _kinds(found: Found, term: str) -> dict[str, Answer]:
    return {kind: found[f"{term}{kind}"] for kind in words.KINDS if f"{term}{kind}" in found}


def _answer(release: Release, population: Population) -> Section:
    wave = _wave(release, population)
    found, facts = _found(release, population, wave), _facts(release, population, wave)
    pairs, above, both = (found.get(t) for t in (words.RECIPROCITY, words.BEYOND, words.BOTH))
    apart, apart_above = (found.get(f"{t}_social_minus_clinical") for t in (words.RECIPROCITY, words.BEYOND))
    blocks: list[Block] = [closing.origin(release, population), Paragraph(f"{words.ASKED} {words.PAIRS}")]
    if pairs is not None:
        blocks.append(Paragraph(words.both_ways(pairs, facts.get(words.CHANCE), above), "lead"))
    if above is not None:
        told = words.beyond(above, pairs, facts.get(words.CHANCE))
        blocks.append(Paragraph(f"{told} {words.BY_CHANCE}"))
    if both is not None:
        blocks.append(Paragraph(words.give_and_receive(both)))
    if apart is not None:
        blocks.append(Paragraph(words.difference(apart, apart_above)))
    blocks += [Paragraph(words.NO_MAP), *basis(None, _heard(facts))]
    blocks += _pairs_figure(release, population, (wave, found, facts))
    blocks += _people_figure(release, population, (wave, found, facts))
    blocks += _index(release, population, found, facts)
    blocks += _other_waves(release, population, wave)
    blocks += _diary(release, population)
    labels = {words.BEYOND: "Pairs beyond chance"}
    blocks += other_ways(
        release, population, [a for a in [above] if a is not None], ways=words.WAYS, labels=labels,
        write=_points, none=0.0, known_off=words.KNOWN_OFF, name="mutual-help-in-other-ways",
        caption="Pairs of 100 that help each other, beyond chance",
    )  # fmt: skip
    return Section(population.label, tuple(blocks))


def _subtitle(release: Release, population: Population, what: str, wave: str, answer: Answer | None) -> str:
    who = people(answer.n_people) if answer is not None else ""
    said = "; ".join(text for text in (who, population.label) if text)
    return f"{what}, {words.WAVES.get(wave, '')} after entry; {said}; {closing.period(release, population)}"


def _pairs_figure(
    release: Release, population: Population, told: tuple[str, Found, Facts]
) -> tuple[Block, ...]:
    """Draw the share of pairs that help each other, with chance beside it, by kind of program."""
    wave, found, facts = told
    shown = _kinds(found, words.RECIPROCITY)
    if not shown:
        return ()
    seen, by_chance = style.first("As people told"), style.published("By chance")
    chances = {kind: facts[name] for kind in shown if (name := f"{words.CHANCE}{kind}") in facts}
    rows = tuple(
        Row(words.KINDS[kind], (_dot(answer, seen), *_chance_dot(chances.get(kind), by_chance)))
        for kind, answer in shown.items()
    )
    identifier = f"mutual-help-pairs-{population.population}".replace("_", "-")
    overall = shown.get("")
    return (
        Figure(
            identifier=identifier,
            headline=words.headline(overall, found.get(words.BEYOND)),
            subtitle=_subtitle(
                release, population, "Pairs that help each other, of all pairs with help", wave, overall
            ),
            chart=DotChart(rows, axes.Axis("Pairs of every 100", 0.0, 1.0, _TICKS)),
            alternative=tuple(
                words.brief_pairs(words.KINDS[kind], answer, chances.get(kind))
                for kind, answer in shown.items()
            ),
            caption=f"Circles: as people told, with the range. Squares: by chance. {words.BY_CHANCE}",
            table=Table(
                "Pairs that help each other, and what chance would give",
                (
                    Column("Programs"), Column("Pairs", True), Column("By chance", True),
                    Column("People with help", True),
                ),
                tuple(
                    (
                        words.KINDS[kind], with_interval(answer, percent), _share(chances.get(kind)),
                        people_text(answer),
                    )
                    for kind, answer in shown.items()
                ),
                population.data,
            ),
            download=answers_download(
                f"{identifier}.csv", shown.values(), release, facts=chances.values()
            ),
            data=population.data,
        ),
    )  # fmt: skip


def _people_figure(
    release: Release, population: Population, told: tuple[str, Found, Facts]
) -> tuple[Block, ...]:
    """Draw the share of people who both give and receive, by kind of program."""
    wave, found, _ = told
    shown = _kinds(found, words.BOTH)
    if not shown:
        return ()
    seen = style.first("Give and receive")
    identifier = f"mutual-help-people-{population.population}".replace("_", "-")
    overall = shown.get("")
    return (
        Figure(
            identifier=identifier,
            headline=words.headline_people(overall),
            subtitle=_subtitle(
                release, population, "People who both give and receive help, of all with any", wave, overall
            ),
            chart=DotChart(
                tuple(Row(words.KINDS[kind], (_dot(a, seen),)) for kind, a in shown.items()),
                axes.Axis("People of every 100", 0.0, 1.0, _TICKS),
            ),
            alternative=tuple(words.brief_people(words.KINDS[kind], a) for kind, a in shown.items()),
            caption="Circles are shares of people, with the range. No house is shown by itself.",
            table=Table(
                "People who both give and receive help",
                (Column("Programs"), Column("Share", True), Column("People with help", True)),
                tuple(
                    (words.KINDS[kind], with_interval(a, percent), people_text(a))
                    for kind, a in shown.items()
                ),
                population.data,
            ),
            download=answers_download(f"{identifier}.csv", shown.values(), release),
            data=population.data,
        ),
    )


def _index(release: Release, population: Population, found: Found, facts: Facts) -> list[Block]:
    """Set the index with its three parts, a kind of program a row; then what goes with it over programs."""
    shown = _kinds(found, words.INDEX)
    links = {term: found[term] for term in words.LINKS if term in found}
    blocks: list[Block] = []
    if shown or links:
        blocks.append(Subheading("In service: three parts in one figure"))
    if shown:
        rows = tuple(
            (
                words.KINDS[kind],
                with_interval(answer, _index_points),
                *(_part(facts.get(f"{part}{kind}")) for part in words.PARTS),
                people_text(answer),
            )
            for kind, answer in shown.items()
        )
        answers = [*shown.values(), *_kinds(found, words.SPREAD).values(), *links.values()]
        parts = [facts[f"{p}{kind}"] for kind in shown for p in words.PARTS if f"{p}{kind}" in facts]
        blocks += [
            Paragraph(words.WEIGHTS),
            Table(
                "The in-service index and its parts, each from 0 to 100",
                (
                    Column("Programs"), Column("Index", True),
                    *(Column(name, True) for name in words.PARTS.values()), Column("People with help", True),
                ),
                rows,
                population.data,
                download=answers_download(
                    f"mutual-help-index-{population.population}.csv", answers, release, facts=parts
                ),
            ),
        ]  # fmt: skip
    asked = sum(a.term in words.LINKS for a in release.answers_of(ANALYSIS, population=population.population))
    return [
        *blocks,
        *(
            Paragraph(words.link(a, words.LINKS[term], asked, facts.get(f"holm_p_{term}")))
            for term, a in links.items()
        ),
    ]


def _other_waves(release: Release, population: Population, told: str) -> list[Block]:
    """Set the same numbers at the interviews that are not told above, one table each."""
    blocks: list[Block] = []
    for wave, when in words.WAVES.items():
        found, facts = _found(release, population, wave), _facts(release, population, wave)
        pairs = _kinds(found, words.RECIPROCITY)
        if wave == told or not pairs:
            continue
        name = f"mutual-help-{wave}-{population.population}.csv".replace("_", "-")
        terms = {words.BEYOND: _points, words.BOTH: percent, words.INDEX: _index_points}
        rows = tuple(
            (
                label,
                with_interval(pairs[kind], percent),
                _share(facts.get(f"{words.CHANCE}{kind}")),
                *(_after_first(found.get(f"{term}{kind}"), write) for term, write in terms.items()),
                people_text(pairs[kind]),
            )
            for kind, label in words.KINDS.items()
            if kind in pairs
        )
        blocks += [
            Subheading(f"The same {when} after entry"),
            *basis(None, _heard(facts)),
            Paragraph(words.OTHER_PEOPLE),
            Table(
                f"Mutual help {when} after entry",
                (
                    Column("Programs"), Column("Pairs that help each other", True), Column("By chance", True),
                    Column("Beyond chance, of 100", True), Column("People who give and receive", True),
                    Column("Index", True), Column("People with help", True),
                ),
                rows,
                population.data,
                download=answers_download(name, found.values(), release),
            ),
        ]  # fmt: skip
    return blocks


def _after_first(answer: Answer | None, write: Callable[[float], str]) -> str:
    """Write an answer whose row gives in its first cell why it is held back."""
    if answer is None:
        return NOTHING
    return short_value(answer) if held_back(answer) else with_interval(answer, write)


def _diary(release: Release, population: Population) -> list[Block]:
    """Set the evenings of the diary as a second look at giving and receiving."""
    found = _found(release, population, DIARY)
    rows = tuple(
        (label, with_interval(words.as_balance(a), words.DIARY_WRITERS[term]), people_text(a))
        for term, label in words.DIARY.items()
        if (a := found.get(term)) is not None
    )
    if not rows:
        return []
    return [
        Subheading("A second look: the evening diary"),
        Paragraph(words.SPREAD_SAID),
        Table(
            "Help given and received of an evening, as people told of themselves",
            (Column("What"), Column("Estimate", True), Column("People", True)),
            rows,
            population.data,
            download=answers_download(
                f"mutual-help-diary-{population.population}.csv", found.values(), release
            ),
        ),
    ]


_TICKS = tuple((v / 100, str(v)) for v in (0, 20, 40, 60, 80, 100))


def _dot(answer: Answer, series: style.Series) -> Dot:
    if answer.estimate is None:
        return Dot(series, None, None, None, f"{series.name}: {short_value(answer)}")
    return Dot(series, answer.estimate, answer.ci_low, answer.ci_high, percent(answer.estimate))


def _chance_dot(fact: Fact | None, series: style.Series) -> Sequence[Dot]:
    if fact is None or fact.value is None:
        return ()
    return (Dot(series, fact.value, None, None, percent(fact.value)),)


def _share(fact: Fact | None) -> str:
    if fact is None or fact.value is None:
        return NOT_SHOWN if fact is not None and fact.suppressed else NOTHING
    return percent(fact.value)


def _part(fact: Fact | None) -> str:
    if fact is None or fact.value is None:
        return NOT_SHOWN if fact is not None and fact.suppressed else NOTHING
    return decimal(fact.value, 0)


def _points(difference: float) -> str:
    return decimal(100 * difference, 0, signed=True)


def _index_points(value: float) -> str:
    return decimal(value, 0)


def _two(value: float) -> str:
    return decimal(value, 2)
