"""Per-person cross-products of scaled, rotated columns: what the likelihood is computed from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine, choose
from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.origin import check_units
from models.within_person.linear.person_sums import PersonSums, over_people
from models.within_person.linear.small_matrices import cholesky, triangular_inverse

Array = NDArray[np.float64]

SAME = 1e-11  # share of a column's squares left after the columns before it, below which it adds nothing
EXACT = 1e-13  # share of the squares of y left by the predictors, below which rounding is all that is left
BLURRED = 1e-9  # share of a column's squares below which what is left of it has fewer than six digits
WORTH_COMPILING = 1_000_000  # persons; below, numpy is done before the compiled loops are loaded or built


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledSums:
    """Cross-products of Z, X and y after a change of columns that leaves the model as it is.

    With k = p + 1 and W = [X T, (y - X b) / s]: `total` (k, k) is W'W over all rows and `packed` holds for
    each person the upper triangle of A = Z'Z (q (q + 1) / 2 numbers) and then B = Z'W (q k numbers, row
    after row): (n_numbers, n_people) for numpy, (n_blocks, n_numbers, persons of a block) for compiled loops.
    T makes the columns of X orthonormal, b is the least-squares fit and s the size of what it leaves. The
    columns of Z are orthonormal too where the covariance is full, and of unit size where it is diagonal.

    `x_back` (p, p), `z_back` (q, q): raw coefficient = `beta_shift` + `y_scale` * `x_back` @ scaled one; raw
    person effect = `y_scale` * `z_back` @ scaled one. `w_map` (m, k) makes W from the columns that the
    products are of, [X, y] less their origin.
    """

    packed: Array
    total: Array
    products: Array
    w_map: Array
    x_back: Array
    z_back: Array
    beta_shift: Array
    y_scale: float
    n_rows: int
    n_people: int
    names: tuple[str, ...]
    random: tuple[int, ...]
    log_weights: float
    structure: Covariance
    engine: Literal["numpy", "compiled"]

    @property
    def p(self) -> int:
        """Number of fixed columns."""
        return len(self.names)

    @property
    def q(self) -> int:
        """Number of person effects."""
        return len(self.random)


@lru_cache(maxsize=32)
def upper(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the upper triangle of a symmetric matrix, row after row."""
    rows, columns = np.triu_indices(size)
    return rows, columns


@lru_cache(maxsize=32)
def triangle(size: int) -> NDArray[np.intp]:
    """Position of each entry of a symmetric matrix in its upper triangle, row after row; (size, size)."""
    position = np.zeros((size, size), dtype=np.intp)
    rows, columns = upper(size)
    position[rows, columns] = position[columns, rows] = np.arange(rows.size)
    position.flags.writeable = False
    return position


@lru_cache(maxsize=8)
def _chosen(engine: Engine, many: bool) -> Literal["numpy", "compiled"]:
    return choose(engine, rows=int(many), worth_it=1)


