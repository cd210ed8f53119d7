"""Rows of a Tobit model made ready to fit: checked, put to unit scale, uncensored ones summed by person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.linear_fit import Covariance

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
AddProducts = Callable[[Array, Array, Integers, Integers], None]
SMALLEST, LARGEST = 1e-30, 1e30  # sizes of a column whose squares, and theirs, stay numbers in any quotient
COLLINEAR: Final = 1e-10  # share of a unit-scale column's sum of squares that the columns before leave of it


@dataclass(frozen=True, slots=True, kw_only=True)
class CensoredRows:
    """Censored rows of some persons, in the order of the persons.

    `persons` (k,) numbers them among all; person k's rows are start[k] to start[k + 1]. A row of `signed`
    is +-[x, bound], + at the floor and - at the ceiling, so that the standardized distance from the bound
    into the censored side is signed @ v whichever bound it is. `row_person` (n_rows,) numbers the rows'
    persons within `persons`.
    """

    persons: Integers
    start: Integers
    signed: Array
    row_person: Integers

    def of(self, chosen: Integers) -> CensoredRows:
        """Return the rows of the persons at these places of `persons`."""
        if chosen.size == self.persons.size:
            return self
        sizes = np.diff(self.start)[chosen]
        start = np.concatenate(([0], np.cumsum(sizes)))
        row_person = np.repeat(np.arange(chosen.size), sizes)
        rows = np.arange(start[-1]) + (self.start[chosen] - start[:-1])[row_person]
        return CensoredRows(
            persons=self.persons[chosen], start=start, signed=self.signed[rows], row_person=row_person
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledRows:
    """What the likelihood needs, in units where each column has mean 0 and spread about 1.

    `products` (n_people, m, m), m = p + 1: cross-products of [x, y] over a person's uncensored rows;
    `n_uncensored` (n_people,). `back` (p, p) and `y_center`, `y_scale` turn scaled coefficients into those
    of the rows as given: beta = y_center e0 + back @ scaled beta. `log_jacobian` adds to the scaled
    log-likelihood. `gram` (m, m): cross-products over all rows, censored ones at their bound.
    """

    products: Array
    n_uncensored: Integers
    censored: CensoredRows
    random: tuple[int, ...]
    structure: Covariance
    names: tuple[str, ...]
    back: Array
    y_center: float
    y_scale: float
    log_jacobian: float
    gram: Array
    n_rows: int
    n_people: int
    n_floor: int
    n_ceiling: int
    n_people_always_at_bound: int

    def of(self, persons: Integers) -> ScaledRows:
        """Return the likelihood's part of these persons (rising numbers); the counts stay those of all."""
        place = np.full(self.n_people, -1, dtype=np.int64)
        place[persons] = np.arange(persons.size)
        censored = self.censored.of(np.flatnonzero(place[self.censored.persons] >= 0))
        return replace(
            self, products=self.products[persons], n_uncensored=self.n_uncensored[persons],
            censored=replace(censored, persons=place[censored.persons]), n_people=persons.size,
        )  # fmt: skip


def scaled_rows(
    rows: ModelRows, *, floor: float | None, ceiling: float | None, structure: Covariance,
    add: AddProducts | None = None,
) -> ScaledRows:  # fmt: skip
    """Check the rows and reduce them, `add` summing the cross-products (`add_products` if not given).

    Raises
    ------
    ValueError
        Bounds that do not rise, a response outside them, a value that is missing or infinite, a weight that
        is not positive; the message counts rows and says no value.
    NotIdentifiedError
        The rows cannot carry the model: no row, one person, one row each, too few rows between the bounds,
        a column that does not vary, is a combination of others, or is in a unit that overflows.
    """
    add = add or add_products
    at_floor, at_ceiling = _at_bounds(rows, floor, ceiling)
    inside = ~(at_floor | at_ceiling)
    n_people = rows.n_people
    counts = np.bincount(rows.person, minlength=n_people)
    _enough(rows, n_people, counts, int(inside.sum()))
    _in_reach(rows)
    center, scale = _column_scales(rows, structure)
    y_center, y_scale = float(rows.y.mean()), float(rows.y.std())
    if not y_scale > 1e-12 * abs(y_center):
        raise NotIdentifiedError("the response does not vary")
    w = np.empty((rows.y.size, rows.x.shape[1] + 1))
    np.subtract(rows.x, center, out=w[:, :-1])
    w[:, :-1] /= scale
    w[:, -1] = (rows.y - y_center) / y_scale
    log_weights = 0.0
    if rows.weights is not None:
        w *= np.sqrt(rows.weights)[:, None]
        log_weights = float(np.log(rows.weights[inside]).sum())
    censored = _censored_rows(w, rows.person, at_floor, at_ceiling)
    products = np.zeros((n_people, w.shape[1], w.shape[1]))
    add(products, w[inside], *_starts(rows.person[inside]))
    gram = products.sum(axis=0) + censored.signed.T @ censored.signed
    _not_collinear(gram[:-1, :-1], rows.names)
    back = np.diag(y_scale / scale)
    back[0, 1:] = -center[1:] * y_scale / scale[1:]
    n_inside = np.bincount(rows.person[inside], minlength=n_people)
    return ScaledRows(
        products=products, n_uncensored=n_inside.astype(np.int64), censored=censored, random=rows.random,
        structure=structure, names=rows.names, back=back, y_center=y_center, y_scale=y_scale,
        log_jacobian=0.5 * log_weights - int(inside.sum()) * float(np.log(y_scale)), gram=gram,
        n_rows=rows.y.size, n_people=n_people, n_floor=int(at_floor.sum()), n_ceiling=int(at_ceiling.sum()),
        n_people_always_at_bound=int((n_inside == 0).sum()),
    )  # fmt: skip


