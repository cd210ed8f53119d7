"""From the answers about one outcome to rows: estimates, the share mediated, sensitivity answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from models.estimate import LEVEL, SHARE_DIFFERENCE, Diagnostic, Estimate, refused
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of, two_sided_critical
from models.inference.to_estimates import estimate_of
from models.mediation.confounding import needed_confounding
from models.mediation.mediation_answers import NAMES
from models.missing.over_imputations import Pooled
from models.refusal import NotIdentifiedError

METHOD: Final = (
    "natural effects: logistic outcome model with exposure-mediator products, laws of the mediators, "
    "averaged over people; missing answers imputed; programs resampled"
)
FIRST, SECOND = NAMES
TERMS: Final = (
    "total", "direct", "indirect", f"indirect_{FIRST}", f"indirect_{SECOND}", f"path_{FIRST}",
    f"path_{SECOND}",
)  # fmt: skip
OTHERS: Final = {
    "indirect_at_clinical": "what runs through both mediators in clinical programs: the outcome there with "
    "the mediators of social programs, less that with their own",
    "direct_at_social": "what does not run through the mediators, at the mediators of social programs",
}
SHARE: Final = "share_mediated"
_CAUSE = "; causal only if nothing hidden goes both with taking part or network and with the outcome."
NOTES: Final = {
    "total": "Chance of the outcome in social programs less that in clinical ones, people alike at entry.",
    "direct": "The part that does not run through 12-step activities or network at 6 months" + _CAUSE,
    "indirect": "The part that runs through 12-step activities and network together" + _CAUSE,
    f"indirect_{FIRST}": "What would be lost if 12-step activities alone were as in clinical programs"
    + _CAUSE,
    f"indirect_{SECOND}": "What would be lost if the network alone were as in clinical programs" + _CAUSE,
    f"path_{FIRST}": "The part through 12-step activities, also by way of the network they bring" + _CAUSE,
    f"path_{SECOND}": "The part through the network that 12-step activities do not bring" + _CAUSE,
    SHARE: "Indirect part of the total; told only where the total is clearly not zero, which picks out "
    "larger totals and so tends to understate the share.",
}


def scale_of(term: str) -> str:
    """Say what the number of a term is."""
    return "ratio" if term == SHARE else SHARE_DIFFERENCE


def refused_rows(outcome: str, reason: str, *, population: str, n_people: int) -> tuple[Estimate, ...]:
    """Every term of an outcome with the same reason in place of a number."""
    return tuple(
        refused(
            outcome=outcome, term=term, population=population, n_people=n_people, method=METHOD,
            scale=scale_of(term), reason=sentence(reason),
        )
        for term in (*TERMS, SHARE)
    )  # fmt: skip


def estimates_of(
    inference: Inference, outcome: str, *, population: str, n_people: int, n_rows: int
) -> tuple[Estimate, ...]:
    """Effects on the probability scale, and the share of the total that the mediators carry."""
    found = [
        estimate_of(
            inference, {term: 1.0}, outcome=outcome, term=term, population=population, n_people=n_people,
            n_rows=n_rows, method=METHOD, scale=scale_of(term), note=NOTES[term],
        )
        for term in TERMS
    ]  # fmt: skip
    return (*found, _share(inference, outcome, population=population, n_people=n_people, n_rows=n_rows))


def share_mediated(inference: Inference) -> tuple[float, float, float]:
    """Indirect over total effect, with its interval.

    Fieller's interval (1954, Journal of the Royal Statistical Society B 16:175): all shares s for which
    indirect - s total is not significantly different from zero, by t with the degrees of freedom of the
    total. It is an interval exactly where that of the total leaves zero out; elsewhere any share will do.

    Raises
    ------
    NotIdentifiedError
        The total's interval holds zero, or the two parts pull in opposite directions, where a share has no
        meaning (VanderWeele 2013, Epidemiology 24:175).
    """
    total = contrast_of(inference, {"total": 1.0}, level=LEVEL)
    if total.low <= 0.0 <= total.high:
        raise NotIdentifiedError("the total is not clearly different from zero, so that it has no shares")
    part = contrast_of(inference, {"indirect": 1.0}, level=LEVEL)
    share = part.estimate / total.estimate
    if not 0.0 <= share <= 1.0:
        raise NotIdentifiedError("the direct and the indirect part pull in opposite directions")
    at = [inference.names.index(name) for name in ("indirect", "total")]
    covariance = float(inference.covariance[at[0], at[1]])
    square = two_sided_critical(1.0 - LEVEL, total.df) ** 2
    a = total.estimate**2 - square * total.std_error**2
    b = part.estimate * total.estimate - square * covariance
    c = part.estimate**2 - square * part.std_error**2
    root = math.sqrt(max(b * b - a * c, 0.0))
    return share, (b - root) / a, (b + root) / a


def _share(inference: Inference, outcome: str, *, population: str, n_people: int, n_rows: int) -> Estimate:
    try:
        value, low, high = share_mediated(inference)
    except NotIdentifiedError as reason:
        return refused(
            outcome=outcome, term=SHARE, population=population, n_people=n_people, method=METHOD,
            scale=scale_of(SHARE), reason=sentence(str(reason)),
        )  # fmt: skip
    return Estimate(
        outcome=outcome, term=SHARE, population=population, estimate=value, ci_low=low, ci_high=high,
        n_people=n_people, n_rows=n_rows, method=METHOD, scale=scale_of(SHARE),
        small_sample=f"Fieller's interval, t as for the total; {inference.rule}", note=NOTES[SHARE],
    )  # fmt: skip


def pooled_facts(pooled: Pooled, outcome: str, *, population: str, n_people: int) -> tuple[Diagnostic, ...]:
    """Tell what missing answers cost, both sides of the interaction, and how strong a cause must be."""
    told = [*pooled.diagnostics(
        {term: {term: 1.0} for term in TERMS}, outcome=outcome, population=population, n_people=n_people
    )]  # fmt: skip
    told += [
        fact_of(
            pooled.inference, term, outcome, term, population=population, n_people=n_people, detail=detail
        )
        for term, detail in OTHERS.items()
    ]
    for term in TERMS[2:]:
        try:
            needed = needed_confounding(contrast_of(pooled.inference, {term: 1.0}, level=LEVEL))
        except NotIdentifiedError:
            continue
        words = (
            "a hidden cause of mediator and outcome that changes the chance of the outcome by this much, and "
            "whose share differs as much between the kinds of program among people of equal mediators, would "
        )
        for name, value, does in (
            (f"confounding_to_cancel_{term}", needed.to_cancel, "explain it all"),
            (f"confounding_to_reach_zero_{term}", needed.to_reach_zero, "let the interval hold zero"),
        ):
            told.append(
                Diagnostic(
                    outcome=outcome, diagnostic=name, population=population, value=value, detail=words + does,
                    n_people=n_people,
                )
            )  # fmt: skip
    return tuple(told)


def other_way(
    found: Inference | NotIdentifiedError, outcome: str, way: str, *, population: str, n_people: int,
    detail: str,
) -> tuple[Diagnostic, ...]:  # fmt: skip
    """Sensitivity rows `sensitivity_<term>_<way>` of every term."""
    return tuple(
        fact_of(
            found, term, outcome, f"sensitivity_{term}_{way}", population=population, n_people=n_people,
            detail=detail,
        )
        for term in TERMS
    )  # fmt: skip


def correlation_facts(
    found: Mapping[str, float | NotIdentifiedError], outcome: str, *, population: str, n_people: int
) -> tuple[Diagnostic, ...]:
    """Tell for each mediator alone the correlation of hidden errors at which it would carry nothing."""
    words = (
        "correlation of what is hidden in mediator and outcome at which this mediator alone would carry "
        "nothing (probit outcome, no product with program); taken as zero in the estimate"
    )
    return tuple(
        Diagnostic(
            outcome=outcome, diagnostic=f"correlation_to_cancel_indirect_{name}", population=population,
            value=None if isinstance(value, NotIdentifiedError) else value,
            detail=f"not answered: {value}" if isinstance(value, NotIdentifiedError) else words,
            n_people=n_people,
        )
        for name, value in found.items()
    )  # fmt: skip


def fact_of(
    found: Inference | NotIdentifiedError, term: str, outcome: str, diagnostic: str, *, population: str,
    n_people: int, detail: str,
) -> Diagnostic:  # fmt: skip
    """One effect with its interval as a diagnostic, or the reason why there is none."""
    value = low = high = None
    try:
        if isinstance(found, NotIdentifiedError):
            raise found
        told = contrast_of(found, {term: 1.0}, level=LEVEL)
        value, low, high = told.estimate, told.low, told.high
    except NotIdentifiedError as reason:
        detail = f"not answered: {reason}"
    return Diagnostic(
        outcome=outcome, diagnostic=diagnostic, population=population, value=value, ci_low=low, ci_high=high,
        detail=detail, n_people=n_people,
    )  # fmt: skip


def sentence(reason: str) -> str:
    """Reason with a capital and a full stop."""
    text = reason[:1].upper() + reason[1:]
    return text if text.endswith(".") else f"{text}."
