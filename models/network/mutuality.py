"""M1: whether help between the people of a house is mutual ("in service") or goes one way (a service)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import WAVES
from models.comparison.multiplicity import holm
from models.estimate import LEVEL, MINIMUM_PEOPLE, Diagnostic, Estimate, Findings
from models.fitness import Gate, gate
from models.network.by_chance import (
    DRAWS,
    MAIN,
    OTHER_DRAWS,
    OTHERS,
    STEPS_BETWEEN,
    Chance,
    by_chance,
    p_value,
)
from models.network.evenings_of_help import NAMES as EVENING_NAMES
from models.network.evenings_of_help import evenings_of, inferences_of
from models.network.house_inference import Houses
from models.network.in_service import COLUMNS, measures
from models.network.mutuality_gates import gates_of_difference, gates_of_group, gates_of_numbers
from models.network.mutuality_rows import (
    CHANCE_AMONG,
    Group,
    difference_estimates,
    evening_estimate,
    group_estimates,
    group_facts,
    link_estimate,
    link_facts,
    sensitivity_fact,
)
from models.network.program_links import RankCorrelation, rank_correlation
from models.network.program_outcomes import NAMES as OUTCOME_NAMES
from models.network.program_outcomes import remission_share, scale_change
from models.network.reciprocity import Counts, counts_of
from models.network.tie_tables import LEFT_OUT, Ties, networks
from models.refusal import NotIdentifiedError

Floats = NDArray[np.float64]
ANALYSIS: Final = "M1"
MODELS: Final = ("social", "clinical", "mixed")
SEED: Final = 20260701
NOT_MIXED: Final = "The networks drawn by chance did not come to agree."
NO_ROOM: Final = "The ties can be placed in no other way, so that chance cannot be told from mutual help."
AT_ONCE: Final = "for both interviews at once, so that both have one number"
FORMULA: Final = "by the formula for independent ties in place of drawn networks"
WAYS: Final = {
    "stays_overlapped": "only ties and pairs of people who were in the house on one same day",
    "whoever_entered_when": "as if everybody of a house could know everybody; understates chance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What all rows need: networks, their counts, and chance in every way, or why it is not there."""

    ties: Ties
    counts: Counts
    chance: dict[str, Chance | str]
    population: str
    seed: int

    def houses(self, wave: int, models: tuple[str, ...], chance: Chance | None, *, formula: bool) -> Houses:
        """Houses with a tie at a wave, with the chance of one way; NaN without."""
        counts = self.counts if chance is None else chance.counts
        own = (self.ties.wave == wave) & np.isin(self.ties.model, models) & (counts.ties > 0)
        expected = np.full(len(own), np.nan)
        if chance is not None:
            expected = chance.formula if formula else chance.mutual
        return Houses(sums=counts.matrix()[own], chance=expected[own], model=self.ties.model[own])


def analyse(
    participants: pl.DataFrame,
    episodes: pl.DataFrame,
    programs: pl.DataFrame,
    assessments: pl.DataFrame,
    support_ties: pl.DataFrame,
    *,
    diary_days: pl.DataFrame,
    outcome_times: pl.DataFrame,
    justice_events: pl.DataFrame,
    population: str,
    origins: pl.DataFrame | None = None,
    draws: int = DRAWS,
    steps_between: int = STEPS_BETWEEN,
    seed: int = SEED,
) -> Findings:
    """Reciprocity, give and take, and an index of both, by wave and program model; and what goes with them.

    Estimands, at 6 and 12 months, of pairs of people of one house who were both interviewed: mutual pairs
    over pairs with a tie of any kind (reciprocity); what is left of it beyond chance; and of people with a
    tie, the share who both give and receive and the spread of their balance. The index is defined in
    `in_service.measures`. Houses are put together by summing their counts, which weighs a pair as a pair;
    intervals are over houses (`house_inference`). No house is told alone.

    Chance is found in networks in which everybody helps as many people as observed and is helped by as
    many, among people who were there as near in time as those who do help each other
    (`acquaintance.pairs_of`, rule time_of_stay). For that the days of entry must be known on one calendar:
    day 0 is each person's own, so core.episodes alone do not tell. Without `origins` what needs chance is
    refused, and what a null without time gives is told as a sensitivity row. Chance given the numbers of
    ties is a strict standard: part of the ties are there because others were returned.

    The index of programs is correlated, within kinds of program, with the mean change of BARC-10 (R1) and the
    share in sustained remission (S1) of their people. The diary's evenings with help given and received stand
    beside.

    Parameters
    ----------
    participants, episodes, assessments, support_ties, diary_days, outcome_times, justice_events
        Core tables of one population, as of one quarter.
    programs : pl.DataFrame
        core.programs, as of the same quarter.
    population : str
        Name of the population.
    origins : pl.DataFrame, optional
        participant_id and origin_date, the calendar date of each person's day 0.
    draws, steps_between, seed : int
        Of the networks drawn by chance.

    Raises
    ------
    ValueError
        A column is lacking, or a key is there twice.
    """
    ties = networks(participants, episodes, programs, assessments, support_ties, origins=origins)
    chance = _chances(ties, draws=draws, steps_between=steps_between, seed=seed)
    told = _Told(ties=ties, counts=counts_of(ties), chance=chance, population=population, seed=seed)
    estimates: list[Estimate] = []
    facts: list[Diagnostic] = []
    remission = remission_share(ties, outcome_times, justice_events, episodes, least=MINIMUM_PEOPLE)
    fared = {}
    for place, wave in enumerate(WAVES):
        rows, beside = _wave(told, place, wave)
        estimates += rows
        facts += beside
        fared[wave] = (scale_change(ties, assessments, wave, place, least=MINIMUM_PEOPLE), remission)
    rows, beside = _links(told, fared)
    estimates += rows
    facts += beside
    rows, beside = _diary(diary_days, population)
    return Findings(analysis=ANALYSIS, estimates=(*estimates, *rows), diagnostics=(*facts, *beside))


