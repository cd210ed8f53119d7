"""Whether an analysis may speak: gates, their limits in one table, and what is held back where one fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from models.estimate import Diagnostic, Estimate, Findings, refused

NOT_ENOUGH: Final = "Not enough to say"
# Diagnostics that are answers themselves, as is all that has an interval, a p-value or a term in its name.
DERIVED: Final = ("sensitivity_", "e_value", "negative_control", "adjusted_", "restricted_mean_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A value must be `sense` the `limit`; `failed` says in words that it is not, `why` whose limit it is."""

    sense: Literal["at_most", "at_least"]
    limit: float
    failed: str
    why: str

    def passes(self, value: float | None) -> bool:
        """Whether `value` keeps the limit; what could not be measured does not."""
        if value is None or math.isnan(value):
            return False
        return value <= self.limit if self.sense == "at_most" else value >= self.limit


# The limits of all gates. Most are conventions: `why` says whose, and what speaks for them.
LIMITS: Final[dict[str, Limit]] = {
    "balance": Limit(
        sense="at_most", limit=0.25,
        failed="the groups still differ at baseline by more than a quarter of a standard deviation",
        why="A convention of Rubin 2001 (Health Services and Outcomes Research Methodology 2:169) and"
        " Stuart 2010 (Statistical Science 25:1): beyond .25, adjusting by regression is no "
        "longer trustworthy.",
    ),
    "effective_sample_size": Limit(
        sense="at_least", limit=20.0,
        failed="after weighting, one group weighs no more than a handful of people",
        why="Our convention, in effective people of the smaller arm (Kish 1965, Survey Sampling): the"
        " usual rule of five with and five without asks for 20 people where a share lies between "
        ".25 and .75.",
    ),
    "overlap": Limit(
        sense="at_least", limit=0.5,
        failed="for most people of one group there is nobody comparable in the other",
        why="Our convention, in the share kept of the arm that loses more by the trimming of Crump et"
        " al. 2009 (Biometrika 96:187): below it the answer is about the lesser part of those it "
        "is asked for.",
    ),
    "programs_by_arm": Limit(
        sense="at_least", limit=4.0,
        failed="there are too few programs of one kind to tell programs from chance",
        why="Our convention, of the arm with fewer: three programs against three can be dealt out in "
        "20 ways, so that no exact two-sided test comes below p = .10; four against four reach "
        ".03.",
    ),
    "houses": Limit(
        sense="at_least", limit=4.0,
        failed="there are too few houses to tell how far houses differ",
        why="Our convention, as for programs: the interval rests on how houses differ, and of three "
        "nobody can tell.",
    ),
    "follow_up": Limit(
        sense="at_least", limit=0.5,
        failed="fewer than half of those due were interviewed",
        why="Our convention, of the arm with the lower rate and low on purpose: with more lost than "
        "reached, the answer rests mainly on the model of those lost. Good studies of the field "
        "reach far more (Scott 2004, Drug and Alcohol Dependence 74:21).",
    ),
    "answers": Limit(
        sense="at_least", limit=0.5,
        failed="fewer than half of those due answered this question",
        why="Our convention, as for follow-up and of the group that answered least: an interview held is no "
        "answer to its every question, and with more imputed than given the answer is the imputation's.",
    ),
    "missing_information": Limit(
        sense="at_most", limit=0.5,
        failed="more of the range would come from missing answers than from those given",
        why="Share of the variance that is due to missing answers, (1 + 1/m) B / T, B at its lower 95% "
        "limit, as few copies tell it badly. Above .5 the imputation model says more than the answers (van "
        "Buuren 2018, Flexible Imputation of Missing Data, 2nd ed., section 2.3.5). Not Rubin's fraction of "
        "missing information: with some eight degrees of freedom "
        "that is a fifth before anybody is missing.",
    ),
    "follow_up_difference": Limit(
        sense="at_most", limit=0.20,
        failed="the groups differ by more than 20 points in how many were interviewed",
        why="Our convention, in points between the arms; looser than the What Works Clearinghouse, "
        "whose limits fall with the overall loss, because those lost are imputed and weighted "
        "here.",
    ),
    "degrees_of_freedom": Limit(
        sense="at_least", limit=4.0,
        failed="too few programs carry the comparison for an interval to be trusted",
        why="A convention after Pustejovsky & Tipton 2018 (Journal of Business & Economic Statistics "
        "36:672): below about four, corrected (CR2, Satterthwaite) tests of unbalanced covariates do "
        "not keep their level. Comparisons of kinds of programs keep it further down, to about two, "
        "by influence functions and by CR2, with normal and with skewed programs "
        "(tests/simulation/fewest_degrees_of_freedom.json), so that one limit serves both rules: "
        "below it limits lie far apart and rest on very few programs.",
    ),
    "convergence": Limit(
        sense="at_least", limit=1.0,
        failed="the model did not settle on an answer",
        why="An iteration that has not ended has no answer; 1 for converged, 0 for not.",
    ),
    "imputation": Limit(
        sense="at_least", limit=1.0,
        failed="the missing answers could not be imputed reliably",
        why="1 where the chained equations came to agree (potential scale reduction, Gelman & "
        "Rubin 1992).",
    ),
}  # fmt: skip
BALANCED: Final = 0.1  # Austin 2009 (Statistics in Medicine 28:3083): up to here the groups count as balanced


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One condition for an analysis to speak: what was measured, its limit, and in words what follows."""

    name: str
    value: float | None
    limit: float
    passed: bool
    reason: str

    def __post_init__(self) -> None:
        """Refuse a gate that does not say why, and one passed on a value that could not be measured."""
        if not self.reason:
            raise ValueError(f"the gate {self.name} gives no reason")
        if self.passed and (self.value is None or math.isnan(self.value)):
            raise ValueError(f"the gate {self.name} is passed though its value is not known")


def gate(name: str, value: float | None, *, reason: str | None = None) -> Gate:
    """Hold `value` against the limit called `name` in `LIMITS`.

    Parameters
    ----------
    name : str
        Key of `LIMITS`.
    value : float or None
        What was measured, the worst of several (the largest absolute difference, the smaller arm); None or
        NaN where it could not be, which does not pass.
    reason : str, optional
        Words for a failure in place of the table's.
    """
    limit = LIMITS[name]
    passed = limit.passes(value)
    if passed:
        words = _PASSED.get(name, "the limit is kept")
        if name == "balance" and value is not None and value > BALANCED:
            words = "the groups differ somewhat at baseline, and the outcome model adjusts for what is left"
    elif value is None or math.isnan(value):
        words = reason or f"{limit.failed}, or it could not be measured"
    else:
        words = reason or limit.failed
    return Gate(name=name, value=value, limit=limit.limit, passed=passed, reason=words)


_PASSED: Final = {
    "balance": "the groups are balanced at baseline",
    "effective_sample_size": "enough people weigh in each group",
    "overlap": "the groups hold comparable people",
    "programs_by_arm": "there are enough programs of each kind",
    "houses": "there are enough houses",
    "follow_up": "at least half of those due were interviewed",
    "answers": "at least half of those due answered this question",
    "missing_information": "the answers given weigh more than those missing",
    "follow_up_difference": "the groups were followed up about as well",
    "degrees_of_freedom": "enough programs carry the comparison",
    "convergence": "the model converged",
    "imputation": "the chained equations came to agree",
}


def failed(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    """Gates that are not passed."""
    return tuple(one for one in gates if not one.passed)


def held_back(estimates: Sequence[Estimate], gates: Sequence[Gate]) -> tuple[Estimate, ...]:
    """Return the estimates as they are where every gate is passed, without numbers where one failed.

    A withheld estimate keeps its outcome, term, population, people, method and scale. Its rows and events go
    with its numbers (events by people is a rate), as does the text on degrees of freedom. One that was
    refused for a reason of its own keeps that reason.
    """
    reason = _reason(gates)
    if not reason:
        return tuple(estimates)
    return tuple(
        refused(
            outcome=row.outcome, term=row.term, population=row.population, n_people=row.n_people,
            method=row.method, scale=row.scale, reason=row.note if _refused(row) else reason,
        )
        for row in estimates
    )  # fmt: skip


def findings_held_back(findings: Findings, gates: Sequence[Gate]) -> Findings:
    """Hold back all that `findings` say where a gate failed, and add the gates to the diagnostics.

    Curves go. So do the numbers of diagnostics that are answers themselves: sensitivity rows, E-values,
    adjusted means, p-values, whatever has an interval or is named after a term. Facts of how the analysis
    went (follow-up, balance, gates) stay.
    """
    outcomes = sorted({row.outcome for row in findings.estimates})
    populations = sorted({row.population for row in findings.estimates})
    told = tuple(
        fact
        for outcome in outcomes
        for population in populations
        for fact in diagnostics_of(gates, outcome=outcome, population=population)
    )
    reason = _reason(gates)
    if not reason:
        return replace(findings, diagnostics=findings.diagnostics + told)
    terms = {row.term for row in findings.estimates}
    kept = tuple(
        replace(fact, value=None, ci_low=None, ci_high=None, detail=reason) if _answers(fact, terms) else fact
        for fact in findings.diagnostics
    )
    return Findings(
        analysis=findings.analysis, estimates=held_back(findings.estimates, gates), diagnostics=kept + told
    )


def diagnostics_of(gates: Iterable[Gate], *, outcome: str, population: str) -> tuple[Diagnostic, ...]:
    """One diagnostic gate_<name> for each gate: 1 passed, 0 not, and why."""
    return tuple(
        Diagnostic(
            outcome=outcome, diagnostic=f"gate_{one.name}", population=population, value=float(one.passed),
            detail=one.reason,
        )
        for one in gates
    )  # fmt: skip


def _reason(gates: Iterable[Gate]) -> str:
    """Why nothing can be said; empty where every gate is passed."""
    reasons = "; ".join(dict.fromkeys(one.reason.rstrip(".") for one in failed(gates)))
    return f"{NOT_ENOUGH}: {reasons}." if reasons else ""


def _refused(row: Estimate) -> bool:
    return row.estimate is None and row.note != ""


def _answers(fact: Diagnostic, terms: set[str]) -> bool:
    name = fact.diagnostic
    if name.startswith("gate_"):
        return False
    tested = fact.ci_low is not None or "p" in name.split("_")
    return tested or name.startswith(DERIVED) or any(term in name for term in terms)
