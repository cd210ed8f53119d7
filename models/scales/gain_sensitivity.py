"""The same gains under other assumptions about those who were lost, and from mixed models."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from models.comparison.attrition import LEAST_CHANCE, PENALTY
from models.comparison.cohort import PERSON, PROGRAM
from models.comparison.covariate_columns import columns, covariates
from models.comparison.penalized_regression import fit as fit_logistic
from models.comparison.penalized_regression import predict
from models.estimate import MINIMUM_PEOPLE
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError
from models.scales.gains import CHANGE, Gain, due, gains_of
from models.scales.wide_scores import BASELINE, MODEL, PREDICTORS, WAVES
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit
from models.within_person.linear.small_sample import kenward_roger
from models.within_person.linear.sums import person_sums

CONSTANT: Final = "constant"


def attrition_weighted(people: pl.DataFrame, copy: pl.DataFrame, gain: Gain) -> Inference:
    """Gains of those with both scores, weighted to stand for all who were due.

    Weights 1 / P(both scores | baseline, program model), of a logistic regression with a weak ridge penalty
    (Robins, Rotnitzky & Zhao 1995, JASA 90:106), chances below `LEAST_CHANCE` raised to it. The interval
    takes the weights as known, which for such weights errs on the side of too wide.

    Parameters
    ----------
    people : pl.DataFrame
        Of `wide_scores`, all of them.
    copy : pl.DataFrame
        One imputed copy of the same rows: baseline answers without gaps.
    gain : Gain

    Raises
    ------
    NotIdentifiedError
        Fewer than `MINIMUM_PEOPLE` with both scores; as `gains_of`.
    """
    here = due(people, gain.wave)
    baseline = copy.join(here.select(PERSON), on=PERSON, how="semi", maintain_order="left")
    scored = np.isfinite(gain.values(here)).all(axis=1)
    if int(scored.sum()) < MINIMUM_PEOPLE:
        raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} people have both scores")
    used = [f"{gain.outcome}_{BASELINE}", *PREDICTORS, MODEL]
    design = columns(baseline, covariates(baseline, used)).design
    beta = fit_logistic(design, scored.astype(float), family="logistic", penalty=PENALTY)
    chance = np.maximum(predict(design, beta, "logistic"), LEAST_CHANCE)
    return gains_of(here, gain, weights=np.where(scored, 1.0 / chance, 0.0))


def all_interviews(people: pl.DataFrame, gain: Gain) -> Inference:
    """Change from a mixed model of every interview held, at entry and after, each person with a level.

    y = constant + wave + u_person + e, restricted maximum likelihood, Kenward & Roger's covariance and
    degrees of freedom. People lost after entry stay in; loss may hang on the scores that were seen. Programs
    are not in the model.

    Raises
    ------
    NotIdentifiedError
        The model does not converge or has no answer.
    """
    waves = WAVES[: WAVES.index(gain.wave) + 1]
    parts = [
        people.select(PERSON, y=pl.col(f"{gain.outcome}_{wave}"), wave=pl.lit(number))
        for number, wave in enumerate(waves)
    ]
    rows = pl.concat(parts).drop_nulls("y").sort(PERSON, "wave")
    wave = rows["wave"].to_numpy()
    x = np.column_stack([np.ones(rows.height), *(wave == number for number in range(1, len(waves)))])
    names = (CONSTANT, *(f"{CHANGE}_{wave}" for wave in waves[1:-1]), CHANGE)
    return _mixed(rows["y"].to_numpy(), x.astype(float), names, rows[PERSON], wave.astype(float))


def program_levels(people: pl.DataFrame, gain: Gain) -> Inference:
    """Mean change over programs, each with a level of its own: complete cases.

    change = mean + u_program + e, restricted maximum likelihood, Kenward & Roger. Where programs differ it is
    about the average program rather than the average person.

    Raises
    ------
    NotIdentifiedError
        The model does not converge or has no answer.
    """
    here = due(people, gain.wave)
    change = gain.values(here)[:, gain.names.index(CHANGE)]
    rows = here.select(PROGRAM).with_columns(change=pl.Series(change, nan_to_null=True)).drop_nulls()
    rows = rows.sort(PROGRAM)
    ones = np.ones((rows.height, 1))
    return _mixed(rows["change"].to_numpy(), ones, (CHANGE,), rows[PROGRAM], None)


def _mixed(y: Array, x: Array, names: tuple[str, ...], unit: pl.Series, day: Array | None) -> Inference:
    person = unit.rank("dense").to_numpy().astype(np.intp) - 1
    x = np.ascontiguousarray(x)
    sums = person_sums(ModelRows(y=y, x=x, names=names, random=(0,), person=person, day=day))
    return kenward_roger(fit(sums), sums)
