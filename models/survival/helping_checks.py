"""Checks of the comparison of helpers with others, and the same numbers worked out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from models.comparison.attrition import LEAST_CHANCE
from models.comparison.cohort import PERSON
from models.comparison.covariate_columns import columns, covariates
from models.comparison.penalized_regression import fit, predict
from models.estimate import Diagnostic
from models.fitness import LIMITS
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.survival import cox
from models.survival.aalen_johansen import aalen_johansen
from models.survival.by_program import Sureness, by_program, program_df, shares_of, surer
from models.survival.first_use_cohort import FIRST_USE
from models.survival.first_use_ratios import NO_DRIFT_TEST
from models.survival.helping_answers import (
    ASI,
    CATEGORIES,
    GROUPS,
    HELPING,
    MEETINGS,
    WINDOW,
    arrays,
    in_window,
    log_hazard_ratio,
    programs_of,
    regression,
    sureness_of,
)
from models.survival.helping_groups import USED, Group, sure_of_means
from models.survival.landmark import AtLandmark, held_after_exit
from models.survival.log_rank import log_rank
from models.survival.restricted_mean import log_ratio

PENALTY: Final = 1.0  # of a standardized coefficient in the chance of being reached, as for comparisons
PREDICT_LOSS: Final = (*ASI, *CATEGORIES, "program_model", "primary_substance", "justice_status")
Numbers = tuple[float, float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The people compared, where they come from, the groups that have a curve, and settings."""

    people: pl.DataFrame
    at: AtLandmark
    population: str
    helping_cut: float
    groups: Mapping[str, Group]
    adjusted_for: tuple[str, ...]
    minimum_people: int

    @property
    def complete(self) -> pl.DataFrame:
        """People with an answer to every covariate of the adjusted ratio."""
        return self.people.drop_nulls(list(self.adjusted_for))

    def fact(
        self, name: str, detail: str, find: Callable[[], Numbers], n_people: int | None = None
    ) -> Diagnostic:
        """One diagnostic, without a value where there is none, for the reason that `find` gives."""
        value: float | None
        low: float | None
        high: float | None
        try:
            value, low, high = find()
        except NotIdentifiedError as reason:
            value, low, high, detail = None, None, None, str(reason)
        return Diagnostic(
            outcome=FIRST_USE, diagnostic=name, population=self.population, value=value, ci_low=low,
            ci_high=high, detail=detail, n_people=self.people.height if n_people is None else n_people,
        )  # fmt: skip


def checks(case: Case, assessments: pl.DataFrame) -> tuple[Diagnostic, ...]:
    """All checks and sensitivity rows of the analysis."""
    return (*_groups(case), *_drift(case), *_otherwise(case), *_when_reached(case), _ever(case, assessments))


def _groups(case: Case) -> list[Diagnostic]:
    """How the groups differ: log-rank test, restricted means, meetings and severity."""
    days, used = arrays(case.people)
    group = case.people["helper"].to_numpy().astype(np.int64)
    told = [
        case.fact(
            "log_rank_p", "p-value of the log-rank test that both groups use at the same rate",
            lambda: (log_rank(days, used, group).p_value, None, None),
        )
    ]  # fmt: skip
    for name in GROUPS:
        chosen = case.people.filter(pl.col("helper") == (name == GROUPS[0]))
        told.append(
            case.fact(
                f"restricted_mean_{name}", f"mean days without use in 12 months from the landmark, {name}",
                partial(_mean, case, name), chosen.height,
            )
        )  # fmt: skip
        for covariate, words in (
            (MEETINGS, "mean meetings in the past 30 days at the landmark"),
            ("severity", "mean of the seven ASI composites at entry"),
        ):
            answers = chosen[covariate].drop_nulls()
            told.append(
                case.fact(
                    f"{'meetings' if covariate == MEETINGS else covariate}_{name}", f"{words}, {name}",
                    partial(_average, answers), answers.len(),
                )
            )  # fmt: skip
    told.append(
        case.fact(
            "restricted_mean_ratio", "ratio of the restricted mean days without use, helpers over others",
            lambda: _mean_ratio(case),
        )
    )  # fmt: skip
    return told


def _average(answers: pl.Series) -> Numbers:
    if not answers.len():
        raise NotIdentifiedError("nobody in the group answered")
    return float(answers.to_numpy().mean()), None, None


def _group(case: Case, name: str) -> Group:
    if name not in case.groups:
        raise NotIdentifiedError(f"the {name} have no curve over the 12 months")
    return case.groups[name]


