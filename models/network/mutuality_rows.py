"""Rows of results on mutual help: estimates with their limits, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from models.estimate import (
    MINIMUM_PEOPLE,
    SHARE,
    SHARE_DIFFERENCE,
    SHARE_OF_PAIRS,
    Diagnostic,
    Estimate,
    refused,
)
from models.fitness import NOT_ENOUGH, Gate, failed, gate
from models.inference.coefficients import Inference
from models.inference.to_estimates import estimate_of
from models.network.house_inference import (
    Houses,
    degrees_of_freedom,
    difference_of,
    inference_of,
    not_below_independent,
)
from models.network.in_service import COLUMNS, FACTS, NEEDS_CHANCE, TERMS
from models.network.program_links import LEAST_PROGRAMS, RankCorrelation
from models.network.program_outcomes import NAMES as OUTCOMES
from models.refusal import NotIdentifiedError

METHOD: Final = "ties among people of a house interviewed at the wave; jackknife over houses"
CHANCE_METHOD: Final = (
    "networks with the same numbers given and received, among people as near in time; jackknife over houses"
)
LINK_METHOD: Final = "Spearman's rank correlation over programs, ranks within kinds of program"
DIARY_METHOD: Final = "means over people of their answered evenings"
LINK: Final = "in_service_index_with_"
REMISSION: Final = OUTCOMES[1]
SCALES: Final = {
    "reciprocity": SHARE_OF_PAIRS,
    "reciprocity_beyond_chance": SHARE_OF_PAIRS,
    "share_give_and_receive": SHARE,
    "balance_spread": "balance",
    "in_service_index": "points",
}
SCALES_OF_DIFFERENCES: Final = SCALES | {"share_give_and_receive": SHARE_DIFFERENCE}
BOUNDS: Final = {
    "reciprocity": (0.0, 1.0),
    "reciprocity_beyond_chance": (-1.0, 1.0),
    "share_give_and_receive": (0.0, 1.0),
    "balance_spread": (0.0, 1.0),
    "in_service_index": (0.0, 100.0),
}
NAMED: Final = "Help as those name it who received it, among people who were both interviewed."
BEYOND: Final = f"{NAMED} Chance keeps how many people everybody helps and is helped by."
INDEX: Final = "The mean of three parts that are told beside it; their equal weights are a convention."
DIFFERENT: Final = (
    "The people of the two kinds of program may differ in other ways: not an effect of a program."
)
LINKED: Final = (
    "An association over few programs of one kind, which differ in much else; it does not say what causes "
    "what."
)
SINCE_ENTRY: Final = (
    "Days without use count from entry on, so that part of them came before people were asked who helps them."
)
CHANCE_AMONG: Final = "Cannot be told from chance among the {} links looked at."
EVENINGS: Final = "By the person's own account of the evening; the other person is not asked."
NO_LIMITS: Final = "No limits: the houses do not differ."
FEW_HOUSES: Final = "too few houses carry the number for its range to be trusted"
# Numbers that follow from others, and are held back with them.
RESTS_ON: Final = {
    "reciprocity_beyond_chance": ("reciprocity",),
    "in_service_index": (
        "reciprocity",
        "reciprocity_beyond_chance",
        "share_give_and_receive",
        "balance_spread",
    ),
    "reciprocity_by_chance": ("reciprocity_beyond_chance",),
    "in_service_part_reciprocity": ("reciprocity", "reciprocity_beyond_chance"),
    "in_service_part_give_and_receive": ("share_give_and_receive",),
    "in_service_part_balance": ("balance_spread",),
}  # fmt: skip
DETAILS: Final = {
    "reciprocity_by_chance": "reciprocity of networks drawn by chance, people giving and receiving as much",
    "density": "ties of all that there could be among the people of a house",
    "share_with_tie": "people who helped somebody or were helped, of those interviewed",
    "in_service_part_reciprocity": "100 (reciprocity - chance) / (1 - chance), not below 0",
    "in_service_part_give_and_receive": "100 times the share who both give and receive",
    "in_service_part_balance": "100 (1 - spread of balance)",
    "drawn_networks_p": "how far out the mutual pairs of these houses lie among those of drawn networks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One part of the houses at one wave: what its terms end in, its gates, and what forbids chance."""

    outcome: str
    population: str
    suffix: str
    houses: Houses
    gates: tuple[Gate, ...]
    no_chance: str
    drawn_p: float | None

    @property
    def n_people(self) -> int:
        """People with a tie."""
        return int(self.houses.sums[:, 5].sum())

    def counted(self, term: str) -> tuple[int, int | None]:
        """Rows and events of a term: pairs with a tie and mutual pairs; people and those who do both."""
        mutual, pairs, both = (int(self.houses.sums[:, place].sum()) for place in (3, 4, 6))
        if term == "share_give_and_receive":
            return self.n_people, both
        return pairs, mutual if term in ("reciprocity", "reciprocity_beyond_chance") else None


