"""Answers with gaps under a normal model: likelihood, and its slopes in the mean and the covariance.

People who left out the same items are taken together. Everything here rests on all answers that were given;
a person counts with those items that they answered, and is left out only where they answered none.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError

AT_ONCE: Final = 4_000  # people whose products of deviations are held at one time
LOG_TWO_PI: Final = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """People grouped by the items they answered.

    `center` (p,) what the answers are held about; `answers` (n, p) deviations from it, 0
    where not answered, in the order of patterns; `of` (n,) the pattern of each; `observed` (g, p) the items
    of a pattern; `counts` (g,) its people; `sums` (g, p) and `products` (g, p, p) of their deviations. `rows`
    (n,) the rows of the matrix given that they are.
    """

    center: Array
    answers: Array
    of: NDArray[np.intp]
    observed: NDArray[np.bool_]
    counts: Array
    sums: Array
    products: Array
    rows: NDArray[np.intp]

    @property
    def means(self) -> Array:
        """Mean (p,) of each item among those who answered it, about `center`."""
        return np.asarray(self.sums.sum(axis=0) / (self.counts @ self.observed))

    @property
    def covariances(self) -> Array:
        """Products (p, p) of deviations from `means`, over those who answered both: a start for fitting."""
        together = np.einsum("g,gi,gj->ij", self.counts, self.observed, self.observed)
        found = self.products.sum(axis=0) / together - np.outer(self.means, self.means)
        own = self.products.sum(axis=0).diagonal() / together.diagonal() - self.means**2
        found[np.diag_indices_from(found)] = own
        return np.asarray(found)

    @property
    def n_people(self) -> int:
        """People with at least one answer."""
        return len(self.answers)

    @property
    def n_items(self) -> int:
        """Items."""
        return len(self.center)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Log-likelihood at a mean and covariance, and its first derivatives.

    `in_mean` (p,); `in_covariance` (p, p), symmetric, of the entries as if each were free, so that a change D
    of the covariance changes the log-likelihood by sum(in_covariance * D). `inverses` (g, p, p) of each
    pattern's covariance and `weighted` (g, p) inverse times the sum of deviations, 0 at items left out.
    """

    log_likelihood: float
    in_mean: Array
    in_covariance: Array
    inverses: Array
    weighted: Array


def patterns_of(answers: Array, *, center: Array | None = None) -> Patterns:
    """Group people by the items they answered.

    Parameters
    ----------
    answers : array (n, p)
        NaN where not answered.
    center : array (p,), optional
        Point near the items' means about which to hold the answers; their means if not given.

    Raises
    ------
    NotIdentifiedError
        Nobody answered one of the items, everybody gave it the same answer, or nobody answered two of them
        together (their covariance is then unknown).
    """
    given = ~np.isnan(answers)
    rows = np.flatnonzero(given.any(axis=1))
    if rows.size == 0 or not given.any(axis=0).all():
        raise NotIdentifiedError("nobody answered one of the questions")
    together = given.astype(float).T @ given
    if together.min() < 2:
        raise NotIdentifiedError("two of the questions were answered together by nobody, or one person only")
    observed, of = np.unique(given[rows], axis=0, return_inverse=True)
    of = of.reshape(-1)
    order = np.argsort(of, kind="stable")
    rows, of = rows[order], of[order].astype(np.intp)
    means = np.nanmean(answers[rows], axis=0)
    if (np.nanmax(np.abs(answers[rows] - means), axis=0) <= 1e-10 * (1.0 + np.abs(means))).any():
        raise NotIdentifiedError("everybody gave the same answer to one of the questions")
    center = means if center is None else center
    held = np.where(given[rows], answers[rows] - center, 0.0)
    starts = np.searchsorted(of, np.arange(observed.shape[0]))
    ends = np.append(starts[1:], of.size)
    products = np.stack([held[a:b].T @ held[a:b] for a, b in zip(starts, ends, strict=True)])
    return Patterns(
        center=center, answers=held, of=of, observed=observed, counts=(ends - starts).astype(float),
        sums=np.add.reduceat(held, starts, axis=0), products=products, rows=rows,
    )  # fmt: skip


def slopes(patterns: Patterns, mean: Array, covariance: Array) -> Slopes | None:
    """Log-likelihood of the answers given, and its slopes; None where no normal has that covariance.

    l = -1/2 sum over patterns of n log|2 pi S| + tr(S^-1 T), S the covariance of the items answered and T the
    sum of products of deviations from the mean (full information: Little & Rubin 2002, Statistical Analysis
    with Missing Data, ch. 8). dl/dmean = S^-1 sum of deviations; dl/dS = (S^-1 T S^-1 - n S^-1) / 2.

    Parameters
    ----------
    patterns : Patterns
    mean : array (p,)
        About `patterns.center`.
    covariance : array (p, p)
    """
    both = patterns.observed[:, :, None] & patterns.observed[:, None, :]
    embedded = np.where(both, covariance, np.eye(patterns.n_items))
    try:
        np.linalg.cholesky(covariance)
        roots = np.linalg.cholesky(embedded)
    except np.linalg.LinAlgError:
        return None
    log_determinant = 2.0 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    inverses = np.where(both, np.linalg.inv(embedded), 0.0)
    shift = np.where(patterns.observed, mean, 0.0)
    crossed = patterns.sums[:, :, None] * shift[:, None, :]
    n = patterns.counts[:, None, None]
    products = (
        patterns.products - crossed - crossed.transpose(0, 2, 1) + n * shift[:, :, None] * shift[:, None, :]
    )
    weighted = np.einsum("gij,gj->gi", inverses, patterns.sums - patterns.counts[:, None] * shift)
    constant = LOG_TWO_PI * float(patterns.counts @ patterns.observed.sum(axis=1))
    fitted = float(np.einsum("gij,gij->", inverses, products))
    return Slopes(
        log_likelihood=-0.5 * (constant + float(patterns.counts @ log_determinant) + fitted),
        in_mean=weighted.sum(axis=0),
        in_covariance=0.5 * ((inverses @ products @ inverses) - n * inverses).sum(axis=0),
        inverses=inverses,
        weighted=weighted,
    )


