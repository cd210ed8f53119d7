"""Per-person cross-products of scaled, rotated columns: what the likelihood is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from models.within_person.engine import Engine, choose
from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.small_matrices import cholesky, triangular_inverse
from models.within_person.refusal import NotIdentifiedError

Array = NDArray[np.float64]

SAME = 1e-11  # share of a column's squares left after the columns before it, below which it adds nothing
EXACT = 1e-13  # share of the squares of y left by the predictors, below which rounding is all that is left
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
    person effect = `y_scale` * `z_back` @ scaled one. `w_map` (m, k) makes W from the raw [X, y].
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
        flat = np.ones(sums.products.shape[0]) @ sums.products
    total = flat[triangle(len(sums.names) + 1)]
    if not np.isfinite(flat).all():
        names = (*sums.names, "the response")
        bad = [name for name, size in zip(names, np.diag(total), strict=True) if not np.isfinite(size)]
        raise ValueError(f"not finite in the sums: {', '.join(bad) or 'a product of two columns'}")
    return total


def _orthonormal(total: Array, names: tuple[str, ...], n_rows: int) -> Array:
    """Upper triangular T (p, p) such that the columns X T have unit mean square and are orthogonal."""
    size = np.sqrt(np.diag(total) / n_rows)
    empty = [name for name, value in zip(names, size, strict=True) if not value > 0]
    if empty:
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


def digits_lost(sums: PersonSums) -> bool:
    """Whether a mean so outweighs the spread about it that sums of raw products lose half their digits."""
    total = _total(sums)
    n = int(sums.n_rows.sum())
    if n == 0 or not total[0, 0] > 0:
        return False
    squares = np.diag(total)[1:]
    about_mean = squares - total[0, 1:] ** 2 / total[0, 0]
    return bool(np.any((about_mean < 1e-6 * squares) & (squares > 0)))


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
    if n <= p:
        raise NotIdentifiedError(f"{n} rows do not suffice for {p} coefficients")
    if q and people <= q:
        raise NotIdentifiedError(f"{people} people do not suffice for {q} effects that differ by person")
    if q and n == people:
        raise NotIdentifiedError("one row per person cannot tell persons from residuals")
    total = _total(sums)
    x_back = _orthonormal(total[:p, :p], sums.names, n)
    moment = x_back.T @ total[:p, p] / n
    shift = x_back @ moment
    rest = float(total[p, p] - n * moment @ moment)
    if rest <= EXACT * total[p, p] or not total[p, p] > 0:
        raise NotIdentifiedError("the predictors leave no variation in the response")
    y_scale = float(np.sqrt(rest / n))
    w_map = np.zeros((p + 1, p + 1))
    w_map[:p, :p] = x_back
    w_map[:p, p], w_map[p, p] = -shift / y_scale, 1.0 / y_scale
    chosen = np.array(random, dtype=np.intp)
    z_total = total[np.ix_(chosen, chosen)]
    z_names = tuple(sums.names[i] for i in random)
    if structure == "full" and q:
        z_back = _orthonormal(z_total, z_names, n)
    else:
        z_back = np.diag(np.sqrt(n / np.diag(z_total)))
    which = _chosen(engine, people >= WORTH_COMPILING)
    change = _change(p + 1, chosen, z_back, w_map)
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


def _change(m: int, chosen: NDArray[np.intp], z_back: Array, w_map: Array) -> Array:
    """Matrix that takes a person's raw products to the packed ones: both are linear in the same rows."""
    q = chosen.size
    rows, columns = upper(q)
    n_a = rows.size
    position = triangle(m)[chosen]  # (q, m)
    own = position[:, chosen].ravel()
    change = np.zeros((m * (m + 1) // 2, n_a + q * m))
    pairs = (z_back[:, None, rows] * z_back[None, :, columns]).reshape(q * q, n_a)
    np.add.at(change[:, :n_a], own, pairs)
    crosses = z_back[:, None, :, None] * w_map[None, :, None, :]
    np.add.at(change[:, n_a:], position.ravel(), crosses.reshape(q * m, q * m))
    return change
