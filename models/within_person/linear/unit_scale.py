"""Columns of unit scale around zero, so that cross-products keep their digits; and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.linear_fit import Covariance, LinearFit
from models.within_person.linear.origin import check_units

Array = NDArray[np.float64]

COLLINEAR: Final = 1e-11  # smallest eigenvalue of the columns' correlation matrix that tells them apart
CONSTANT: Final = 1e-10  # spread of a column, relative to its size, that counts as variation


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitScale:
    """x K and (y - x offset) / y_scale are the columns in unit scale.

    `columns` K (p, p); `random_columns` the part of K that the columns with a person effect share, (q, q);
    `offset` (p,).
    """

    columns: Array
    random_columns: Array
    offset: Array
    y_scale: float

    def back(self, fit: LinearFit) -> LinearFit:
        """Say a fit of the columns in unit scale of the columns as they were.

        beta = offset + y_scale K beta*; the likelihood loses the density's change of units, and the
        restricted one also log |K|.
        """
        p = self.offset.size
        shift = float(np.log(self.y_scale)) * (fit.n_rows - (p if fit.method == "reml" else 0))
        if fit.method == "reml":
            shift -= float(np.log(np.diag(self.columns)).sum())
        return replace(
            fit,
            beta=self.offset + self.y_scale * (self.columns @ fit.beta),
            covariance=self.y_scale**2 * (self.columns @ fit.covariance @ self.columns.T),
            random_covariance=self.y_scale**2
            * (self.random_columns @ fit.random_covariance @ self.random_columns.T),
            residual_variance=self.y_scale**2 * fit.residual_variance,
            log_likelihood=fit.log_likelihood - shift,
        )

    def forth(self, random_covariance: Array) -> Array:
        """Bring a covariance of person effects from the columns' own units to unit scale."""
        inverse = np.linalg.inv(self.random_columns)
        return np.asarray(inverse @ random_covariance @ inverse.T) / self.y_scale**2


def to_unit_scale(rows: ModelRows, *, structure: Covariance) -> tuple[Array, UnitScale]:
    """Center and scale the columns [x, y], times the square root of the weight; C order.

    Centering a column only moves the intercept. A column with a person effect is centered too where the
    person effects may covary (their covariance moves along), and left where it is in a diagonal structure,
    whose meaning hangs on its zero point. The response loses its least-squares fit.

    Raises
    ------
    NotIdentifiedError
        A predictor is constant, the predictors are collinear, there are no more rows than columns, or the
        predictors leave no variation in the response.
    ValueError
        A value is not finite or a weight not positive (the rows are counted), or the values of a column are
        too large or too small to be squared.
    """
    n_rows, p = rows.x.shape
    if n_rows <= p:
        raise NotIdentifiedError("there are no more rows than predictors")
    size = _sizes(rows)
    means = rows.x.mean(axis=0)
    values = np.empty((n_rows, p + 1))
    values[:, :p] = rows.x
    values[:, 1:p] -= means[1:]
    spread = np.sqrt(np.einsum("ij,ij->j", values[:, 1:p], values[:, 1:p]) / n_rows)
    for name, varies in zip(rows.names[1:], spread > CONSTANT * size[1:], strict=True):
        if not varies:
            raise NotIdentifiedError(f"{name} does not vary on these rows")
    fixed_point = set(rows.random[1:]) if structure == "diagonal" else set[int]()
    center, scale = means.copy(), np.append(1.0, spread)
    center[0] = 0.0
    for column in fixed_point:
        values[:, column] = rows.x[:, column]
        center[column], scale[column] = 0.0, size[column]
    values[:, 1:p] /= scale[1:]
    columns = np.diag(1.0 / scale)
    columns[0, 1:] = -center[1:] / scale[1:]
    offset, y_scale = _response(values, rows, columns)
    if rows.weights is not None:
        values *= np.sqrt(rows.weights)[:, None]
    picked = np.asarray(rows.random)
    return values, UnitScale(
        columns=columns, random_columns=columns[np.ix_(picked, picked)], offset=offset, y_scale=y_scale
    )


def _sizes(rows: ModelRows) -> Array:
    """Root mean square of the predictors (p,), once every value is found to be fit for squaring."""
    broken = ~np.isfinite(rows.y)
    with np.errstate(invalid="ignore", over="ignore"):
        squares = np.einsum("ij,ij->j", rows.x, rows.x)
        if not np.isfinite(squares).all():  # by row only where there is something to count
            broken |= ~np.isfinite(rows.x).all(axis=1)
        if rows.weights is not None:
            broken |= ~(np.isfinite(rows.weights) & (rows.weights > 0))
        if broken.any():
            raise ValueError(f"{int(broken.sum())} rows hold a value that is missing, infinite or no weight")
        both = np.append(squares, rows.y @ rows.y)
    holds = [*(bool(column.any()) for column in rows.x.T), bool(rows.y.any())]
    check_units((*rows.names, "the response"), both, rows.y.size, lambda place: holds[place])
    return np.asarray(np.sqrt(squares / rows.y.size))


def _response(values: Array, rows: ModelRows, columns: Array) -> tuple[Array, float]:
    """Fill the last column of `values` with the response's rest in unit scale."""
    p = columns.shape[0]
    x = values[:, :p]
    gram = x.T @ x / x.shape[0]
    if np.linalg.eigvalsh(gram).min() < COLLINEAR * np.diag(gram).max():
        raise NotIdentifiedError("the predictors cannot be told apart on these rows")
    middle = float(rows.y.mean())
    away = rows.y - middle
    ordinary = np.linalg.solve(gram, x.T @ away / x.shape[0])
    rest = away - x @ ordinary
    y_scale = float(np.sqrt(rest @ rest / rest.size))
    if y_scale <= CONSTANT * max(float(np.abs(rows.y).max()), np.finfo(float).tiny):
        raise NotIdentifiedError("the predictors leave no variation in the response")
    values[:, p] = rest / y_scale
    offset = columns @ ordinary
    offset[0] += middle
    return offset, y_scale
