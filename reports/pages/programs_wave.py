"""What the release tells of the kinds of programs: one population at one wave, ready to be set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from reports.numbers import NOTHING
from reports.page import Download
from reports.pages import closing
from reports.pages.answers import data_kind
from reports.release import Answer, Fact, Population, Release
from reports.words.phrases import people
from reports.words.programs_compared import OUTCOMES, WAVES, Outcome
from reports.words.programs_verdicts import Rests

COMPARED, THROUGH, SCALE = "C1", "C2", "C3"
MAIN, PLAIN = "social_minus_clinical", "unadjusted_social_minus_clinical"
FIRST = "month_12"  # the wave that the question names first
HIDDEN = "not shown"  # in a narrow cell; the glossary says why


class Wave:
    """The comparison of the kinds of programs at one wave."""

    def __init__(self, release: Release, population: Population, wave: str) -> None:
        self.release, self.population, self.wave = release, population, wave
        self.when = WAVES[wave]
        answers = release.answers_of(COMPARED, population=population.population)
        self._answers = {(a.outcome, a.term): a for a in answers}
        self._facts = {
            (f.outcome, f.diagnostic): f for f in release.facts_of(COMPARED, population=population.population)
        }
        self.told = [
            (outcome, answer) for outcome in OUTCOMES if (answer := self.answer(outcome, MAIN)) is not None
        ]
        self.values = {
            name: fact.value
            for (of, name), fact in self._facts.items()
            if of == wave and fact.value is not None and not fact.suppressed
        }

    def answer(self, outcome: Outcome, term: str) -> Answer | None:
        """Return one answer; None where the release has none."""
        return self._answers.get((f"{outcome.code}_{self.wave}", term))

    def fact(self, outcome: Outcome, name: str) -> Fact | None:
        """Return a fact about one outcome; None where the release has none."""
        return self._facts.get((f"{outcome.code}_{self.wave}", name))

    def of_people(self, name: str) -> Fact | None:
        """Return a fact about the people of the wave; None where the release has none."""
        return self._facts.get((self.wave, name))

    def number(self, outcome: Outcome, name: str) -> float | None:
        """Return the value of a fact about one outcome; None where it is withheld or absent."""
        fact = self.fact(outcome, name)
        return None if fact is None or fact.suppressed else fact.value

    def margin(self, outcome: Outcome) -> float | None:
        """Return what still counts as similar."""
        return self.number(outcome, f"margin_{MAIN}")

    def means(self, outcome: Outcome) -> tuple[float | None, float | None]:
        """Return the adjusted means of social and of clinical programs."""
        return self.number(outcome, "adjusted_social"), self.number(outcome, "adjusted_clinical")

    @property
    def biases(self) -> dict[str, float | None]:
        """Return by the code of an outcome the shift that undoes its claim."""
        return {o.code: self.number(o, f"bias_that_undoes_{MAIN}") for o, _ in self.told}

    def rests_on(self, outcome: Outcome, ways: Mapping[str, str]) -> Rests:
        """Return what a claim on an outcome rests on; `ways` are the other ways with their labels."""
        tipping = self.fact(outcome, f"tipping_point_{MAIN}")
        told = "" if tipping is None or tipping.suppressed else tipping.detail
        held = {
            label: value == 1.0
            for way, label in ways.items()
            if (value := self.number(outcome, f"claim_holds_{way}_{MAIN}")) is not None
        }
        return Rests(
            bias=self.number(outcome, f"bias_that_undoes_{MAIN}"),
            tipping=self.number(outcome, f"tipping_point_{MAIN}"),
            side="better" if "better than imputed" in told else "worse",
            beyond="more than can be" in told,
            drawn=self.number(outcome, f"monte_carlo_error_{MAIN}"),
            ways=held,
        )

    @property
    def count(self) -> int | None:
        """People compared at the wave; None where that is not shown."""
        found = self.values.get("people_compared")
        return None if found is None else int(found)


def identifier(name: str, population: Population) -> str:
    """Name a figure and its file."""
    return f"{name}-{population.population}".replace("_", "-")


def subtitle(release: Release, population: Population, what: str, count: int | None) -> str:
    """Say under a figure what is measured, of how many people, of whom and from which deliveries."""
    parts = (what, people(count), population.label, closing.period(release, population))
    return "; ".join(part for part in parts if part)


def heading(text: str, population: Population, several: bool) -> str:
    """Head a section; where the page has several populations, with whose it is."""
    return f"{text}: {population.label}" if several else text


def fact_cell(fact: Fact | None) -> str:
    """Write the count of a fact for a table, or say that it is not shown; a dash where there is no number."""
    if fact is None or (fact.value is None and not fact.suppressed):
        return NOTHING
    return HIDDEN if fact.suppressed or fact.value is None else f"{int(fact.value):,}"


def facts_download(name: str, facts: Iterable[Fact], release: Release) -> Download:
    """Give facts as they stand in the release, with what kind of data they rest on."""
    fields = ("analysis", "outcome", "diagnostic", "population", "as_of", "ci_low", "ci_high", "n_people")
    rows = [
        {field: getattr(f, field) for field in fields}
        | {"estimate": f.value, "detail": f.detail, "suppressed": f.suppressed}
        | data_kind(release, f.population)
        for f in facts
    ]
    columns = (*fields[:5], "estimate", *fields[5:], "detail", "suppressed", "data")
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=columns)
    return Download(name, frame.select(columns))
