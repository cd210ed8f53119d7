"""Hazard ratios of first use: by support from friends, by link to primary care, by trial arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.estimate import LEVEL, Diagnostic, Estimate, refused
from models.refusal import NotIdentifiedError
from models.survival import cox
from models.survival.first_use_cohort import FIRST_USE, indicators, pool_rare, split_at_link

TREATED_ARM, USUAL_CARE = "intervention", "usual_care"
ADJUSTED_FOR = ("sex", "primary_substance")
SCALE = "hazard ratio"
COX = "Cox regression, Efron ties"
WALD = "normal (Wald) on the log scale; standard error by the delta method; no degrees of freedom"
DRIFTS: Final = 0.05  # p-value of a proportional-hazards check below which the note says so
DRIFT_NOTE = (
    " The check of proportional hazards speaks against this model: read the ratio as an average over the "
    "follow-up."
)
NO_DRIFT_TEST = "no value: the first uses leave no time over which a ratio could drift"
ASSOCIATION = "An association among people who could be followed, not an effect."
BY_CHANCE = (
    "Chance decided who was assigned: the comparison is fair for everybody assigned, but only the "
    "people who could be followed are in it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """One Cox regression. The first of `covariates` (n_rows, columns) is the term's, one column.

    `too_few` ends the sentence "Fewer than ten people ..." where the contrast has too few on one side.
    """

    term: str
    method: str
    rows: pl.DataFrame
    covariates: Mapping[str, NDArray[np.float64]]
    note: str
    too_few: str
    split: bool = False


def hazard_ratios(
    followed: pl.DataFrame, supported: pl.DataFrame, population: str, minimum_people: int
) -> Iterator[tuple[Estimate, tuple[Diagnostic, ...]]]:
    """Fit the five regressions, each on the people whose covariates are known, with their checks.

    Parameters
    ----------
    followed, supported : pl.DataFrame
        Rows of `first_use_cohort` with a known first use, and those of them with known friend support.
    population : str
        Name of the population.
    minimum_people : int
        Least number of people, of first uses, and of people on either side of a contrast.
    """
    for model in _models(followed, supported, minimum_people):
        yield _hazard_ratio(model, population, minimum_people)


def _models(followed: pl.DataFrame, supported: pl.DataFrame, minimum_people: int) -> list[_Model]:
    complete = pool_rare(supported.drop_nulls(list(ADJUSTED_FOR)), ADJUSTED_FOR, minimum_people)
    known_link = pool_rare(complete.drop_nulls("link_day"), ADJUSTED_FOR, minimum_people)
    # An arm of another name is no part of this contrast, and is not pooled into either of the two.
    assigned = followed.filter(pl.col("trial_arm").is_in([TREATED_ARM, USUAL_CARE]))
    split, split_complete = split_at_link(followed), split_at_link(known_link)
    scores = supported["friend_support"]
    support, support_complete, support_split = (
        _per_sd(rows["friend_support"], scores) for rows in (supported, complete, split_complete)
    )
    adjusted = ", adjusted for sex and primary substance"
    while_linked = (
        f"{ASSOCIATION} Link counts from the day after it happened, so that no one is credited early."
    )
    same_support = "had another friend support than the most frequent one."
    unlinked = "linked to care while they were followed, or were followed before a link."
    return [
        _Model(
            term="friend_support_per_sd", method=COX, rows=supported, note=ASSOCIATION,
            covariates={"friend_support": support}, too_few=same_support,
        ),
        _Model(
            term="friend_support_per_sd_adjusted", method=COX + adjusted, rows=complete, note=ASSOCIATION,
            covariates={"friend_support": support_complete, **_adjustment(complete)}, too_few=same_support,
        ),
        _Model(
            term="linked_to_care", method=f"{COX}, link time-varying", rows=split, note=while_linked,
            covariates={"linked": _column(split["linked_now"])}, too_few=unlinked, split=True,
        ),
        _Model(
            term="linked_to_care_adjusted", method=f"{COX}, link time-varying{adjusted} and friend support",
            rows=split_complete, note=while_linked, too_few=unlinked, split=True,
            covariates={
                "linked": _column(split_complete["linked_now"]),
                "friend_support": support_split,
                **_adjustment(split_complete),
            },
        ),
        _Model(
            term="assigned_to_intervention", method=f"{COX}, as assigned (intention to treat)", rows=assigned,
            covariates={"assigned": _column(assigned["trial_arm"] == TREATED_ARM)}, note=BY_CHANCE,
            too_few="were in one of the two arms.",
        ),
    ]  # fmt: skip


def _column(values: pl.Series) -> NDArray[np.float64]:
    return np.asarray(values.cast(pl.Float64).to_numpy(), dtype=np.float64)[:, None]


def _per_sd(values: pl.Series, reference: pl.Series) -> NDArray[np.float64]:
    """Values in standard deviations of the people followed; unscaled where these do not vary."""
    spread = reference.to_numpy().std(ddof=1) if reference.len() > 1 else 0.0
    return _column(values) / (spread if spread > 0 else 1.0)


def _adjustment(rows: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Columns of each adjusting covariate that varies."""
    made = {name: indicators(rows, (name,)) for name in ADJUSTED_FOR}
    return {name: columns for name, columns in made.items() if columns.shape[1]}


