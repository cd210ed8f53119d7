"""Within and between slopes when the person's level is not observed, but measured by a few days' mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.centering import about_mean
from models.within_person.design.cross_products import CrossProducts

Array = NDArray[np.float64]

# x with x, x with y, y with y: the free entries of a symmetric 2 by 2 matrix
ENTRIES = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])
FEWEST_PEOPLE = 5  # two means and three covariances of persons must be told apart
STEPS = 200
DONE = 1e-12  # half the expected gain in log-likelihood, at which scoring stops
ILL_CONDITIONED = 1e14  # of the information, where the likelihood runs away to no density at all
SINGULAR = 1e-6  # smallest share of its scale that counts as variance between persons


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentSlopes:
    """Slopes of y on x within and between persons, the latter on the person's latent level.

    `covariance` (2, 2) is that of (within_slope, between_slope). `between_slope` and its entries are None
    or NaN where `outcome` is "singular": the levels of persons differ no more than the errors of their means,
    or in one direction alone, and carry no slope (`note` says which). Covariances (2, 2) are in the order
    x, y. `reliability` is the mean over persons of the share of true variance in the mean of x.
    """

    x: str
    y: str
    within_slope: float
    between_slope: float | None
    covariance: Array
    between_covariance: Array
    within_covariance: Array
    means: Array
    reliability: float
    log_likelihood: float
    outcome: Literal["converged", "singular", "not converged"]
    note: str
    n_rows: int
    n_people: int

    def inference(self) -> Inference:
        """Both slopes with normal intervals.

        Raises
        ------
        NotIdentifiedError
            There is no between slope.
        """
        if self.between_slope is None:
            raise NotIdentifiedError(self.note)
        return Inference(
            names=(f"{self.x}_within", f"{self.x}_between"),
            beta=np.array([self.within_slope, self.between_slope]), covariance=self.covariance,
            df=lambda contrast: float("inf"),
            rule="normal; maximum likelihood with latent person levels, observed information",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sums:
    """The data, scaled: persons of like weight together.

    `size` (J,) is the weight of a person of the group, `people` (J,), `first` (J, 2) and `second` (J, 2, 2)
    the sums over its persons of 1, their means and the products of these; `rest` (2, 2) the cross-products
    within persons, on `freedom` degrees of freedom.
    """

    size: Array
    people: Array
    first: Array
    second: Array
    rest: Array
    freedom: int


def latent_slopes(cross: CrossProducts, x: str, y: str) -> LatentSlopes:
    """Fit (x, y)_ti = mean + level_i + day_ti by maximum likelihood, levels and days bivariate normal.

    Estimands: the within slope is cov(day_x, day_y) / var(day_x), the between slope cov(level_x, level_y) /
    var(level_x). The slope on the observed person mean is drawn toward the within slope, the more so the
    fewer days a person has; this one is not (Lüdtke, Marsh, Robitzsch, Trautwein, Asparouhov & Muthén 2008,
    Psychological Methods 13:203, who weigh that against its larger variance with few persons). Standard
    errors by the delta method from the observed information; intervals are normal, a large-sample convention
    in the persons. With weights a day's covariance is that of weight 1 divided by its weight.

    Raises
    ------
    KeyError
        x or y is no variable of the cross-products.
    NotIdentifiedError
        Too few persons, one row a person, or no variation of x or y within persons.
    """
    if not (cross.n_rows > 0).all():
        cross = cross.keep(cross.n_rows > 0)
    places = [_place(cross, name) for name in (x, y)]
    n_rows, n_people = int(cross.n_rows.sum()), cross.n_people
    if n_people < FEWEST_PEOPLE:
        raise NotIdentifiedError(f"latent levels need at least {FEWEST_PEOPLE} persons")
    if n_rows - n_people < 3:
        raise NotIdentifiedError("days cannot be told from persons: hardly anyone has two rows")
    rest = _symmetric(cross.comoment.sum(axis=0), places, len(cross.columns))
    if not (np.diag(rest) > 0).all() or np.linalg.det(rest / np.sqrt(np.outer(*2 * [np.diag(rest)]))) < 1e-12:
        raise NotIdentifiedError("x or y does not vary within persons, or one is a multiple of the other")
    unit = np.sqrt(np.diag(rest) / (n_rows - n_people))
    centered, centers = zip(*(about_mean(cross.mean[:, place]) for place in places), strict=True)
    means = np.column_stack(centered) / unit
    sums = _grouped(means, cross.weight, rest / np.outer(unit, unit), n_rows - n_people)
    parameters, converged = _scored(_start(sums, means), sums)
    constants = (
        float(cross.log_weight.sum()) - n_rows * float(np.log(2 * np.pi)) - n_rows * float(np.log(unit).sum())
    )
    return _told(
        parameters, sums, converged, unit=unit, centers=np.array(centers), constants=constants, names=(x, y),
        n_rows=n_rows,
    )  # fmt: skip


def _place(cross: CrossProducts, name: str) -> int:
    if (name,) not in cross.products:
        raise KeyError(name)
    return cross.products.index((name,))


def _symmetric(triangle: Array, places: list[int], k: int) -> Array:
    """Two columns' 2 by 2 block of an upper triangle."""
    full = np.zeros((k, k))
    full[np.triu_indices(k)] = triangle
    full = full + np.triu(full, 1).T
    block: Array = full[np.ix_(places, places)]
    return block


