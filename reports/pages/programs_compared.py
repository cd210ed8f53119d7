"""C1, C2, C3: social and clinical programs, what their difference goes with, and more of the social model."""

from __future__ import annotations

from reports.page import Block, Finding, Link, Page, Paragraph, Section
from reports.pages import closing
from reports.pages.finding import finding
from reports.pages.programs_alike import followed, gaps, love_plot
from reports.pages.programs_beside import beside_others
from reports.pages.programs_closing import conditions, how_made
from reports.pages.programs_forest import forest, shares
from reports.pages.programs_otherwise import could_be_hidden, in_other_ways
from reports.pages.programs_scale import by_scale
from reports.pages.programs_through import through_what
from reports.pages.programs_wave import COMPARED, FIRST, PLAIN, SCALE, THROUGH, Wave, heading
from reports.release import Population, Release
from reports.words import programs_alike, programs_compared, programs_verdicts
from reports.words.programs_compared import WAVES

FILE = "programs.html"
NAME = "Social and clinical programs"
TITLE = "Do people fare as well after social-model programs as after clinical ones?"


def page(release: Release) -> Page | None:
    """Compose the page; None where the release does not compare the kinds of programs."""
    populations = release.populations_of(COMPARED)
    if not populations:
        return None
    told = tuple(one for one in (COMPARED, THROUGH, SCALE) if release.answers_of(one))
    several = len(populations) > 1
    return Page(
        file=FILE,
        name=NAME,
        title=TITLE,
        eyebrow="Programs",
        data=closing.data_kind(release, told),
        sections=(
            *(section for one in populations for section in _sections(release, one, several=several)),
            beside_others(release),
            closing.not_said(release, told),
            how_made(release, told, populations),
        ),
    )


def findings(release: Release) -> list[Finding]:
    """Give the finding for the front page, one for each population.

    It says what is claimed both ways, what is ruled out at best and at worst, and the outcome that is always
    told first: none is picked for how it came out.
    """
    said = []
    for population in release.populations_of(COMPARED):
        of = Wave(release, population, FIRST)
        if of.told:
            said.append(
                finding(
                    release,
                    population,
                    programs_verdicts.finding(of.told, of.wave, of.biases),
                    programs_alike.reached(of.values, of.wave),
                    Link(NAME, FILE),
                )
            )
    return said


def _first(of: Wave) -> str:
    """Say the first outcome in people: that of alcohol, which the study beside it asked about, too."""
    outcome, answer = of.told[0]
    said = programs_compared.compared(outcome, of.wave, answer, means=of.means(outcome), count=of.count)
    return f"{said} {programs_verdicts.judged(outcome, answer, of.margin(outcome))}".strip()


def _sections(release: Release, population: Population, *, several: bool) -> list[Section]:
    waves = [of for wave in WAVES if (of := Wave(release, population, wave)).told]
    first, later = waves[0], waves[1:]
    parts: list[tuple[str, str, list[Block]]] = [
        (population.label, "compared", _compared(release, first)),
        *((f"{of.when} after entry", f"compared-{of.wave}", _again(of)) for of in later),
        ("Who was reached", "reached", followed(waves)),
        ("Were the people alike?", "alike", _alike(first)),
        ("Does it hold in other ways?", "other-ways", in_other_ways(first)),
        ("What would take a claim away?", "hidden", could_be_hidden(waves)),
        ("What had to hold first", "conditions", conditions(waves)),
        ("What the difference goes with", "through", through_what(release, population)),
        ("More or less of the social model", "scale", by_scale(release, population)),
    ]
    return [
        Section(
            text if name == "compared" else heading(text, population, several),
            tuple(blocks),
            f"{name}-{population.population}".replace("_", "-") if several else name,
        )
        for text, name, blocks in parts
        if blocks
    ]


def _compared(release: Release, of: Wave) -> list[Block]:
    """Say what was found at the first wave: the tally, one outcome in people, both figures."""
    outcome, answer = of.told[0]
    blocks: list[Block] = [
        closing.origin(release, of.population),
        Paragraph(programs_verdicts.claims(of.told, of.wave, of.biases), "lead"),
        *_how_much_is_known(of),
        Paragraph(_first(of)),
    ]
    if heard := programs_alike.reached(of.values, of.wave):
        blocks.append(Paragraph(f"Follow-up: {heard}", "quiet"))
    figure, table = forest(of), shares(of)
    blocks += [] if figure is None else [figure]
    blocks += [
        Paragraph(f"{programs_compared.KINDS} {programs_compared.ALIKE}"),
        Paragraph(programs_verdicts.HOW_JUDGED),
    ]
    blocks += [] if table is None else [table]
    beside = programs_compared.not_alike(outcome, answer, of.answer(outcome, PLAIN))
    if beside:
        came = programs_alike.how_they_came(gaps(of))
        blocks.append(Paragraph(f"{beside} {programs_compared.NAIVE} {came}"))
    return blocks


def _again(of: Wave) -> list[Block]:
    """Say the same of another wave, shorter."""
    figure = forest(of)
    said = [Paragraph(programs_verdicts.claims(of.told, of.wave, of.biases)), *_how_much_is_known(of)]
    heard = programs_alike.reached(of.values, of.wave)
    quiet = [Paragraph(f"Follow-up: {heard}", "quiet")] if heard else []
    return [*said, *quiet, *([figure] if figure is not None else [])]


def _how_much_is_known(of: Wave) -> list[Paragraph]:
    said = programs_verdicts.widths(of.told)
    return [Paragraph(said)] if said else []


def _alike(of: Wave) -> list[Block]:
    figure = love_plot(of)
    said = (programs_alike.overlap(of.values, of.wave), programs_alike.effective(of.values))
    return [*([figure] if figure is not None else []), *(Paragraph(text) for text in said if text)]