def _chances(ties: Ties, *, draws: int, steps_between: int, seed: int) -> dict[str, Chance | str]:
    """Chance in the main way and the others; in place of one that cannot be, why."""
    found: dict[str, Chance | str] = {}
    for rule in (MAIN, *OTHERS):
        many = draws if rule == MAIN else min(draws, OTHER_DRAWS)
        try:
            found[rule] = by_chance(ties, rule, seed=seed, draws=many, steps_between=steps_between)
        except NotIdentifiedError as reason:
            found[rule] = f"{str(reason)[:1].upper()}{str(reason)[1:]}."
    return found


def _wave(told: _Told, place: int, wave: str) -> tuple[list[Estimate], list[Diagnostic]]:
    groups = {"": _group(told, place, wave, MODELS, "")}
    for model in MODELS:
        groups[model] = _group(told, place, wave, (model,), f"_in_{model}_programs")
    estimates = [row for group in groups.values() for row in group_estimates(group)]
    estimates += difference_estimates(groups["social"], groups["clinical"])
    facts = [fact for group in groups.values() for fact in group_facts(group)]
    for name, group in groups.items():
        models = (name,) if name else MODELS
        facts += _sensitivity(told, place, models, group)
        facts += gates_of_group(group, group.suffix)
    facts += gates_of_difference(groups["social"], groups["clinical"])
    facts += gates_of_numbers(estimates)
    return estimates, [*facts, *_reports(told, place, wave), *_drawing(told, wave)]


def _group(told: _Told, place: int, wave: str, models: tuple[str, ...], suffix: str) -> Group:
    """Put together the houses of some models, and ask whether they may speak."""
    main = told.chance[MAIN]
    known = main if isinstance(main, Chance) else None
    houses = told.houses(place, models, known, formula=False)
    own = (told.ties.wave == place) & np.isin(told.ties.model, models)
    no_chance, found = _chance_of(main, own)
    return Group(
        outcome=wave, population=told.population, suffix=suffix, houses=houses,
        gates=_gates(told.ties, own, len(houses)), no_chance=no_chance, drawn_p=found,
    )  # fmt: skip


def _gates(ties: Ties, own: NDArray[np.bool_], houses: int) -> tuple[Gate, ...]:
    due = float(ties.due[own].sum())
    return (
        gate("follow_up", float(ties.size[own].sum()) / due if due else None),
        gate("houses", float(houses)),
    )


def _chance_of(main: Chance | str, own: NDArray[np.bool_]) -> tuple[str, float | None]:
    """Why chance cannot be told for some networks, empty where it can; and the p-value."""
    if isinstance(main, str):
        return main, None
    drawn = main.draws[:, own].sum(axis=1)
    if not np.ptp(drawn) > 0.0:
        return NO_ROOM, None
    if not main.mixed:
        return NOT_MIXED, None
    mutual, ties = float(main.counts.mutual[own].sum()), float(main.counts.ties[own].sum())
    return "", p_value(drawn, mutual, ties)


def _sensitivity(told: _Told, place: int, models: tuple[str, ...], group: Group) -> list[Diagnostic]:
    facts = []
    for way, detail in WAYS.items():
        chance = told.chance[way]
        houses = chance if isinstance(chance, str) else told.houses(place, models, chance, formula=False)
        facts.append(sensitivity_fact(group, houses, way, detail))
    main = told.chance[MAIN]
    by_formula = main if isinstance(main, str) else told.houses(place, models, main, formula=True)
    return [*facts, sensitivity_fact(group, by_formula, "independent_ties", FORMULA)]