def _mean(case: Case, name: str) -> Numbers:
    mean = _group(case, name).mean
    if not mean.std_error > 0:
        return mean.value, None, None
    half = _checked(*sure_of_means(case.groups, mean.value, mean.std_error, {name: 1.0})).half
    return mean.value, mean.value - half, mean.value + half


def _mean_ratio(case: Case) -> Numbers:
    of, against = (_group(case, name).mean for name in GROUPS)
    value, error = log_ratio(of, against)
    factors = dict(zip(GROUPS, (1.0 / of.value, -1.0 / against.value), strict=True))
    return _exponent(value, _checked(*sure_of_means(case.groups, value, error, factors)))


def _checked(sure: Sureness, df: float | None) -> Sureness:
    """Refuse where programs leave too few degrees of freedom."""
    if df is not None and not df >= LIMITS["degrees_of_freedom"].limit:
        raise NotIdentifiedError(LIMITS["degrees_of_freedom"].failed)
    return sure


def _drift(case: Case) -> list[Diagnostic]:
    """Proportional hazards, among people with an answer to every covariate (cox.proportional_hazards_p)."""
    told = []
    for term, people, adjusted_for in (
        ("helping", case.people, ()),
        ("helping_adjusted", case.complete, case.adjusted_for),
    ):
        tests = {term: "the ratio of helpers to others stays the same; small speaks against"}
        if adjusted_for:
            tests[f"{term}_global"] = "all ratios of the adjusted model stay the same; small speaks against"
        for name, what in tests.items():
            told.append(
                case.fact(
                    f"proportional_hazards_p_{name}", f"p-value of the test that {what}",
                    partial(_drift_p, case, people, adjusted_for, together=name.endswith("_global")),
                    people.height,
                )
            )  # fmt: skip
    return told


def _drift_p(case: Case, people: pl.DataFrame, adjusted_for: tuple[str, ...], *, together: bool) -> Numbers:
    fitted, _ = regression(people, adjusted_for, case.minimum_people)
    p_value = cox.proportional_hazards_p(fitted, range(fitted.beta.size) if together else (0,))
    if p_value is None:
        raise NotIdentifiedError(NO_DRIFT_TEST)
    return p_value, None, None


def _otherwise(case: Case) -> list[Diagnostic]:
    """Ratios with fewer covariates, among complete cases, and with people as if drawn one by one."""
    complete = case.complete

    def ratio(people: pl.DataFrame, adjusted_for: tuple[str, ...]) -> Numbers:
        log = log_hazard_ratio(people, adjusted_for, case.minimum_people)
        return _exponent(float(log.beta[0]), _checked(*sureness_of(log)))

    def by_person() -> Numbers:
        log = log_hazard_ratio(case.people, (), case.minimum_people)
        return _exponent(float(log.beta[0]), surer(float(np.sqrt(log.covariance[0, 0])), None, np.ones(1)))

    with_meetings = case.people.drop_nulls(MEETINGS)
    alone = "the interval takes people as if drawn one by one, and does not allow for programs that differ"
    return [
        case.fact(
            "sensitivity_helping_adjusted_complete_cases", "hazard ratio of people with every answer alone",
            lambda: ratio(complete, case.adjusted_for), complete.height,
        ),
        case.fact(
            "sensitivity_helping_adjusted_meetings_alone", "hazard ratio given meetings alone",
            lambda: ratio(with_meetings, (MEETINGS,)), with_meetings.height,
        ),
        case.fact("sensitivity_helping_by_person", alone, by_person),
    ]  # fmt: skip


