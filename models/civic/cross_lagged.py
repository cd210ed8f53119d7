"""Two measures of the same people at successive waves: each on both at the wave before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from models.comparison.bias_reduction import BiasReduction
from models.comparison.regression_fits import fitted
from models.inference.coefficients import Array, Inference
from models.refusal import NotIdentifiedError

Codes = NDArray[np.int64]
# Coefficients of the answer. The first measure is the one asked about as going before the second.
FORWARD, BACKWARD = "forward", "backward"
FORWARD_PER_SD, BACKWARD_PER_SD = "forward_per_sd", "backward_per_sd"
FIRST_CARRIED, SECOND_CARRIED = "first_carried", "second_carried"
NAMES: Final = (FORWARD, BACKWARD, FORWARD_PER_SD, BACKWARD_PER_SD, FIRST_CARRIED, SECOND_CARRIED)
STRONGER: Final = {FORWARD_PER_SD: 1.0, BACKWARD_PER_SD: -1.0}
RULE: Final = (
    "cluster-robust CR2 (Bell & McCaffrey 2002) of both regressions at once with Satterthwaite's degrees of "
    "freedom, independent people as the working model"
)
MEASURES: Final = 2
COLLINEAR: Final = 1e-7  # what is left of a column beside the columns before it, of its own length


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRows:
    """Rows of people and intervals between waves.

    `before` and `later` (n, 2) the first and the second measure at either end of the interval, `covariates`
    (n, q), `interval` and `program` (n,) numbered from 0, `weight` (n,) or None for equal weights.
    """

    before: Array
    later: Array
    covariates: Array
    interval: Codes
    program: Codes
    weight: Array | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.interval)


def cross_lagged(rows: PanelRows) -> Inference:
    """Cross-lagged paths both ways, in raw and in standard units, with their joint covariance.

    Estimand: of people of one program at one wave, the difference in the second measure (later) for one more
    of the first (before) among people alike in the second before and in the covariates, mean over the
    intervals, `FORWARD`; and the same with the measures exchanged, `BACKWARD`. Model of each interval, by
    least squares:

        later_k = level of the program + c_k1 before_1 + c_k2 before_2 + covariates b_k + e_k

    one regression for each measure k, of the same predictors (Finkel 1995, Causal Analysis with Panel Data).
    Levels of programs are taken out of all columns beforehand: programs are compared nowhere. The plain mean
    of the intervals' paths is without bias in samples of any size where the model holds. One regression of
    all intervals together is not: what sets a person apart at the end of one interval is a predictor in the
    next (in simulations with 600 people a tenth of a standard error).

    In standard units a path is c s_before / s_later, s the standard deviation among people at the same
    wave, all programs together (root of the mean variance over the waves).

    Covariance: CR2 by program (`BiasReduction`) of all regressions at once. The predictors of both are the
    same, and intervals share no row, so a program has one adjustment A_g for each interval and adds up
    E_g'e_k, E_g = A_g W_g X_g M, over intervals and measures. The levels taken out lie within programs, so
    this is the CR2 of the regressions with every level in them (Pustejovsky & Tipton 2018, theorem 2; with
    `weight` it is so but nearly). The standard deviations are estimates too: a path in standard units adds
    path times the program's sum of the influence of log(s_before / s_later), centered and enlarged by
    1 / sqrt(1 - share of the rows).

    Degrees of freedom of a contrast: tr(P)^2 / tr(P^2) with rows independent, of one variance for a measure,
    the residuals of both measures correlated as they are; the standard deviations are taken as known.

    Parameters
    ----------
    rows : PanelRows
        Complete rows.

    Returns
    -------
    Inference
        Of `NAMES`, and of each interval's own paths, `path_of`.

    Raises
    ------
    NotIdentifiedError
        Missing values; fewer than two programs; in an interval, a measure on which nobody of a program
        differs, or no more rows than coefficients.
    """
    if len(rows) == 0:
        raise NotIdentifiedError("nobody has both interviews of an interval")
    if np.unique(rows.program).size < 2:
        raise NotIdentifiedError("at least two programs are needed to tell programs from chance")
    rows = _in_order(rows)
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    table = np.column_stack([rows.before, rows.covariates, rows.later])
    count = int(rows.program.max()) + 1
    intervals = tuple(
        _of_interval(table[own], rows.program[own], weight[own], count)
        for own in (rows.interval == one for one in np.unique(rows.interval))
    )
    return _answer(intervals, _spread(rows.before, rows, weight), _spread(rows.later, rows, weight))


def path_of(name: str, interval: int) -> str:
    """Name of `FORWARD` or `BACKWARD` in the interval of that number, counted from 0, alone."""
    return f"{name}_{interval}"


def _in_order(rows: PanelRows) -> PanelRows:
    order = np.argsort(rows.program, kind="stable")
    return PanelRows(
        before=rows.before[order], later=rows.later[order], covariates=rows.covariates[order],
        interval=np.unique(rows.interval[order], return_inverse=True)[1],
        program=np.unique(rows.program[order], return_inverse=True)[1],
        weight=None if rows.weight is None else rows.weight[order],
    )  # fmt: skip


def _within(table: Array, cells: Codes, weight: Array) -> Array:
    """Columns (n, k) less their weighted mean in each cell; what rounding leaves of a constant is zero."""
    if not np.all(np.isfinite(table)):
        raise NotIdentifiedError("a regression needs complete rows")
    total = np.bincount(cells, weights=weight)
    means = np.column_stack([np.bincount(cells, weights=weight * column) / total for column in table.T])
    away = table - means[cells]
    return np.where(np.abs(away) <= 1e-12 * np.abs(table).max(axis=0, initial=0.0), 0.0, away)


def _told_apart(x: Array, root: Array) -> Array:
    """Both measures before, and those covariates that say what the columns before them do not."""
    length = np.sqrt(((root[:, None] * x) ** 2).sum(axis=0))
    if np.any(length[:2] == 0.0):
        raise NotIdentifiedError("nobody of a program differs from the others in one of the two measures")
    kept = x[:, length > 0.0] / length[length > 0.0]
    triangle = linalg.qr(root[:, None] * kept, mode="r")[0]
    left = np.zeros(kept.shape[1])
    left[: min(triangle.shape)] = np.abs(np.diag(triangle))
    if np.any(left[:2] <= COLLINEAR):
        raise NotIdentifiedError("the two measures cannot be told apart")
    return x[:, np.flatnonzero(length > 0.0)[left > COLLINEAR]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """Standard deviations (2,) of both measures, and programs' sums (G, 2) of the influence of their logs."""

    sd: Array
    sums: Array
    share: Array


