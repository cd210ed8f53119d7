"""What must hold of a part's rows before it is fitted; each failure has its name."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows

Array = NDArray[np.float64]
LARGEST: Final = 1e30  # size of a value; the covariance of a slope's variance takes its fourth power
SMALLEST: Final = 1e-30  # the same, of the largest value
TOLERANCE: Final = 1e-9  # of a pivot, columns scaled to unit length, below which a column adds nothing
APART: Final = 1e-6  # least distance of a row from a separating plane, columns at unit scale
SUSPECT: Final = 8.0  # pooled log odds beyond which separation is looked for


def check_rows(rows: ModelRows) -> None:
    """Refuse rows that no fit can use.

    Raises
    ------
    ValueError
        Something is not finite, weighted, or the first column is not the intercept.
    NotIdentifiedError
        A response or predictor out of the range of the arithmetic; constant or collinear predictors; no more
        rows than columns; too few people, or too few with two rows, for the person effects.
    """
    if rows.weights is not None:
        raise ValueError("the logistic and two-part models take no weights")
    lost = ~(np.isfinite(rows.y) & np.isfinite(rows.x).all(axis=1))
    if lost.any():
        raise ValueError(f"response or predictors hold values that are not finite, in {int(lost.sum())} rows")
    if rows.x.shape[1] == 0 or not (rows.x[:, 0] == 1.0).all() or rows.random[:1] != (0,):
        raise ValueError("column 0 must be the intercept, and the first with a person effect")
    if rows.y.size <= rows.x.shape[1]:
        raise NotIdentifiedError("too few rows: no more of them than coefficients")
    _check_sizes(rows)
    _check_people(rows)
    _check_columns(rows)


def _check_sizes(rows: ModelRows) -> None:
    """Refuse values whose powers leave the range of the arithmetic, before anything is squared."""
    columns = [("the response", rows.y)]
    columns += [(f"the predictor {name}", x) for name, x in zip(rows.names[1:], rows.x.T[1:], strict=True)]
    for what, values in columns:
        size = np.abs(values)
        largest = float(size.max())
        if largest > LARGEST:
            beyond = int((size > LARGEST).sum())
            raise NotIdentifiedError(
                f"out of range: {what} is beyond {LARGEST:.0e} in {beyond} rows; choose a larger unit"
            )
        if 0.0 < largest < SMALLEST:
            raise NotIdentifiedError(
                f"out of range: {what} is within {SMALLEST:.0e} of zero in all {size.size} rows; choose a"
                " smaller unit"
            )


def _check_people(rows: ModelRows) -> None:
    if rows.n_people < 2:
        raise NotIdentifiedError("one person: a spread between persons needs several")
    if rows.n_people == rows.y.size:
        raise NotIdentifiedError("one row each: persons cannot be told from days")
    q = len(rows.random)
    repeated = int((np.bincount(rows.person) > q).sum())
    if repeated <= q * (q + 1) // 2:
        raise NotIdentifiedError(
            f"too few people with more than {q} row{'s' if q > 1 else ''}: persons cannot be told from days"
        )


def _check_columns(rows: ModelRows) -> None:
    """Refuse constant and collinear columns, by a pivoted QR of the centered columns at unit length."""
    if rows.x.shape[1] == 1:
        return
    centered = rows.x[:, 1:] - rows.x[:, 1:].mean(axis=0)
    length = np.sqrt(np.square(centered).sum(axis=0))
    floor = 1e-12 * np.sqrt(np.square(rows.x[:, 1:]).sum(axis=0))
    constant = [name for name, flat in zip(rows.names[1:], length <= floor, strict=True) if flat]
    if constant:
        raise NotIdentifiedError(f"constant predictor: {', '.join(constant)}")
    r, pivot = linalg.qr(centered / length, mode="r", pivoting=True)
    idle = np.abs(np.diag(r)) < TOLERANCE
    if idle.any():
        names = ", ".join(sorted(rows.names[1:][j] for j in pivot[idle.nonzero()[0]]))
        raise NotIdentifiedError(f"collinear predictors: {names} repeats what the others say")


def check_answers(rows: ModelRows) -> None:
    """Refuse yes-or-no responses without a maximum of the likelihood that their margins show at once.

    Raises
    ------
    ValueError
        A response other than 0 and 1.
    NotIdentifiedError
        All zero, all one, or no person whose answer varies.
    """
    other = int((~np.isin(rows.y, (0.0, 1.0))).sum())
    if other:
        raise ValueError(f"the responses of a logistic model are 0 and 1; they are not in {other} rows")
    if not rows.y.any():
        raise NotIdentifiedError("all zero: it never happened, so nothing can go with it")
    if rows.y.all():
        raise NotIdentifiedError("all one: it always happened, so nothing can go with it")
    share = np.bincount(rows.person, weights=rows.y) / np.bincount(rows.person)
    if not ((share > 0) & (share < 1)).any():
        raise NotIdentifiedError("no one's answer ever varies, so the spread between persons has no bound")


def check_separation(y: Array, x: Array, pooled_beta: Array, names: tuple[str, ...]) -> None:
    """Refuse responses that a plane through the predictors divides: the likelihood has no maximum.

    A direction that no row speaks against raises every row's probability, whatever the person effects, so
    the coefficients run away (Albert & Anderson 1984, Biometrika 71:1-10). It is sought by linear
    programming (Konis 2007, thesis, Oxford, ch. 4), only where the pooled coefficients are far out: where
    they are not, they are the maximum whose existence rules separation out. `x` at unit scale.
    """
    if float(np.abs(x @ pooled_beta).max()) < SUSPECT:
        return
    toward = np.unique((2.0 * y - 1.0)[:, None] * x, axis=0)
    bounds = [(-1.0, 1.0)] * x.shape[1]
    found = optimize.linprog(-toward.sum(axis=0), A_ub=-toward, b_ub=np.zeros(len(toward)), bounds=bounds)
    if not found.success or float((toward @ found.x).max()) <= APART:
        return
    margin = optimize.linprog(
        np.r_[np.zeros(x.shape[1]), -1.0],
        A_ub=np.column_stack([-toward, np.ones(len(toward))]),
        b_ub=np.zeros(len(toward)),
        bounds=[*bounds, (0.0, None)],
    )
    complete = margin.success and margin.x[-1] > APART
    far = np.abs(found.x) > APART
    alone = np.array([_separates(y, column) for column in x.T])
    involved = ", ".join(
        name for name, much in zip(names[1:], (alone if alone.any() else far)[1:], strict=True) if much
    )
    kind = "separation: " if complete else "quasi-separation: "
    raise NotIdentifiedError(f"{kind}{involved} tells yes from no without error, so no coefficient is finite")


def _separates(y: Array, column: Array) -> bool:
    """Whether one column alone, with the intercept, divides the responses."""
    no, yes = column[y == 0], column[y == 1]
    if float(np.ptp(column)) == 0.0:
        return False
    return bool(no.max() <= yes.min() or yes.max() <= no.min())