def _when_reached(case: Case) -> list[Diagnostic]:
    """Weigh people by 1 / chance of an interview after treatment, so that they stand for those lost.

    Logistic regression with a weak ridge penalty on what was known at entry (Robins, Rotnitzky & Zhao 1995,
    JASA 90:106); missing numbers at their mean with an indicator. Chances below `LEAST_CHANCE` are raised to
    it. Variances are of influences by program, and by person at the least, the weights taken as known, which
    errs to the safe side on average.
    """
    weights: dict[str, float] = {}
    why = ""
    try:
        weights = _weights(case)
    except NotIdentifiedError as reason:
        why = str(reason)

    def of(people: pl.DataFrame) -> Array:
        if why:
            raise NotIdentifiedError(why)
        return np.array([weights[person] for person in people[PERSON]])

    def ratio(people: pl.DataFrame, adjusted_for: tuple[str, ...]) -> Numbers:
        fitted, _ = regression(people, adjusted_for, case.minimum_people, weights=of(people))
        covariance, _ = cox.robust_covariance(fitted, np.arange(people.height))
        log = fitted.beta[:1]
        programs = by_program(("helping",), log, fitted.influence[:, :1], programs_of(people))
        sure = surer(float(np.sqrt(covariance[0, 0])), programs, np.ones(1))
        return _exponent(float(log[0]), _checked(sure, program_df(programs, np.ones(1))))

    def share(name: str) -> Numbers:
        _group(case, name)
        chosen = case.people.filter(pl.col("helper") == (name == GROUPS[0]))
        days, used = arrays(chosen)
        curve = aalen_johansen(days, used.astype(np.int64), weights=of(chosen))
        found, _ = shares_of(curve, USED, (WINDOW,), programs_of(chosen)).at(WINDOW)
        if found.low is None or found.high is None:
            return 1.0 - found.value, None, None
        return 1.0 - found.value, 1.0 - found.high, 1.0 - found.low

    complete = case.complete
    words = "weighted so that people with an interview after treatment stand for those lost before it"
    return [
        *(
            case.fact(
                f"sensitivity_{name}_12_months_attrition_weighted", words, partial(share, name),
                case.people.filter(pl.col("helper") == (name == GROUPS[0])).height,
            )
            for name in GROUPS
        ),
        case.fact(
            "sensitivity_helping_attrition_weighted", words, lambda: ratio(case.people, ())
        ),
        case.fact(
            "sensitivity_helping_adjusted_attrition_weighted", f"{words}; people with every answer",
            lambda: ratio(complete, case.adjusted_for), complete.height,
        ),
    ]  # fmt: skip


def _weights(case: Case) -> dict[str, float]:
    """1 / chance of an interview after treatment, by participant."""
    due = case.at.out.drop_nulls("came")
    came = due["came"].to_numpy().astype(bool)
    if min(int(came.sum()), case.people.height) < case.minimum_people:
        raise NotIdentifiedError(f"fewer than {case.minimum_people} people have an interview after treatment")
    told = due.with_columns(
        *(pl.col(name).cast(pl.Float64).fill_null(strategy="mean") for name in ASI),
        *(pl.col(name).is_null().alias(f"{name}_missing") for name in ASI),
        *(pl.col(name).cast(pl.String).fill_null("not_known") for name in PREDICT_LOSS if name not in ASI),
    )
    known = [name for name in ASI if told[name].null_count() == 0]
    names = [*known, *(f"{name}_missing" for name in known), *PREDICT_LOSS[len(ASI) :]]
    design = columns(told, covariates(told, names)).design
    beta = fit(design, came.astype(float), family="logistic", penalty=PENALTY)
    chance = np.maximum(predict(design, beta, "logistic"), LEAST_CHANCE)
    return dict(zip(due[PERSON], (1.0 / chance).tolist(), strict=True))


def _ever(case: Case, assessments: pl.DataFrame) -> Diagnostic:
    """Be wrong on purpose: count people who ever helped before they used as helpers from the exit on."""
    out = case.at.out.drop_nulls("seen_day").filter(pl.col("seen_day") > pl.col("exit_day"))
    helped = (
        held_after_exit(assessments, out)
        .join(out.select(PERSON, "seen_day"), on=PERSON)
        .filter((pl.col(HELPING) >= case.helping_cut) & (pl.col("landmark") <= pl.col("seen_day")))
        .select(PERSON, helper=pl.lit(value=True))
        .unique()
    )
    people = in_window(out.with_columns(day=pl.col("seen_day") - pl.col("exit_day"))).join(
        helped, on=PERSON, how="left"
    )

    def naive() -> Numbers:
        fitted, _ = regression(
            people.with_columns(pl.col("helper").fill_null(value=False)), (), case.minimum_people
        )
        error = float(np.sqrt(fitted.covariance[0, 0]))
        return _exponent(float(fitted.beta[0]), surer(error, None, np.ones(1)))

    return case.fact(
        "sensitivity_helping_ever_helped",
        "a mistake shown on purpose: helpers are those who ever helped before they used, counted from the "
        "exit, and are credited with the days without use until they could be asked (immortal time)",
        naive, people.height,
    )  # fmt: skip


def _exponent(log: float, sure: Sureness) -> Numbers:
    return float(np.exp(log)), float(np.exp(log - sure.half)), float(np.exp(log + sure.half))