def _at_bounds(
    rows: ModelRows, floor: float | None, ceiling: float | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows lie at the floor and at the ceiling, once all values are fit to be used."""
    for bound in (floor, ceiling):
        if bound is not None and not np.isfinite(bound):
            raise ValueError("a bound must be a finite number; leave out the one that is not there")
    if floor is not None and ceiling is not None and not floor < ceiling:
        raise ValueError("the floor must lie below the ceiling")
    broken = ~np.isfinite(rows.y)
    if not np.isfinite(rows.x).all():  # by row only where there is something to count: ten times as slow
        broken |= ~np.isfinite(rows.x).all(axis=1)
    if rows.weights is not None:
        broken |= ~(np.isfinite(rows.weights) & (rows.weights > 0))
    if broken.any():
        raise ValueError(f"{int(broken.sum())} rows hold a value that is missing, infinite or no weight")
    nowhere = np.zeros(rows.y.size, dtype=bool)
    below = rows.y < floor if floor is not None else nowhere
    above = rows.y > ceiling if ceiling is not None else nowhere
    if below.any() or above.any():
        raise ValueError(
            f"{int(below.sum())} rows lie below the floor and {int(above.sum())} above the ceiling"
        )
    at_floor = rows.y == floor if floor is not None else nowhere
    at_ceiling = rows.y == ceiling if ceiling is not None else nowhere
    return at_floor, at_ceiling


def _enough(rows: ModelRows, n_people: int, counts: Integers, n_inside: int) -> None:
    if rows.y.size == 0:
        raise NotIdentifiedError("no rows")
    if n_inside == 0:
        raise NotIdentifiedError("every row is at a bound: the residual spread has no scale")
    if n_people < 2:
        raise NotIdentifiedError("one person: the spread between persons needs at least two")
    if counts.max() < 2:
        raise NotIdentifiedError("one row for each person: persons and days cannot be told apart")
    if rows.y.size <= rows.x.shape[1] + len(rows.random):
        raise NotIdentifiedError(f"{rows.y.size} rows are too few for {rows.x.shape[1]} coefficients")


def _in_reach(rows: ModelRows) -> None:
    """Name the columns too large or too small for the arithmetic, before it overflows or rounds them to 0."""
    largest = np.maximum(rows.x.max(axis=0), -rows.x.min(axis=0))
    size = dict(zip(rows.names, largest.tolist(), strict=True))
    size["the response"] = max(float(rows.y.max()), -float(rows.y.min()))
    if rows.weights is not None:
        size["the weights"] = float(rows.weights.max())
    outside = [name for name, most in size.items() if most > 0 and not SMALLEST < most < LARGEST]
    if outside:
        raise NotIdentifiedError(
            f"too large or too small to be squared, give it in another unit: {', '.join(outside)}"
        )


def _column_scales(rows: ModelRows, structure: Covariance) -> tuple[Array, Array]:
    """Center and spread of each column; a diagonal covariance forbids moving the columns with an effect."""
    center = rows.x.mean(axis=0)
    scale = np.sqrt(np.mean((rows.x - center) ** 2, axis=0))
    center[0], scale[0] = 0.0, 1.0
    constant = [
        name
        for name, spread, middle in zip(rows.names[1:], scale[1:], center[1:], strict=True)
        if not spread > 1e-12 * abs(middle)
    ]
    if constant:
        raise NotIdentifiedError(f"{', '.join(constant)} does not vary")
    if structure == "diagonal":
        kept = [column for column in rows.random if column > 0]
        scale[kept] = np.sqrt(scale[kept] ** 2 + center[kept] ** 2)
        center[kept] = 0.0
    return center, scale


def _censored_rows(
    w: Array, person: NDArray[np.intp], at_floor: NDArray[np.bool_], at_ceiling: NDArray[np.bool_]
) -> CensoredRows:
    at = np.flatnonzero(at_floor | at_ceiling)
    signed = w[at]
    signed[at_ceiling[at]] *= -1.0
    persons, start = _starts(person[at])
    row_person = np.repeat(np.arange(persons.size), np.diff(start))
    return CensoredRows(persons=persons, start=start, signed=signed, row_person=row_person)


def add_products(products: Array, rows: Array, persons: Integers, start: Integers) -> None:
    """Add to `products` (n_people, m, m) the cross-products of each person's rows.

    Person persons[k] has rows start[k] to start[k + 1]; no person twice, and none without rows.
    """
    if not persons.size:
        return
    m = rows.shape[1]
    for i in range(m):
        for j in range(i, m):
            sums = np.add.reduceat(rows[:, i] * rows[:, j], start[:-1])
            products[persons, i, j] += sums
            if i != j:
                products[persons, j, i] += sums


def _starts(person: NDArray[np.intp]) -> tuple[Integers, Integers]:
    """Return the persons in these sorted codes, and where the rows of each start, the end last."""
    if not person.size:
        return np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    first = np.flatnonzero(np.concatenate(([True], person[1:] != person[:-1])))
    return person[first].astype(np.int64), np.append(first, person.size).astype(np.int64)


def _not_collinear(gram: Array, names: tuple[str, ...]) -> None:
    """Name the columns that are combinations of those before them (pivots of a Cholesky factor)."""
    left = gram.copy()
    combined = []
    for j, name in enumerate(names):
        if left[j, j] <= COLLINEAR * gram[j, j]:
            combined.append(name)
            continue
        left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / left[j, j]
    if combined:
        raise NotIdentifiedError(f"{', '.join(combined)} is a combination of the other columns")
