"""Rows in unit scale with the gaps between a person's days, whitened for one correlation at a time.

With residual correlation a = phi^gap between neighboring rows of a person, the rows
(row_j - a row_{j-1}) / sqrt(1 - a^2) have independent residuals: continuous-time AR(1), Jones & Boadi-Boateng
1991, Biometrics 47:161. A missing day only lengthens a gap; nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import THREADS, Engine, choose, share_out
from models.within_person.linear.linear_fit import Covariance
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.unit_scale import UnitScale, to_unit_scale

Array = NDArray[np.float64]

WORTH_COMPILING: Final = 400_000  # rows; below, ten numpy passes cost less than loading the compiler
CHUNK: Final = 8_192  # rows that the numpy pass whitens at once
SAME_GAP: Final = 12  # decimals of a gap, in units, beyond which a difference is rounding
SPLIT: Final = 60_000  # rows, below which sharing a pass out among threads takes as long as it saves


@dataclass(frozen=True, slots=True, kw_only=True)
class GappedRows:
    """Rows [x, y] of a model in unit scale, and how far each is from the person's row before.

    `values` (n_rows, p + 1), C order, times the square root of the weight; `first` (n_people + 1,) where each
    person starts; `gap` (n_rows,) 0 for a person's first row, else 1 + the place in `gaps`. `gaps` (k,) are
    the distinct distances in units of `unit` days, rising, and `counts` (k,) the pairs of rows of each.
    """

    values: Array
    first: NDArray[np.int64]
    gap: NDArray[np.int64]
    gaps: Array
    counts: NDArray[np.int64]
    unit: float
    names: tuple[str, ...]
    random: tuple[int, ...]
    log_weights: float
    scale: UnitScale
    engine: Literal["numpy", "compiled"]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def n_people(self) -> int:
        """Number of persons."""
        return int(self.first.size) - 1

    def per_day(self, at_unit: float) -> float:
        """Correlation a day apart, from that `unit` days apart."""
        return float(np.sign(at_unit) * abs(at_unit) ** (1.0 / self.unit))

    def at_unit(self, per_day: float) -> float:
        """Correlation `unit` days apart, from that a day apart."""
        return float(np.sign(per_day) * abs(per_day) ** self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whitened:
    """Cross-products by person after whitening, and their slopes.

    `slopes` (as `sums.products`) is the derivative of the products in the correlation, and `log_slope` that
    of the sum of log(1 - a^2) over pairs, which `sums.log_weights` holds with the opposite sign.
    """

    sums: PersonSums
    slopes: Array
    log_slope: float


def gapped_rows(rows: ModelRows, *, structure: Covariance, negative: bool, engine: Engine) -> GappedRows:
    """Scale the rows and measure the gaps.

    The unit of the correlation is the median gap, so that days counted in hours or weeks are searched alike;
    one day where the correlation may be negative.

    Raises
    ------
    ValueError
        The rows carry no days, a person's days do not rise, or, where the correlation may be negative, a gap
        is not a whole number of days.
    NotIdentifiedError
        No person has two rows, or the columns cannot be told apart.
    """
    if rows.day is None:
        raise ValueError("correlation over days needs the day of each row")
    if rows.y.size == 0:
        raise NotIdentifiedError("no rows")
    starts = np.flatnonzero(np.diff(rows.person, prepend=-1))
    first = np.append(starts, rows.y.size).astype(np.int64)
    step = np.diff(np.asarray(rows.day, dtype=np.float64), prepend=0.0)
    follows = np.ones(rows.y.size, dtype=bool)
    follows[starts] = False
    steps = step[follows]
    if steps.size == 0:
        raise NotIdentifiedError("no person has two rows, so the rows say nothing of neighboring days")
    if not np.all((steps > 0) & np.isfinite(steps)):
        raise ValueError("a person's days must rise strictly from row to row")
    if negative and not np.all(steps == np.rint(steps)):
        raise ValueError("a negative correlation needs gaps of whole days")
    unit = 1.0 if negative else float(np.median(steps))
    distinct, place, counts = _distinct(steps / unit)
    gap = np.zeros(rows.y.size, dtype=np.int64)
    gap[follows] = place + 1
    values, scale = to_unit_scale(rows, structure=structure)
    log_weights = 0.0 if rows.weights is None else float(np.log(rows.weights).sum())
    return GappedRows(
        values=values, first=first, gap=gap, gaps=distinct, counts=counts, unit=unit,
        names=rows.names, random=rows.random, log_weights=log_weights, scale=scale,
        engine=choose(engine, rows=rows.y.size, worth_it=WORTH_COMPILING),
    )  # fmt: skip


def _distinct(steps: Array) -> tuple[Array, NDArray[np.int64], NDArray[np.int64]]:
    """Distinct steps, the place of each step among them, and counts; whole steps without sorting."""
    if steps.max() < 100_000 and np.all(steps == np.rint(steps)):
        whole = steps.astype(np.int64)
        counts = np.bincount(whole)
        used = np.flatnonzero(counts)
        place = np.zeros(counts.size, dtype=np.int64)
        place[used] = np.arange(used.size)
        return used.astype(np.float64), place[whole], counts[used].astype(np.int64)
    distinct, place, counts = np.unique(np.round(steps, SAME_GAP), return_inverse=True, return_counts=True)
    return distinct, place.astype(np.int64), counts.astype(np.int64)


def decay(correlation: float, gaps: Array) -> tuple[Array, Array, Array]:
    """Correlation a over each gap, its slope in `correlation`, and 1 - a^2 without cancellation.

    Negative correlations alternate in sign with the (whole) gap. At 0 only the shortest gap has a slope;
    where it is shorter than a unit that slope is infinite, and 1 stands for it: its sign is right.
    """
    size = abs(correlation)
    if size == 0.0:
        has_slope = (gaps == gaps[0]) & (gaps[0] <= 1.0)
        return np.zeros(gaps.size), has_slope.astype(np.float64), np.ones(gaps.size)
    sign = np.where(np.rint(gaps) % 2 == 1, -1.0, 1.0) if correlation < 0 else np.ones(gaps.size)
    log_size = gaps * np.log(size)
    a = sign * np.exp(log_size)
    return a, a * gaps / correlation, -np.expm1(2.0 * log_size)


def whiten(rows: GappedRows, correlation: float) -> Whitened:
    """Cross-products by person of the rows whitened for `correlation` (a unit apart), and their slopes."""
    a, a_slope, rest = decay(correlation, rows.gaps)
    lag = np.concatenate([[0.0], a])
    factor = np.concatenate([[1.0], 1.0 / np.sqrt(rest)])
    slope = np.concatenate([[0.0], a_slope])
    products, slopes = _products(rows, lag, factor, slope)
    sums = PersonSums(
        products=products, n_rows=np.diff(rows.first), names=rows.names, random=rows.random,
        log_weights=rows.log_weights - float(rows.counts @ np.log(rest)),
    )  # fmt: skip
    return Whitened(sums=sums, slopes=slopes, log_slope=float(rows.counts @ (-2.0 * a * a_slope / rest)))


def _products(rows: GappedRows, lag: Array, factor: Array, slope: Array) -> tuple[Array, Array]:
    m = rows.values.shape[1]
    shape = (rows.n_people, m * (m + 1) // 2)
    products, slopes = np.empty(shape), np.empty(shape)
    if rows.engine == "numpy":
        _products_by_shift(rows, lag, factor, slope, products=products, slopes=slopes)
        return products, slopes
    from models.within_person.linear.autoregressive_kernels import whitened_products  # noqa: PLC0415

    def part(begin: int, end: int) -> None:
        whitened_products(rows.values, rows.first, rows.gap, lag, factor, slope, begin, end, products, slopes)

    over_threads(part, rows)
    return products, slopes


def over_threads(part: Callable[[int, int], object], rows: GappedRows) -> None:
    """Call `part(first, last)` on ranges that cover the persons, at once where the rows are many."""
    threads = THREADS if rows.n_rows >= SPLIT else 1
    edges = [rows.n_people * i // threads for i in range(threads + 1)]
    share_out(part, list(pairwise(edges)))


def _products_by_shift(
    rows: GappedRows, lag: Array, factor: Array, slope: Array, *, products: Array, slopes: Array
) -> None:
    """Take the plain path: rows against rows shifted by one, persons of like length stacked.

    Persons are padded with rows of zeros, which add nothing, to the next power of two.
    """
    lengths = np.diff(rows.first)
    padded = 2 ** np.ceil(np.log2(lengths)).astype(np.int64)
    upper = np.triu_indices(rows.values.shape[1])
    for length in np.unique(padded):
        people = np.flatnonzero(padded == length)
        size = max(1, CHUNK // int(length))
        for some in np.split(people, np.arange(size, people.size, size)):
            place = rows.first[some][:, None] + np.arange(length)
            there = np.arange(length) < lengths[some][:, None]
            place = np.where(there, place, 0)
            now = rows.values[place] * there[:, :, None]
            gap = np.where(there, rows.gap[place], 0)[:, :, None]
            before = np.zeros_like(now)
            before[:, 1:] = now[:, :-1]
            a, c = lag[gap], factor[gap]
            white = (now - a * before) * c
            white_slope = (a * now - before) * (c**3 * slope[gap])
            turned = white.transpose(0, 2, 1)
            half = turned @ white_slope
            products[some] = (turned @ white)[:, upper[0], upper[1]]
            slopes[some] = (half + half.transpose(0, 2, 1))[:, upper[0], upper[1]]