def group_estimates(group: Group) -> tuple[Estimate, ...]:
    """Every term of a part of the houses."""
    return tuple(_estimate(group, term) for term in TERMS)


def _estimate(group: Group, term: str) -> Estimate:
    name = f"{term}{group.suffix}"
    reason = held_or_thin(group, term)
    if reason:
        return _no(group, term, name, reason)
    rows, events = group.counted(term)
    try:
        made = not_below_independent(inference_of(group.houses, term), term, group.houses)
    except NotIdentifiedError as why:
        return _no(group, term, name, _sentence(str(why)))
    told = estimate_of(
        made, {term: 1.0}, outcome=group.outcome, term=name, population=group.population,
        n_people=group.n_people, n_rows=rows, method=_method(term), scale=SCALES[term], note=_note(term),
    )  # fmt: skip
    if told.estimate is None and group.n_people >= MINIMUM_PEOPLE:
        told = _without_limits(told, made)
    tested = told.p_value if term == "reciprocity_beyond_chance" else None  # others cannot be zero
    return replace(_bounded(told, BOUNDS[term]), n_events=events, p_value=tested)


def _without_limits(told: Estimate, made: Inference) -> Estimate:
    """Give the number alone, where the houses do not differ."""
    return replace(
        told, estimate=float(made.beta[0]), small_sample=f"no limits; {made.rule}",
        note=f"{NO_LIMITS} {NAMED}",
    )  # fmt: skip


def difference_estimates(first: Group, second: Group) -> tuple[Estimate, ...]:
    """Every term, social less clinical."""
    rows = []
    for term in TERMS:
        name = f"{term}_social_minus_clinical"
        reason = (
            held_or_thin(first, term) or held_or_thin(second, term) or _thin_difference(first, second, term)
        )
        n_people = first.n_people + second.n_people
        common = replace(first, suffix="")
        scale = SCALES_OF_DIFFERENCES[term]
        if reason:
            rows.append(replace(_no(common, term, name, reason), n_people=n_people, scale=scale))
            continue
        try:
            apart = difference_of(first.houses, second.houses, term)
            made = not_below_independent(apart, term, first.houses, second.houses)
        except NotIdentifiedError as why:
            told = _no(common, term, name, _sentence(str(why)))
            rows.append(replace(told, n_people=n_people, scale=scale))
            continue
        rows.append(
            estimate_of(
                made, {term: 1.0}, outcome=first.outcome, term=name, population=first.population,
                n_people=n_people, n_rows=first.counted(term)[0] + second.counted(term)[0],
                method=_method(term), scale=scale, note=DIFFERENT,
            )
        )  # fmt: skip
    return tuple(rows)


def held(group: Group, term: str) -> str:
    """Why a term of a group is not told; empty where it is."""
    if group.n_people < MINIMUM_PEOPLE:
        return f"Fewer than {MINIMUM_PEOPLE} people helped somebody of the house or were helped."
    if weak := failed(group.gates):
        return f"{NOT_ENOUGH}: {'; '.join(dict.fromkeys(one.reason for one in weak))}."
    return group.no_chance if term in NEEDS_CHANCE else ""


