"""What a linear mixed model of the same rows would have said: the bias of ignoring floor and ceiling."""

from __future__ import annotations

from dataclasses import dataclass

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import Engine
from models.within_person.linear.fit import fit_rows
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.tobit.fit import TobitFit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """The linear fit, and `by_term` its coefficient minus the Tobit's, in the outcome's unit."""

    linear: LinearFit
    by_term: dict[str, float]


def ignoring_the_bounds(fit: TobitFit, rows: ModelRows, engine: Engine = "auto") -> Ignored:
    """Fit the linear mixed model by maximum likelihood, values at a bound taken as they stand.

    Both by maximum likelihood, so that what differs is the bound alone. The linear slopes are too near zero
    where the bound holds back the outcome (Tobin 1958).
    """
    linear = fit_rows(rows, method="ml", structure=fit.structure, engine=engine)
    gap = {name: float(a - b) for name, a, b in zip(fit.names, linear.beta, fit.beta, strict=True)}
    return Ignored(linear=linear, by_term=gap)