def _grouped(means: Array, weight: Array, rest: Array, freedom: int) -> _Sums:
    size, group = np.unique(weight, return_inverse=True)
    people = np.bincount(group).astype(np.float64)
    first = np.column_stack([np.bincount(group, means[:, a]) for a in range(2)]).astype(np.float64)
    second = np.zeros((size.size, 2, 2))
    for a, b in ((0, 0), (0, 1), (1, 1)):
        second[:, a, b] = second[:, b, a] = np.bincount(group, means[:, a] * means[:, b])
    return _Sums(size, people, first, second, rest, freedom)


def _start(sums: _Sums, means: Array) -> Array:
    """Moments: days' covariance within persons, and what the means vary beyond it."""
    within = sums.rest / sums.freedom
    noise = within * float(sums.people @ (1 / sums.size)) / means.shape[0]
    spread = np.cov(means.T)
    between = spread - noise
    if np.linalg.eigvalsh(between)[0] <= 0.05 * np.linalg.eigvalsh(spread)[0]:
        between = 0.2 * spread
    return np.concatenate([_entries(between), _entries(within), means.mean(axis=0)])


def _entries(matrix: Array) -> Array:
    return np.array([matrix[0, 0], matrix[0, 1], matrix[1, 1]])


def _matrix(entries: Array) -> Array:
    full: Array = np.tensordot(entries, ENTRIES, axes=1)
    return full


def _residual(sums: _Sums, mean: Array) -> tuple[Array, Array]:
    """Return by group the sums of person means less the mean, (J, 2), and of their products, (J, 2, 2)."""
    deviation = sums.first - sums.people[:, None] * mean
    cross = sums.first[:, :, None] * mean[None, None, :]
    products = (
        sums.second - cross - cross.transpose(0, 2, 1) + sums.people[:, None, None] * np.outer(mean, mean)
    )
    return deviation, products


def _log_likelihood(parameters: Array, sums: _Sums) -> float:
    """Without constants; minus infinity where a covariance is not positive definite.

    The mean of n days of a person, times sqrt(n), has the covariance within + n between; the deviations
    from it are independent of it (Searle, Casella & McCulloch 1992, Variance Components, ch. 4).
    """
    between, within = _matrix(parameters[:3]), _matrix(parameters[3:6])
    of_means = within + sums.size[:, None, None] * between
    every = np.concatenate([of_means, within[None]])
    determinants = every[:, 0, 0] * every[:, 1, 1] - every[:, 0, 1] ** 2
    if not ((determinants > 0) & (every[:, 0, 0] > 0)).all():
        return -np.inf
    products = _residual(sums, parameters[6:])[1]
    logs = np.log(determinants)
    quadratic = np.einsum("jab,jba->j", np.linalg.inv(of_means), products)
    return -0.5 * float(
        sums.freedom * logs[-1]
        + np.trace(np.linalg.solve(within, sums.rest))
        + sums.people @ logs[:-1]
        + sums.size @ quadratic
    )