def held_or_thin(group: Group, term: str) -> str:
    """Why a term is not told, its degrees of freedom and those of what it rests on being asked as well."""
    if reason := held(group, term):
        return reason
    reasons = [_thin(inference_of, (group.houses,), one) for one in (term, *RESTS_ON.get(term, ()))]
    return next((reason for reason in reasons if reason), "")


def _thin_difference(first: Group, second: Group, term: str) -> str:
    houses = (first.houses, second.houses)
    reasons = [_thin(difference_of, houses, one) for one in (term, *RESTS_ON.get(term, ()))]
    return next((reason for reason in reasons if reason), "")


def _thin(infer: Callable[..., Inference], houses: tuple[Houses, ...], term: str) -> str:
    """Why too few houses carry a number, by its degrees of freedom; empty where that is not the reason."""
    try:
        df = degrees_of_freedom(infer(*houses, term))
    except NotIdentifiedError:
        return ""
    if df is None or not failed((gate("degrees_of_freedom", df),)):
        return ""
    return f"{NOT_ENOUGH}: {FEW_HOUSES}."


def group_facts(group: Group) -> tuple[Diagnostic, ...]:
    """Chance, density, the parts of the index; how many houses, and how far they lie apart."""
    told = []
    values = group.houses.together() if len(group.houses) else np.full(len(COLUMNS), np.nan)
    for name in FACTS:
        reason = next((r for one in RESTS_ON.get(name, ()) if (r := held_or_thin(group, one))), "")
        reason = reason or held(group, TERMS[0])
        value = values[COLUMNS.index(name)]
        known = not reason and np.isfinite(value)
        told.append(_fact(group, name, float(value) if known else None, reason or DETAILS[name]))
    count = float(len(group.houses))
    told.append(_fact(group, "houses", count, "programs whose people named help at the wave"))
    reason = held_or_thin(group, NEEDS_CHANCE[0])
    name = "drawn_networks_p"
    told.append(_fact(group, name, None if reason else group.drawn_p, reason or DETAILS[name]))
    return (*told, _spread(group))


def _spread(group: Group) -> Diagnostic:
    """Give the standard deviation of reciprocity over houses with enough people."""
    name = "houses_standard_deviation_of_reciprocity"
    large = group.houses.sums[:, 5] >= MINIMUM_PEOPLE
    reason = held(group, TERMS[0])
    if not reason and large.sum() < 4:
        reason = f"Fewer than 4 houses in which {MINIMUM_PEOPLE} people helped or were helped."
    if reason:
        return _fact(group, name, None, reason)
    sums = group.houses.sums[large]
    return _fact(
        group, name, float(np.std(sums[:, 3] / sums[:, 4], ddof=1)),
        "of houses with enough people; part of it is chance, as a house has few pairs",
    )  # fmt: skip


def sensitivity_fact(group: Group, houses: Houses | str, way: str, detail: str) -> Diagnostic:
    """Reciprocity beyond chance found in another way, with limits; or why it could not be."""
    term = "reciprocity_beyond_chance"
    name = f"sensitivity_{term}{group.suffix}_{way}"
    own = replace(group, no_chance="")
    reason = held_or_thin(own, term)
    if isinstance(houses, str):
        reason = reason or houses
    else:
        reason = reason or held_or_thin(replace(own, houses=houses), term)
    if reason or isinstance(houses, str):
        return _fact(replace(group, suffix=""), name, None, reason)
    try:
        told = estimate_of(
            not_below_independent(inference_of(houses, term), term, houses), {term: 1.0},
            outcome=group.outcome, term=name,
            population=group.population, n_people=group.n_people, n_rows=None, method=METHOD,
            scale=SHARE_OF_PAIRS,
        )  # fmt: skip
    except NotIdentifiedError as why:
        return _fact(replace(group, suffix=""), name, None, _sentence(str(why)))
    return Diagnostic(
        outcome=group.outcome, diagnostic=name, population=group.population, value=told.estimate,
        ci_low=told.ci_low, ci_high=told.ci_high, detail=told.note or detail, n_people=group.n_people,
    )  # fmt: skip