def _reports(told: _Told, place: int, wave: str) -> list[Diagnostic]:
    """Count reports of help that are no ties here, and people who were due and interviewed."""
    own = told.ties.wave == place
    people = int(told.ties.size[own].sum())
    rows = [(name, told.ties.left_out[wave][name], LEFT_OUT[name]) for name in LEFT_OUT]
    rows += [
        ("ties_used", int(told.counts.ties[own].sum()), "reports of help between two people who were asked"),
        ("people_due", int(told.ties.due[own].sum()), "people in a house whose interview was due"),
        ("people_interviewed", people, "people in a house who were interviewed"),
    ]
    return [
        Diagnostic(
            outcome=wave, diagnostic=name, population=told.population, value=float(n), n_people=n,
            detail=detail,
        )
        for name, n, detail in rows
    ]  # fmt: skip


def _drawing(told: _Told, wave: str) -> list[Diagnostic]:
    """How the networks by chance were drawn: once, for both waves together, and said so of each."""
    main = told.chance[MAIN]
    if isinstance(main, str):
        return []
    rows = (
        ("networks_drawn", float(len(main.draws)), "networks drawn by chance, after those left to settle"),
        ("networks_drawn_effective", main.effective, "independent networks that these are worth"),
        ("networks_drawn_scale_reduction", main.scale, "first half against second; 1 where they agree"),
        ("moves_made", main.moved, "moves made of those proposed"),
        (
            "independent_ties_misplaced",
            main.misplaced,
            "share of ties that the fitted formula puts elsewhere",
        ),
    )
    return [
        Diagnostic(
            outcome=wave, diagnostic=name, population=told.population, value=value,
            detail=f"{detail}; {AT_ONCE}",
        )
        for name, value, detail in rows
    ]  # fmt: skip


def _links(
    told: _Told, others: Mapping[str, tuple[Floats, Floats]]
) -> tuple[list[Estimate], list[Diagnostic]]:
    """Correlate the index of programs, of those with enough people, with how their people fared.

    All links of a population are one family: Holm's allowance for how many are looked at.
    """
    kinds = np.full(len(told.ties.programs), "", dtype=object)
    kinds[told.ties.program] = told.ties.model
    rows: list[Estimate] = []
    looked: dict[int, RankCorrelation] = {}
    for place, wave in enumerate(WAVES):
        index, people = _index_of_programs(told, place)
        for name, other in zip(OUTCOME_NAMES, others[wave], strict=True):
            try:
                if isinstance(index, str):
                    raise NotIdentifiedError(index)
                found: RankCorrelation | str = rank_correlation(
                    index, other, kinds.astype(str), seed=told.seed
                )
            except NotIdentifiedError as reason:
                found = str(reason)
            if isinstance(found, RankCorrelation):
                looked[len(rows)] = found
            rows.append(link_estimate(found, name, outcome=wave, population=told.population, n_people=people))
    return _allowed(rows, looked)


def _allowed(
    rows: list[Estimate], looked: Mapping[int, RankCorrelation]
) -> tuple[list[Estimate], list[Diagnostic]]:
    """Add Holm's p-values of the links, and say of those above 5% that they cannot be told from chance."""
    if not looked:
        return rows, []
    allowed = holm([found.permutation_p for found in looked.values()])
    facts: list[Diagnostic] = []
    for (place, found), adjusted in zip(looked.items(), allowed, strict=True):
        if adjusted > 1.0 - LEVEL:
            note = f"{CHANCE_AMONG.format(len(looked))} {rows[place].note}"
            rows[place] = replace(rows[place], note=note)
        facts += link_facts(rows[place], found, float(adjusted), len(looked))
    return rows, facts


def _index_of_programs(told: _Told, place: int) -> tuple[Floats | str, int]:
    """Index of programs with enough people, NaN of others, or why there is none; and the people."""
    main = told.chance[MAIN]
    if isinstance(main, str):
        return main, 0
    own = (told.ties.wave == place) & (told.counts.with_tie >= MINIMUM_PEOPLE)
    people = int(told.counts.with_tie[own].sum())
    if not main.mixed:
        return NOT_MIXED, people
    index = np.full(len(told.ties.programs), np.nan)
    values = measures(main.counts.matrix()[own], main.mutual[own])[:, COLUMNS.index("in_service_index")]
    index[told.ties.program[own]] = values
    return index, people


def _diary(diary_days: pl.DataFrame, population: str) -> tuple[list[Estimate], list[Diagnostic]]:
    evenings = evenings_of(diary_days)
    found = inferences_of(evenings)
    n_people = len(evenings.answered)
    rows = [
        evening_estimate(found.get(name), name, population=population, n_people=n_people)
        for name in EVENING_NAMES
    ]
    fact = Diagnostic(
        outcome="diary", diagnostic="evenings_not_answered", population=population,
        value=float(evenings.not_answered), detail="evenings on which not both questions were answered",
    )  # fmt: skip
    return rows, [fact]