def _derivatives(parameters: Array, sums: _Sums) -> tuple[Array, Array, Array]:
    """Score (8,), expected and observed information (8, 8) of (between, within, mean)."""
    between, within = _matrix(parameters[:3]), _matrix(parameters[3:6])
    precision = np.linalg.inv(within + sums.size[:, None, None] * between)
    deviation, products = _residual(sums, parameters[6:])
    n = sums.size
    pulled = n[:, None, None] * (precision @ products @ precision)
    # of the covariance of each group's means: its derivatives by the six covariances
    steps = np.concatenate([n[:, None] * np.ones(3), np.ones((n.size, 3))], axis=1)
    basis = np.concatenate([ENTRIES, ENTRIES])
    by_entry = 0.5 * np.einsum("jab,kab->jk", pulled - sums.people[:, None, None] * precision, basis)
    score = np.empty(8)
    score[:6] = np.einsum("jk,jk->k", steps, by_entry)
    score[6:] = np.einsum("j,jab,jb->a", n, precision, deviation)
    spread = np.einsum("jab,kbc->jkac", precision, basis)
    both = np.einsum("jkab,jlba->jkl", spread, spread)
    curved = np.einsum("jkab,jlbc,jca->jkl", spread, spread, pulled @ (within + n[:, None, None] * between))
    expected, observed = np.zeros((8, 8)), np.zeros((8, 8))
    halves = 0.5 * sums.people[:, None, None] * both
    expected[:6, :6] = np.einsum("jk,jl,jkl->kl", steps, steps, halves)
    observed[:6, :6] = np.einsum("jk,jl,jkl->kl", steps, steps, 0.5 * (curved + curved.mT) - halves)
    expected[6:, 6:] = observed[6:, 6:] = np.einsum("j,jab->ab", n * sums.people, precision)
    mixed = np.einsum("jk,j,jkab,jbc,jc->ka", steps, n, spread, precision, deviation)
    observed[:6, 6:], observed[6:, :6] = mixed, mixed.T
    inverse = np.linalg.inv(within)
    own = inverse @ sums.rest @ inverse
    score[3:6] += 0.5 * np.einsum("ab,kab->k", own - sums.freedom * inverse, ENTRIES)
    days = np.einsum("ab,kbc->kac", inverse, ENTRIES)
    twice = np.einsum("kab,lba->kl", days, days)
    bent = np.einsum("kab,lbc,ca->kl", days, days, own @ within)
    expected[3:6, 3:6] += 0.5 * sums.freedom * twice
    observed[3:6, 3:6] += 0.5 * (bent + bent.T) - 0.5 * sums.freedom * twice
    return score, expected, observed


def _scored(parameters: Array, sums: _Sums) -> tuple[Array, bool]:
    """Fisher scoring with step halving, over all covariances that give the data a density.

    Among them are covariances between persons that are none (a negative variance): where the likelihood
    rises toward these, the levels do not differ, and how far it rises does not matter.
    """
    value = _log_likelihood(parameters, sums)
    for _ in range(STEPS):
        score, expected, _observed = _derivatives(parameters, sums)
        if np.linalg.cond(expected) > ILL_CONDITIONED:
            return parameters, False
        step = np.linalg.solve(expected, score)
        if 0.5 * float(score @ step) < DONE:
            return parameters, True
        share = 1.0
        while not (tried := _log_likelihood(parameters + share * step, sums)) >= value and share > 1e-8:
            share /= 2
        if not tried >= value:
            return parameters, 0.5 * float(score @ step) < 1e-6
        parameters, value = parameters + share * step, tried
    return parameters, False


def _told(
    parameters: Array,
    sums: _Sums,
    converged: bool,
    *,
    unit: Array,
    centers: Array,
    constants: float,
    names: tuple[str, str],
    n_rows: int,
) -> LatentSlopes:
    """Slopes and their covariance in the units of the data, or the reason why there are none."""
    between, within = _matrix(parameters[:3]), _matrix(parameters[3:6])
    per_unit = unit[1] / unit[0]
    note = "" if converged else "the likelihood has no maximum that scoring could reach"
    scale = np.trace(between) + np.trace(within)
    singular = np.linalg.eigvalsh(between)[0] < SINGULAR * scale
    slopes = np.array([within[0, 1] / within[0, 0], np.nan])
    covariance = np.full((2, 2), np.nan)
    if singular:
        note = (
            f"persons' levels of {names[0]} differ no more than their means err"
            if between[0, 0] < SINGULAR * scale
            else f"persons' levels of {names[0]} and {names[1]} leave no variation of their own"
        )
        slopes[0] = sums.rest[0, 1] / sums.rest[0, 0]
        left = (sums.rest[1, 1] - slopes[0] * sums.rest[0, 1]) / sums.freedom
        covariance[0, 0] = left / sums.rest[0, 0]
    elif converged:
        slopes[1] = between[0, 1] / between[0, 0]
        gradient = np.zeros((2, 8))
        gradient[0, 3:5] = -slopes[0] / within[0, 0], 1 / within[0, 0]
        gradient[1, 0:2] = -slopes[1] / between[0, 0], 1 / between[0, 0]
        observed = _derivatives(parameters, sums)[2]
        covariance = gradient @ np.linalg.solve(observed, gradient.T)
    true = sums.size * between[0, 0] / (sums.size * between[0, 0] + within[0, 0])
    return LatentSlopes(
        x=names[0], y=names[1], within_slope=float(slopes[0] * per_unit),
        between_slope=float(slopes[1] * per_unit) if converged and not singular else None,
        covariance=covariance * per_unit**2,
        between_covariance=between * np.outer(unit, unit), within_covariance=within * np.outer(unit, unit),
        means=centers + parameters[6:] * unit, reliability=float(sums.people @ true / sums.people.sum()),
        log_likelihood=_log_likelihood(parameters, sums) + constants,
        outcome="singular" if singular else "converged" if converged else "not converged", note=note,
        n_rows=n_rows, n_people=int(sums.people.sum()),
    )  # fmt: skip
