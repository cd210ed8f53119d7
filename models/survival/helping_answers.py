"""What one complete set of people at the landmark says of helping: curves and hazard ratios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.comparison.cohort import AREAS, PROGRAM
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError
from models.survival import cox
from models.survival.by_program import Sureness, by_program, program_df, surer
from models.survival.first_use_cohort import indicators
from models.survival.kaplan_meier import KaplanMeier, expected_to_reach, kaplan_meier

WINDOW: Final = 365  # days from the landmark: 12 months
HELPING: Final = "sos"
MEETINGS: Final = "twelve_step_meetings_30"
PER_MEETINGS: Final = 10.0  # the step of the ratio for meetings; it decides nothing else
CATEGORIES: Final = ("sex", "age_band")
ASI: Final = tuple(f"asi_{area}_baseline" for area in AREAS)
GROUPS: Final = ("helpers", "others")
COX: Final = "Wald on the log scale; standard error of the ratio by the delta method"
BY_PERSON: Final = "by_person"  # the ratio's coefficient, people as what was sampled
BY_PROGRAM: Final = "by_program"  # the same coefficient, programs as what was sampled


def in_window(followed: pl.DataFrame) -> pl.DataFrame:
    """Cut follow-up at the end of the window: `day` at most `WINDOW`, `used` by then."""
    return followed.with_columns(
        used=pl.col("used") & (pl.col("day") <= WINDOW), day=pl.col("day").clip(upper_bound=float(WINDOW))
    )


def with_covariates(people: pl.DataFrame, helping_cut: float) -> pl.DataFrame:
    """Add `helper` (score at or above the cut) and `severity` (mean of the seven ASI composites at entry).

    Both null where an answer that makes them is missing.
    """
    return people.with_columns(
        helper=pl.col(HELPING) >= helping_cut,
        severity=pl.sum_horizontal(ASI, ignore_nulls=False) / len(ASI),
    )


def arrays(people: pl.DataFrame) -> tuple[Array, NDArray[np.bool_]]:
    """Days and whether they ended in use."""
    return people["day"].to_numpy().astype(float), people["used"].to_numpy().astype(bool)


def group_curve(people: pl.DataFrame, group: str, minimum_people: int) -> KaplanMeier:
    """Kaplan-Meier curve of helpers or others.

    Raises
    ------
    NotIdentifiedError
        Too few people in the group, or followed for 12 months.
    """
    chosen = people.filter(pl.col("helper") == (group == GROUPS[0]))
    if chosen.height < minimum_people:
        raise NotIdentifiedError(f"fewer than {minimum_people} {group} were without use at the interview")
    days, used = arrays(chosen)
    curve = kaplan_meier(days, used)
    if curve.known_until < WINDOW or expected_to_reach(curve, used, np.array([WINDOW]))[0] < minimum_people:
        raise NotIdentifiedError(f"fewer than {minimum_people} {group} could be followed for 12 months")
    return curve


def design(people: pl.DataFrame, covariates: tuple[str, ...]) -> dict[str, Array]:
    """Columns of each covariate, helping first; categories as indicators, those that do not vary left out."""
    made: dict[str, Array] = {"helping": _column(people["helper"].cast(pl.Float64))}
    for name in covariates:
        if name in CATEGORIES:
            columns = indicators(people, (name,))
        else:
            values = people[name].cast(pl.Float64)
            columns = _column(values / PER_MEETINGS if name == MEETINGS else values)
        if columns.shape[1] and np.any(columns.std(axis=0) > 0):
            made[name] = columns
    return made


def regression(
    people: pl.DataFrame,
    covariates: tuple[str, ...],
    minimum_people: int,
    weights: Array | None = None,
) -> tuple[cox.CoxFit, Mapping[str, Array]]:
    """Cox regression of first use within 12 months on helping and covariates, and its columns.

    Raises
    ------
    NotIdentifiedError
        Too few people on either side, or first uses; or as `cox.fit`.
    """
    helpers = int(people["helper"].sum())
    if min(helpers, people.height - helpers) < minimum_people:
        raise NotIdentifiedError(f"fewer than {minimum_people} helpers, or others, to compare")
    days, used = arrays(people)
    if int(used.sum()) < minimum_people:
        raise NotIdentifiedError(f"fewer than {minimum_people} first uses within 12 months")
    columns = design(people, covariates)
    fitted = cox.fit(stop=days, event=used, x=np.column_stack(list(columns.values())), weights=weights)
    return fitted, columns


def log_hazard_ratio(people: pl.DataFrame, covariates: tuple[str, ...], minimum_people: int) -> Inference:
    """Log hazard ratio of helpers against others, with people and with programs as what was sampled.

    Two names of one coefficient: `BY_PERSON` with the variance of the information and the normal
    distribution, `BY_PROGRAM` (not where all are of one program) with that of influences summed by program
    (`by_program.by_program`). They are pooled over copies together; the wider interval is the answer
    (`by_program.surer`).
    """
    fitted, _ = regression(people, covariates, minimum_people)
    beta = fitted.beta[:1]
    programs = by_program((BY_PROGRAM,), beta, fitted.influence[:, :1], programs_of(people))
    if programs is None:
        return Inference(
            names=(BY_PERSON,), beta=beta, covariance=fitted.covariance[:1, :1], df=lambda _: np.inf,
            rule=COX, df_of="clusters",
        )  # fmt: skip
    inner = programs.df

    def df(contrast: Array) -> float:
        return np.inf if contrast[1] == 0.0 else inner(contrast[1:])

    return Inference(
        names=(BY_PERSON, BY_PROGRAM), beta=np.repeat(beta, 2), df=df, rule=f"{COX}; {programs.rule}",
        covariance=np.diag([fitted.covariance[0, 0], programs.covariance[0, 0]]), df_of="clusters",
    )  # fmt: skip


def sureness_of(log: Inference) -> tuple[Sureness, float | None]:
    """Take the wider interval of a log hazard ratio, and the degrees of freedom that programs leave."""
    error, df = float(np.sqrt(log.covariance[0, 0])), float(log.df(np.eye(len(log.names))[0]))
    if len(log.names) == 1:
        return surer(error, None, np.ones(1), people_df=df), None
    contrast = np.array([0.0, 1.0])
    return surer(error, log, contrast, people_df=df), program_df(log, contrast)


def programs_of(people: pl.DataFrame) -> NDArray[np.int64]:
    """Give each person the number 0, 1, ... of their program."""
    return (people[PROGRAM].cast(pl.String).rank("dense") - 1).to_numpy().astype(np.int64)


def _column(values: pl.Series) -> Array:
    return np.asarray(values.to_numpy(), dtype=np.float64)[:, None]