def _spread(values: Array, rows: PanelRows, weight: Array) -> _Spread:
    """Take the variance at each wave alone, and their mean: a wave counts the same however many came."""
    square = _within(values, rows.interval, weight) ** 2
    wave = rows.interval
    people, total = np.bincount(wave), np.bincount(wave, weights=weight)
    at_wave = np.column_stack([np.bincount(wave, weights=weight * one) / total for one in square.T])
    variance = at_wave.mean(axis=0)
    if np.any(variance <= 0.0):
        raise NotIdentifiedError("everybody is alike in one of the two measures")
    part = (weight / total[wave] / len(people))[:, None]
    influence = part * (square - at_wave[wave]) / (2.0 * variance)
    sums: Array = np.column_stack([np.bincount(rows.program, weights=column) for column in influence.T])
    share = np.bincount(rows.program, weights=weight) / weight.sum()
    unbiased = (people / np.maximum(people - 1.0, 1.0))[:, None] * at_wave
    return _Spread(sd=np.sqrt(unbiased.mean(axis=0)), sums=sums, share=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    """Both regressions of one interval, and what each of G programs adds.

    `beta` and `sums` (2, 2) and (2, G, 2), by regression and by measure before; `working` (2, 2, G, G) the
    matrix P of every pair of measures before, for residuals of variance 1; `crossed` (2, 2) the
    cross-products of both regressions' residuals.
    """

    beta: Array
    sums: Array
    working: Array
    crossed: Array


def _of_interval(table: Array, program: Codes, weight: Array, count: int) -> _Interval:
    """Fit both measures later on the rest of the columns, rows in the order of their programs."""
    away = _within(table, np.unique(program, return_inverse=True)[1], weight)
    free = len(away) - np.unique(program).size
    if free <= MEASURES:
        raise NotIdentifiedError(_TOO_FEW)
    x, later = _told_apart(away[:, :-2], np.sqrt(weight)), away[:, -2:]
    if free <= x.shape[1]:
        raise NotIdentifiedError(_TOO_FEW)
    fits = tuple(fitted(x, one, weight, "linear") for one in later.T)
    of = fits[0]
    reduction = BiasReduction(of.slopes, of.precision, of.variance, of.bread, range(MEASURES))
    ends = np.cumsum(np.bincount(program, minlength=count))
    p, each = x.shape[1], reduction.adjusted_each(ends)
    sums, own = np.zeros((2, count, MEASURES)), np.zeros((count, MEASURES, MEASURES))
    plain, weighted = np.zeros((2, MEASURES, count, p))
    for g, (first, last) in enumerate(zip(np.r_[0, ends[:-1]], ends, strict=True)):
        if first == last:
            continue
        rows = slice(int(first), int(last))
        asked, slopes = each[rows], of.slopes[rows]
        for k, fit in enumerate(fits):
            sums[k, g] = asked.T @ fit.residuals[rows]
        own[g] = asked.T @ asked
        plain[:, g] = (slopes.T @ asked).T
        weighted[:, g] = (slopes.T @ (of.precision[rows][:, None] * asked)).T
    residuals = np.column_stack([fit.residuals for fit in fits])
    kept = [fit.without_rounding(one, range(MEASURES)) for fit, one in zip(fits, sums, strict=True)]
    return _Interval(
        beta=np.stack([fit.beta[:MEASURES] for fit in fits]), sums=np.stack(kept),
        working=_working(own, plain, weighted, of.bread, reduction.spread), crossed=residuals.T @ residuals,
    )  # fmt: skip


def _working(own: Array, plain: Array, weighted: Array, bread: Array, spread: Array) -> Array:
    """P (2, 2, G, G) of the programs' adjusted sums with independent rows of variance 1.

    `own` E_g'E_g of the measures before; `plain` X_g'E_g and `weighted` X_g'W_g E_g, (2, G, p). For a pair a
    and b: own on the diagonal, plus plain_a S plain_b' - plain_a M weighted_b' - weighted_a M plain_b', M the
    inverse cross-products, S the covariance of the coefficients.
    """
    crossed = np.einsum("agi,ij,bhj->abgh", plain, bread, weighted, optimize=True)
    found = np.einsum("agi,ij,bhj->abgh", plain, spread, plain, optimize=True)
    found = found - crossed - crossed.transpose(1, 0, 3, 2)
    diagonal = np.arange(len(own))
    found[:, :, diagonal, diagonal] += own.transpose(1, 2, 0)
    return np.asarray(found)


def _df(intervals: tuple[_Interval, ...], contrast: Array, places: tuple[Array, ...]) -> float:
    """Degrees of freedom of a combination of the answers; all rows independent and alike in variance."""
    residuals = np.sum([one.crossed for one in intervals], axis=0)
    p = np.zeros(intervals[0].working.shape[2:])
    for one, place in zip(intervals, places, strict=True):
        weights = np.tensordot(contrast, place, 1)
        p += np.tensordot(weights.T @ residuals @ weights, one.working, 2)
    squares = float((p**2).sum())
    return float(np.trace(p)) ** 2 / squares if squares > 0.0 else 0.0


_TOO_FEW: Final = "there are no more people than coefficients"
# Which regression (of the first or the second measure later) and which predictor each coefficient is.
_PLACES: Final = {FORWARD: (1, 0), BACKWARD: (0, 1), FIRST_CARRIED: (0, 0), SECOND_CARRIED: (1, 1)}


def _answer(intervals: tuple[_Interval, ...], before: _Spread, after: _Spread) -> Inference:
    """Average the intervals' paths, put them in standard units, and sum up what programs add."""
    part = np.full(len(intervals), 1.0 / len(intervals))
    asked = [(name, name.removesuffix("_per_sd"), part) for name in NAMES]
    for number, alone in enumerate(np.eye(len(intervals))):
        asked += [(path_of(name, number), name, alone) for name in (FORWARD, BACKWARD)]
    beta, scores = [], []
    places = tuple(np.zeros((len(asked), *one.beta.shape)) for one in intervals)
    for number, (name, path, parts) in enumerate(asked):
        k, j = _PLACES[path]
        value = float(parts @ [one.beta[k, j] for one in intervals])
        own, scale = np.tensordot(parts, [one.sums[k, :, j] for one in intervals], 1), 1.0
        if name.endswith("_per_sd"):
            scale = float(before.sd[j] / after.sd[k])
            enlarged = 1.0 / np.sqrt(np.maximum(1.0 - before.share, 1e-9))
            ratio = before.sums[:, j] - after.sums[:, k]
            own = scale * (own + value * enlarged * (ratio - before.share * ratio.sum()))
        beta.append(scale * value)
        scores.append(own)
        for place, one in zip(places, parts, strict=True):
            place[number, k, j] = one * scale
    table = np.column_stack(scores)
    return Inference(
        names=tuple(name for name, _, _ in asked), beta=np.array(beta), covariance=table.T @ table,
        df=_remembered(lambda contrast: _df(intervals, contrast, places)),
        rule=f"{RULE}; {len(table)} clusters", df_of="clusters",
    )  # fmt: skip


def _remembered(df: Callable[[Array], float]) -> Callable[[Array], float]:
    """Find the degrees of freedom of a contrast once: pooling asks for them again and again."""
    known: dict[bytes, float] = {}

    def once(contrast: Array) -> float:
        key = np.asarray(contrast, dtype=float).tobytes()
        if key not in known:
            known[key] = df(np.asarray(contrast, dtype=float))
        return known[key]

    return once