def _on_smaller_side(model: _Model) -> int:
    """People who at any time have another value of the term than the most frequent one."""
    column = next(iter(model.covariates.values()))[:, 0]
    values, counts = np.unique(column, return_counts=True)
    if values.size < 2:
        return 0
    return model.rows.filter(pl.Series(column != values[np.argmax(counts)]))["participant_id"].n_unique()


def _hazard_ratio(
    model: _Model, population: str, minimum_people: int
) -> tuple[Estimate, tuple[Diagnostic, ...]]:
    """First coefficient as a hazard ratio, with its proportional-hazards checks."""
    rows = model.rows
    people = rows["participant_id"].n_unique()
    used = rows["event"] if model.split else rows["used"]
    events = int(used.sum())
    reason = ""
    if people < minimum_people or events < minimum_people:
        reason = f"Fewer than {minimum_people} people, or first uses, to compare."
    elif _on_smaller_side(model) < minimum_people:
        reason = f"Fewer than {minimum_people} people {model.too_few}"
    else:
        try:
            fitted = cox.fit(
                stop=rows["stop" if model.split else "day"].to_numpy(),
                start=rows["start"].to_numpy() if model.split else None,
                event=used.to_numpy().astype(bool),
                x=np.column_stack(list(model.covariates.values())),
            )
        except NotIdentifiedError as error:
            reason = f"Not identified: {error}."
    if reason:
        return refused(
            outcome=FIRST_USE, term=model.term, population=population, n_people=people,
            method=model.method, scale=SCALE, reason=reason,
        ), ()  # fmt: skip
    checks = _drift_checks(model, fitted, population, people)
    drifts = any(row.value is not None and row.value < DRIFTS for row in (checks[0], checks[-1]))
    log_ratio, error_log = float(fitted.beta[0]), float(np.sqrt(fitted.covariance[0, 0]))
    half = float(stats.norm.ppf(0.5 + LEVEL / 2)) * error_log
    ratio = float(np.exp(log_ratio))
    estimate = Estimate(
        outcome=FIRST_USE, term=model.term, population=population, estimate=ratio,
        std_error=ratio * error_log, ci_low=float(np.exp(log_ratio - half)),
        ci_high=float(np.exp(log_ratio + half)), p_value=float(2 * stats.norm.sf(abs(log_ratio / error_log))),
        n_people=people, n_rows=rows.height, n_events=events, method=model.method, scale=SCALE,
        small_sample=WALD, note=model.note + DRIFT_NOTE * drifts,
    )  # fmt: skip
    return estimate, checks


def _drift_checks(model: _Model, fitted: cox.CoxFit, population: str, people: int) -> tuple[Diagnostic, ...]:
    """Test of proportional hazards: the term first; with more covariates each of them, all together last."""
    blocks: dict[str, range] = {}
    end = 0
    for name, columns in model.covariates.items():
        blocks[name] = range(end, end + columns.shape[1])
        end += columns.shape[1]
    term, *others = blocks
    tests = {model.term: (blocks[term], "the ratio stays the same over time")}
    for name in others:
        tests[f"{model.term}_{name}"] = (blocks[name], f"the ratios of {name} stay the same over time")
    if others:
        tests[f"{model.term}_global"] = (range(end), "all ratios of the model stay the same over time")
    checks = []
    for name, (chosen, what) in tests.items():
        p_value = cox.proportional_hazards_p(fitted, chosen)
        checks.append(
            Diagnostic(
                outcome=FIRST_USE, diagnostic=f"proportional_hazards_p_{name}", population=population,
                value=p_value, n_people=people,
                detail=f"p-value of the test that {what}; small speaks against it"
                if p_value is not None
                else NO_DRIFT_TEST,
            )
        )  # fmt: skip
    return tuple(checks)