def link_estimate(
    found: RankCorrelation | str, measure: str, *, outcome: str, population: str, n_people: int
) -> Estimate:
    """Rank correlation of the index with what became of a program's people."""
    term = f"{LINK}{measure}"
    if isinstance(found, str):
        return refused(
            outcome=outcome, term=term, population=population, n_people=n_people, method=LINK_METHOD,
            scale="correlation", reason=_sentence(found),
        )  # fmt: skip
    flat = found.std_error == 0.0
    return Estimate(
        outcome=outcome, term=term, population=population, estimate=found.value,
        std_error=None if flat else found.std_error, ci_low=None if flat else found.low,
        ci_high=None if flat else found.high, p_value=None if flat else found.p_value,
        df=None if flat else found.df, n_people=n_people, n_rows=found.n_programs, method=LINK_METHOD,
        scale="correlation",
        small_sample=f"t with {found.df:.0f} degrees of freedom for Fisher's z, Bonett and Wright's variance "
        f"over them; at least {LEAST_PROGRAMS} programs",
        note=f"{LINKED} {SINCE_ENTRY}" if measure == REMISSION else LINKED,
    )  # fmt: skip


def link_facts(row: Estimate, found: RankCorrelation, allowed: float, family: int) -> tuple[Diagnostic, ...]:
    """Permutation p-value of a link, and after the allowance for all `family` links of the population."""
    orders = "all orders" if found.exact else "random orders"
    told = (
        (f"permutation_p_{row.term}", found.permutation_p, f"{orders} of programs within kinds"),
        (f"holm_p_{row.term}", allowed, f"that p value after Holm's allowance for {family} links"),
    )
    return tuple(
        Diagnostic(
            outcome=row.outcome, diagnostic=name, population=row.population, value=value, detail=detail,
            n_people=row.n_people,
        )
        for name, value, detail in told
    )  # fmt: skip


def evening_estimate(
    found: tuple[Inference, int] | None, name: str, *, population: str, n_people: int
) -> Estimate:
    """One answer of the diary."""
    scale = "balance" if name == "evenings_balance_spread" else "share of evenings"
    if found is None:
        return refused(
            outcome="diary", term=name, population=population, n_people=n_people, method=DIARY_METHOD,
            scale=scale, reason="No evenings, or nobody whose evenings differ.",
        )  # fmt: skip
    told = estimate_of(
        found[0], {name: 1.0}, outcome="diary", term=name, population=population, n_people=found[1],
        n_rows=None, method=DIARY_METHOD, scale=scale, note=EVENINGS,
    )  # fmt: skip
    if name == "giving_with_receiving_within":
        return _bounded(told, (-1.0, 1.0))
    return replace(_bounded(told, (0.0, 1.0)), p_value=None)


def _bounded(told: Estimate, bounds: tuple[float, float]) -> Estimate:
    """Cut limits off where the measure ends."""
    if told.ci_low is None or told.ci_high is None:
        return told
    low, high = bounds
    return replace(told, ci_low=max(told.ci_low, low), ci_high=min(told.ci_high, high))


def _no(group: Group, term: str, name: str, reason: str) -> Estimate:
    return refused(
        outcome=group.outcome, term=name, population=group.population, n_people=group.n_people,
        method=_method(term), scale=SCALES[term], reason=reason,
    )  # fmt: skip


def _fact(group: Group, name: str, value: float | None, detail: str) -> Diagnostic:
    return Diagnostic(
        outcome=group.outcome, diagnostic=f"{name}{group.suffix}", population=group.population, value=value,
        detail=detail, n_people=group.n_people,
    )  # fmt: skip


def _method(term: str) -> str:
    return CHANCE_METHOD if term in NEEDS_CHANCE else METHOD


def _note(term: str) -> str:
    return {"reciprocity_beyond_chance": BEYOND, "in_service_index": INDEX}.get(term, NAMED)


def _sentence(reason: str) -> str:
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith(".") else f"{text}."