def _total(sums: PersonSums) -> Array:
    """Cross-products over all persons (m, m), or a refusal that names the column that is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        flat = over_people(sums.products)
    total = flat[triangle(len(sums.names) + 1)]
    if not np.isfinite(flat).all():
        names = (*sums.names, "the response")
        bad = [name for name, size in zip(names, np.diag(total), strict=True) if not np.isfinite(size)]
        raise ValueError(f"not finite in the sums: {', '.join(bad) or 'a product of two columns'}")
    check_units((*sums.names, "the response"), total.diagonal(), int(sums.n_rows.sum()))
    return total


def _orthonormal(total: Array, names: tuple[str, ...], n_rows: int) -> Array:
    """Upper triangular T (p, p) such that the columns X T have unit mean square and are orthogonal."""
    size = np.sqrt(total.diagonal() / n_rows)
    if not (size > 0).all():
        empty = [name for name, value in zip(names, size, strict=True) if not value > 0]
        raise NotIdentifiedError(f"no variation in: {', '.join(empty)}")
    gram = total / (size[:, None] * size) / n_rows
    try:
        lower = cholesky(gram)
    except np.linalg.LinAlgError:
        lower = np.zeros_like(gram)
    if lower.diagonal().min() < np.sqrt(SAME):
        _refuse_collinear(gram, names)
    return np.ascontiguousarray(triangular_inverse(lower).T) / size[:, None]


def _refuse_collinear(gram: Array, names: tuple[str, ...]) -> NoReturn:
    """Name the first column that the ones before it make up."""
    for j in range(1, len(names)):
        rest = gram[j, j] - gram[j, :j] @ np.linalg.lstsq(gram[:j, :j], gram[:j, j], rcond=None)[0]
        if rest < 2.0 * SAME:
            before = ", ".join(names[:j])
            raise NotIdentifiedError(f"{names[j]} cannot be told apart from {before} on these rows")
    raise NotIdentifiedError(f"cannot be told apart on these rows: {', '.join(names)}")


def scaled(
    sums: PersonSums, structure: Covariance, engine: Engine, *, random: tuple[int, ...] | None = None
) -> ScaledSums:
    """Scale and rotate; refuse what no likelihood could tell apart.

    `random` replaces the sums' own choice of person effects, for models nested in it.

    Raises
    ------
    ValueError
        A sum is not finite.
    NotIdentifiedError
        Collinear or empty columns, too few rows or people, or a response without variation.
    """
    random = sums.random if random is None else random
    p, q, n = len(sums.names), len(random), int(sums.n_rows.sum())
    people = int(np.count_nonzero(sums.n_rows))
    _refuse_too_few(sums.n_rows, p, q, 1 + (q * (q + 1) // 2 if structure == "full" else q))
    total = _total(sums)
    _refuse_blurred(total, sums.names)
    x_back = _orthonormal(total[:p, :p], sums.names, n)
    moment = x_back.T @ total[:p, p] / n
    shift = x_back @ moment
    rest = float(total[p, p] - n * moment @ moment)
    if rest <= EXACT * total[p, p] or not total[p, p] > 0:
        raise NotIdentifiedError("the predictors leave no variation in the response")
    if rest <= BLURRED * total[p, p]:
        raise NotIdentifiedError(
            "the predictors leave too little of the response for sums to keep its digits"
        )
    y_scale = float(np.sqrt(rest / n))
    w_map = np.zeros((p + 1, p + 1))
    w_map[:p, :p] = x_back
    w_map[:p, p], w_map[p, p] = -shift / y_scale, 1.0 / y_scale
    x_back, shift = _about_zero(sums.origin, x_back, shift)
    chosen, z_map, z_back = _person_columns(sums, total, random, structure)
    which = _chosen(engine, people >= WORTH_COMPILING)
    change = _change(p + 1, chosen, z_map, w_map)
    if which == "compiled":
        from models.within_person.linear.linear_threads import packed_by_blocks  # noqa: PLC0415  (compiler)

        packed = packed_by_blocks(sums.products, change)
    else:
        packed = change.T @ sums.products.T
    return ScaledSums(
        packed=packed, total=w_map.T @ total @ w_map, products=sums.products, w_map=w_map, x_back=x_back,
        z_back=z_back, beta_shift=shift, y_scale=y_scale, n_rows=n, n_people=people, names=sums.names,
        random=random, log_weights=sums.log_weights, structure=structure, engine=which,
    )  # fmt: skip


def _refuse_too_few(n_rows: NDArray[np.int64], p: int, q: int, variances: int) -> None:
    """Refuse fewer rows or people than there is to learn from them.

    Where nobody has more rows than effects, the effects can take up every row. A person's rows then are one
    draw of q numbers b + (Z'Z)^-1 Z'e of covariance G + sigma^2 (Z'Z)^-1, and the residual is told from the
    effects only by how that differs between people: enough of them do, but four people of two rows tell
    less of it, by the expected information, than one degree of freedom, and mostly of a far too small one.
    """
    n, people = int(n_rows.sum()), int(np.count_nonzero(n_rows))
    if n <= p:
        raise NotIdentifiedError(f"{n} rows do not suffice for {p} coefficients")
    if not q:
        return
    if people <= q:
        raise NotIdentifiedError(f"{people} people do not suffice for {q} effects that differ by person")
    if n == people:
        raise NotIdentifiedError("one row per person cannot tell persons from residuals")
    if n - p <= variances:
        raise NotIdentifiedError(f"{n} rows do not suffice for {p} coefficients and {variances} variances")
    if people <= variances and n_rows.max() <= q:
        raise NotIdentifiedError(
            f"{people} people of no more rows than effects that differ by person do not suffice for "
            f"{variances} variances"
        )


def _refuse_blurred(total: Array, names: tuple[str, ...]) -> None:
    """Refuse columns so far from zero that their sums have lost what varies."""
    whole = total.diagonal()[1:] * total[0, 0]
    left = whole - total[0, 1:] ** 2
    blurred = (left < BLURRED * whole) & (left > EXACT * whole)  # less is no variation, and named so
    if blurred.any():
        named = [name for name, bad in zip((*names[1:], "the response"), blurred, strict=True) if bad]
        raise NotIdentifiedError(
            f"sums about zero have lost the digits of: {', '.join(named)}; take them about an origin"
        )


def _about_zero(origin: Array | None, back: Array, shift: Array) -> tuple[Array, Array]:
    """Coefficients of the columns as they were, from those of the columns less their origin.

    Only the intercept differs: it takes up the response's origin less that of the predictors.
    """
    if origin is None:
        return back, shift
    back, shift = back.copy(), shift.copy()
    back[0] -= origin[:-1] @ back
    shift[0] += origin[-1] - origin[:-1] @ shift
    return back, shift


def _person_columns(
    sums: PersonSums, total: Array, random: tuple[int, ...], structure: Covariance
) -> tuple[NDArray[np.intp], Array, Array]:
    """Columns that the scaled Z is made of, the matrix (n_columns, q) that makes it, and `z_back`."""
    n, q = int(sums.n_rows.sum()), len(random)
    chosen = np.array(random, dtype=np.intp)
    names = tuple(sums.names[i] for i in random)
    by = np.zeros(q) if sums.origin is None else sums.origin[chosen]
    if not by.any() or (structure == "full" and random[0] == 0):
        z_total = total[chosen[:, None], chosen]
        z_map = _orthonormal(z_total, names, n) if structure == "full" and q else _unit(z_total, n)
        # Free to covary with the person's own intercept, effects may be of the columns less their origin.
        z_back = z_map.copy()
        z_back[:1] -= by @ z_map
        return chosen, z_map, z_back
    whole = np.zeros((len(sums.names), q))  # Z as it was, from the columns less their origin
    whole[chosen, np.arange(q)] = 1.0
    whole[0] += by
    z_total = whole.T @ total[:-1, :-1] @ whole
    z_back = _orthonormal(z_total, names, n) if structure == "full" else _unit(z_total, n)
    used = np.flatnonzero(whole.any(axis=1))
    return used, whole[used] @ z_back, z_back


def about_origin(ready: ScaledSums, origin: Array | None) -> ScaledSums:
    """Say the person effects of the columns less their origin, where that leaves the model as it is.

    The variances and covariances of slopes are the same; the intercept's is that among the rows.
    """
    if origin is None or ready.structure == "diagonal" or ready.random[:1] != (0,):
        return ready
    z_back = ready.z_back.copy()
    z_back[0] += origin[list(ready.random)] @ z_back
    return replace(ready, z_back=z_back)


def _unit(total: Array, n_rows: int) -> Array:
    """Matrix that brings columns to unit mean square."""
    return np.diag(np.sqrt(n_rows / np.diag(total)))


def _change(m: int, chosen: NDArray[np.intp], z_map: Array, w_map: Array) -> Array:
    """Matrix that takes a person's raw products to the packed ones: both are linear in the same rows."""
    size, q = z_map.shape
    rows, columns = upper(q)
    n_a = rows.size
    position = triangle(m)[chosen]  # (size, m)
    own = position[:, chosen].ravel()
    change = np.zeros((m * (m + 1) // 2, n_a + q * m))
    pairs = (z_map[:, None, rows] * z_map[None, :, columns]).reshape(size * size, n_a)
    np.add.at(change[:, :n_a], own, pairs)
    crosses = z_map[:, None, :, None] * w_map[None, :, None, :]
    np.add.at(change[:, n_a:], position.ravel(), crosses.reshape(size * m, q * m))
    return change