def expected_information(patterns: Patterns, at: Slopes) -> tuple[Array, Array]:
    """Information of the mean (p, p), and of the covariance as a form (h, h) in its lower triangle.

    For changes D, E of the covariance: 1/2 sum of n tr(S^-1 D S^-1 E). The two do not cross.
    """
    p = patterns.n_items
    low = lower_triangle(at.inverses)
    form = 0.5 * (low * patterns.counts[:, None]).T @ low
    return np.einsum("g,gij->ij", patterns.counts, at.inverses), _as_trace(form, p)


def observed_information(patterns: Patterns, at: Slopes, mean: Array) -> tuple[Array, Array, Array]:
    """Minus the second derivatives: of the mean (p, p), of both (p, h), of the covariance (h, h).

    The covariance counts by the h = p (p + 1) / 2 entries of its lower triangle. For changes d of the mean
    and D, E of the covariance: d' sum(n S^-1) d; d' sum(S^-1 D S^-1 s), s the sum of deviations; and sum of
    tr(S^-1 D (W - n/2 S^-1) E) with W = S^-1 T S^-1, the average of both orders.
    """
    p = patterns.n_items
    shift = np.where(patterns.observed, mean, 0.0)
    crossed = patterns.sums[:, :, None] * shift[:, None, :]
    n = patterns.counts[:, None, None]
    products = (
        patterns.products - crossed - crossed.transpose(0, 2, 1) + n * shift[:, :, None] * shift[:, None, :]
    )
    middle = at.inverses @ products @ at.inverses - 0.5 * n * at.inverses
    form = _as_trace(lower_triangle(at.inverses).T @ lower_triangle(middle), p)
    both = _folded((at.inverses.reshape(-1, p * p).T @ at.weighted).reshape(p, p, p))
    return np.einsum("g,gij->ij", patterns.counts, at.inverses), both, 0.5 * (form + form.T)


def lower_triangle(matrices: Array) -> Array:
    """Entries (..., h) of the lower triangle of symmetric matrices (..., p, p), row by row."""
    p = matrices.shape[-1]
    return np.asarray(matrices.reshape(*matrices.shape[:-2], p * p).take(_low(p), axis=-1))


@cache
def _low(p: int) -> NDArray[np.intp]:
    """Places of the lower triangle (h,) in the entries of a matrix."""
    rows, columns = np.tril_indices(p)
    return rows * p + columns


def _as_trace(form: Array, p: int) -> Array:
    """From sum A_ij B_kl, by lower triangles, to the form of tr(A D B E) in those of D and E."""
    weight = _weight(p)
    return np.asarray(form.take(_orders(p)).sum(axis=0) * np.outer(weight, weight) / 4.0)


@cache
def _orders(p: int) -> NDArray[np.intp]:
    """Where sum A_ij B_kl is found (4, h, h) for entries of D and E: each stands for (j, k) and (k, j)."""
    rows, columns = np.tril_indices(p)
    numbers = np.zeros((p, p), dtype=np.intp)
    numbers[rows, columns] = numbers[columns, rows] = np.arange(rows.size)
    both = ((rows, columns), (columns, rows))
    return np.stack([
        numbers[i[None, :], j[:, None]] * rows.size + numbers[k[:, None], first[None, :]]
        for j, k in both
        for first, i in both
    ])  # fmt: skip


@cache
def _weight(p: int) -> Array:
    """How often an entry of the lower triangle (h,) stands in the whole matrix."""
    rows, columns = np.tril_indices(p)
    return np.where(rows == columns, 1.0, 2.0)


def _folded(square: Array) -> Array:
    """From a form (..., p, p) in all entries of a symmetric matrix to one in its lower triangle (..., h)."""
    both = square + np.swapaxes(square, -1, -2)
    return lower_triangle(both) * _weight(square.shape[-1]) / 2.0


def squared_scores(
    patterns: Patterns, at: Slopes, mean: Array, in_mean: Array, in_covariance: Array
) -> Array:
    """Sum over people of the products (q, q) of their own slopes of the log-likelihood in q parameters.

    Parameters
    ----------
    in_mean : array (q, p)
        How the mean moves with each parameter.
    in_covariance : array (q, h)
        How the lower triangle of the covariance moves with it.
    """
    rows, columns = np.tril_indices(patterns.n_items)
    twice = in_covariance.T * _weight(patterns.n_items)[:, None]
    expected = lower_triangle(at.inverses) @ twice
    starts = np.searchsorted(patterns.of, np.arange(len(patterns.counts)))
    white = np.empty_like(patterns.answers)
    for pattern, (begin, end) in enumerate(itertools.pairwise([*starts, patterns.n_people])):
        # Rows and columns of the inverse are 0 at items left out, whatever is held there.
        white[begin:end] = (patterns.answers[begin:end] - mean) @ at.inverses[pattern]
    found = np.zeros((len(in_mean), len(in_mean)))
    for begin in range(0, patterns.n_people, AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        squares = white[part][:, rows] * white[part][:, columns]
        own = white[part] @ in_mean.T + 0.5 * (squares @ twice - expected[patterns.of[part]])
        found += own.T @ own
    return found
