"""Newton's method for the Tobit likelihood, with quadrature points raised until the estimates stand still."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from models.within_person.quadrature import MOST_NODES
from models.within_person.tobit import likelihood
from models.within_person.tobit.left_over import LEAST_LEFT, NOTHING_LEFT
from models.within_person.tobit.likelihood import Evaluation, Placement
from models.within_person.tobit.scaled_rows import AddProducts, CensoredRows, ScaledRows, add_products

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
LEVELS: Final = (5, 7, 9, 11, 15, 21, 31, 45)  # points in each dimension, raised in this order
SHARE: Final = 3e-5  # of a standard error, that the last rise may move any combination of the parameters
LIKELIHOOD_SHARE: Final = 2e-4  # that it may move the log-likelihood
NEAR: Final = 0.3  # standard errors from the optimum: from here the nodes follow the effects' own moments
STATIONARY: Final = 0.05  # standard errors: so close to a point where the score is zero, it may be a saddle
CLOSE: Final = 1e-4  # standard errors from the optimum: Newton's next step squares it
CLOSE_BY_PERSONS: Final = 1e-5  # the same for many, times the root of their number: see _settle
MOST_STEPS: Final = 80
MOST_HALVINGS: Final = 10
STUCK: Final = "the steps toward the maximum did not shrink"
FLAT: Final = 1e-9  # eigenvalue of the unit-diagonal information that counts as none
CURVED: Final = -1e-6  # eigenvalue below which a stationary point is a saddle
NOISE: Final = 1e-2  # by which the log-likelihood may fall as the nodes move


class WithCensored(Protocol):
    """The signature of likelihood.with_censored."""

    def __call__(  # noqa: D102
        self, theta: Array, data: ScaledRows, chosen: Integers, placement: Placement, points: Integers, *,
        curvature: bool = True,
    ) -> Evaluation: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The functions that touch persons, in plain numpy or compiled."""

    without_censored: Callable[[Array, ScaledRows, Integers], Evaluation]
    with_censored: WithCensored
    modes: Callable[[Array, ScaledRows, CensoredRows, Array], Placement]
    add_products: AddProducts


NUMPY: Final = Arithmetic(
    likelihood.without_censored, likelihood.with_censored, likelihood.modes, add_products
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """Where Newton's method ended.

    `theta` as in likelihood.py; `information` and its `covariance`, singular directions left out; `scores`
    (n_people, n_parameters). `points` by person with censored rows; `moved`: the largest move of any
    combination of the parameters at the last rise of the points, in its standard errors.
    """

    theta: Array
    log_likelihood: float
    scores: Array
    information: Array
    covariance: Array
    mean: Array
    person_covariance: Array
    points: Integers
    moved: float
    converged: bool
    reason: str
    evaluations: int


class Search:
    """One maximization: the current point, the nodes of each person, and the count of evaluations."""

    def __init__(self, data: ScaledRows, arithmetic: Arithmetic, points: int) -> None:
        self.data, self.arithmetic = data, arithmetic
        censored = data.censored.persons
        self.free = np.setdiff1d(np.arange(data.n_people), censored).astype(np.int64)
        self.points = np.full(censored.size, points, dtype=np.int64)
        q = len(data.random)
        self.placement = Placement(np.zeros((censored.size, q)), np.tile(np.eye(q), (censored.size, 1, 1)))
        self.own_moments = False
        self.evaluations = 0

    def evaluate(self, theta: Array) -> tuple[Evaluation, Evaluation]:
        """Evaluate at theta: the persons without censored rows, and those with, each at its points."""
        self.evaluations += 1
        free = self.arithmetic.without_censored(theta, self.data, self.free)
        if not self.own_moments and self.points.size:
            self.placement = self.arithmetic.modes(
                theta, self.data, self.data.censored, self.placement.center
            )
        return free, self.at_points(theta, np.arange(self.points.size), self.points)

    def at_points(
        self, theta: Array, chosen: Integers, points: Integers, *, curvature: bool = True
    ) -> Evaluation:
        """Evaluate these persons with censored rows, at these numbers of points."""
        return self.arithmetic.with_censored(
            theta, self.data, chosen, self.placement, points, curvature=curvature
        )

    def follow_moments(self, censored: Evaluation) -> None:
        """Place the nodes at the mean and covariance of each person's effects from now on.

        Naylor & Smith (1982); Rabe-Hesketh, Skrondal & Pickles (2005), J Econometrics 128:301-323. Where a
        person is always at the bound the effects are skewed, and nodes at the mode converge slowly.
        """
        self.own_moments = True
        self.placement = likelihood.placed_at(censored.mean, censored.covariance)

    def move_nodes(self, chosen: Integers, mean: Array, covariance: Array) -> None:
        """Move the nodes of these persons."""
        moved = likelihood.placed_at(mean, covariance)
        self.placement.center[chosen], self.placement.root[chosen] = moved.center, moved.root


def newton_step(score: Array, information: Array) -> tuple[Array, float, float]:
    """Return an uphill step, its length in standard errors, and the smallest unit-diagonal eigenvalue.

    Where the information has a direction without or with negative curvature, that eigenvalue is replaced by
    its size: the step then still leads uphill.
    """
    unit = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    value, vector = (np.asarray(part) for part in np.linalg.eigh(information * unit[:, None] * unit))
    along = vector.T @ (score * unit)
    size = np.maximum(np.abs(value), FLAT)
    kept = np.where((np.abs(value) <= FLAT) & (np.abs(along) < 1e-6), 0.0, along)
    step = np.asarray(unit * (vector @ (kept / size)), dtype=float)
    return step, float(np.sqrt(np.sum(kept**2 / size))), float(value[0])


def covariance_of(information: Array) -> Array:
    """Invert the information, leaving out directions of which it knows nothing."""
    unit = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    value, vector = np.linalg.eigh(information * unit[:, None] * unit)
    kept = value > FLAT
    half = unit[:, None] * vector[:, kept] / np.sqrt(value[kept])
    return np.asarray(half @ half.T, dtype=float)


def within_reach(step: Array, theta: Array, m: int) -> Array:
    """Shorten a step that would more than triple or third 1 / sigma, or move L by over 1 or half of it."""
    change = step[m - 1] / theta[m - 1]
    far = max(float(np.abs(theta[m:]).max()) / 2.0, 1.0)
    longest = max(change / 2.0, -change / 0.667, float(np.abs(step[m:]).max()) / far, 1.0)
    return np.asarray(step / longest, dtype=float)


def maximize(
    data: ScaledRows, theta: Array, *, arithmetic: Arithmetic, points: int | Literal["auto"], share: float
) -> Maximum:
    """Climb from `theta`; with "auto", raise each person's points until the estimates stand still."""
    auto, q = points == "auto", len(data.random)
    search = Search(data, arithmetic, LEVELS[0] if points == "auto" else points)
    theta, now, why = _climb(search, theta, NEAR if search.points.size else CLOSE)
    while (
        why == STUCK and auto and search.points.size and (higher := _next_level(int(search.points.max()), q))
    ):
        search.points[:] = higher
        theta, now, why = _climb(search, theta, NEAR)
    if why or not search.points.size:
        return _ended(search, theta, now, moved=np.nan if why else 0.0, reason=why)
    search.follow_moments(now[1])
    moved = np.nan
    if auto:
        theta, moved = _raise_points(search, theta, now, share)
    theta, now, gain, why = _settle(search, theta)
    if not auto and (higher := _next_level(int(search.points.max()), q)):
        every = np.arange(search.points.size)
        raised = search.at_points(theta, every, np.full(every.size, higher), curvature=False)
        inverse = covariance_of(now[0].information + now[1].information)
        moved = _length((raised.scores - now[1].scores).sum(axis=0), inverse)
    return _ended(search, theta, now, moved=moved, reason=why, gain=gain)


def roughly(data: ScaledRows, theta: Array, arithmetic: Arithmetic) -> Array | None:
    """Climb with few points, from `theta` to where more persons may begin, if it leads up."""
    found, _, why = _climb(Search(data, arithmetic, LEVELS[0]), theta, NEAR)
    return None if why else found


def _length(score: Array, inverse: Array) -> float:
    """How far a change of the score moves the estimates, in standard errors of what moves the most."""
    return math.sqrt(max(float(score @ inverse @ score), 0.0))


def score_of(now: tuple[Evaluation, Evaluation]) -> Array:
    """Sum the scores of all persons."""
    return np.asarray(now[0].scores.sum(axis=0) + now[1].scores.sum(axis=0))


def value_of(now: tuple[Evaluation, Evaluation]) -> float:
    """Sum the log-likelihoods of all persons."""
    return float(now[0].log_likelihood.sum() + now[1].log_likelihood.sum())


def _climb(search: Search, theta: Array, close: float) -> tuple[Array, tuple[Evaluation, Evaluation], str]:
    """Newton steps with halving until within `close` standard errors of a maximum, or a reason why not."""
    m = search.data.gram.shape[0]
    now = search.evaluate(theta)
    for _ in range(MOST_STEPS):
        information = now[0].information + now[1].information
        step, distance, lowest = newton_step(score_of(now), information)
        if theta[m - 1] * LEAST_LEFT > 1:
            return theta, now, NOTHING_LEFT
        if distance < close and lowest >= CURVED:
            return theta, now, ""
        if distance < STATIONARY and lowest < CURVED:
            step = _off_the_saddle(information, m)
        step = within_reach(step, theta, m)
        for _ in range(MOST_HALVINGS):
            new = search.evaluate(theta + step)
            if value_of(new) >= value_of(now) - NOISE:
                break
            step = step / 2
        else:
            return theta, now, STUCK
        theta, now = theta + step, new
    return theta, now, STUCK


def _settle(search: Search, theta: Array) -> tuple[Array, tuple[Evaluation, Evaluation], float, str]:
    """Full Newton steps near the maximum, the nodes following the effects, while the steps shrink.

    The last step, of `distance` standard errors, is taken and not evaluated: it adds distance^2 / 2 to the
    log-likelihood, which is returned, and changes standard errors by a share of distance / root of persons.
    """
    m, last = search.data.gram.shape[0], np.inf
    close = max(CLOSE, CLOSE_BY_PERSONS * math.sqrt(search.data.n_people))
    while True:
        now = search.evaluate(theta)
        search.follow_moments(now[1])
        information = now[0].information + now[1].information
        step, distance, lowest = newton_step(score_of(now), information)
        if lowest < CURVED and distance < NEAR and last == np.inf:
            step, distance = _off_the_saddle(information, m), 1.0
        elif distance < close:
            return theta + step, now, 0.5 * distance**2, ""
        if not distance < 0.5 * last:
            return theta, now, 0.0, STUCK
        theta, last = theta + within_reach(step, theta, m), distance


def _off_the_saddle(information: Array, m: int) -> Array:
    """Step along the direction in which the likelihood curves upward."""
    unit = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    vector = np.linalg.eigh(information * unit[:, None] * unit)[1][:, 0] * unit
    return np.asarray(0.1 * vector / np.abs(vector[m:]).max())


def _next_level(points: int, q: int) -> int | None:
    return next((level for level in LEVELS if level > points and level**q <= MOST_NODES), None)


def _raise_points(
    search: Search, theta: Array, now: tuple[Evaluation, Evaluation], share: float
) -> tuple[Array, float]:
    """Settle each person's points at this theta; return theta a Newton step on, and the move.

    The change of a person's score from one number of points to the next, times the inverse information, is
    how far that person moves the estimates. Persons who together move them by less than half of `share` of a
    standard error keep their points; the others rise again, each time with the nodes placed anew, until a
    rise of all of them moves no combination of the parameters by `share` or more.
    """
    information = now[0].information + now[1].information
    inverse = covariance_of(information)
    search.evaluations += 1
    top, moved = np.arange(search.points.size), np.nan
    first = search.at_points(theta, top, search.points, curvature=False)
    search.follow_moments(first)
    scores, log_likelihood = first.scores, first.log_likelihood
    while higher := _next_level(int(search.points[top].max()), len(search.data.random)):
        search.evaluations += 1
        raised = search.at_points(theta, top, np.full(top.size, higher), curvature=False)
        difference, gain = raised.scores - scores[top], raised.log_likelihood - log_likelihood[top]
        moved = _length(difference.sum(axis=0), inverse)
        scores[top], log_likelihood[top] = raised.scores, raised.log_likelihood
        if moved <= share and abs(float(gain.sum())) <= LIKELIHOOD_SHARE:
            search.points[top] = higher
            break
        alone = np.sqrt(np.maximum(((difference @ inverse) * difference).sum(axis=1), 0.0))
        weight = np.maximum(alone / share, np.abs(gain) / LIKELIHOOD_SHARE)
        order = np.argsort(weight)
        rising = np.sort(order[np.cumsum(weight[order]) > 0.5])
        if not rising.size:
            break
        search.move_nodes(top[rising], raised.mean[rising], raised.covariance[rising])
        top = top[rising]
        search.points[top] = higher
    score = now[0].scores.sum(axis=0) + scores.sum(axis=0)
    return theta + within_reach(newton_step(score, information)[0], theta, search.data.gram.shape[0]), moved


def _ended(
    search: Search, theta: Array, now: tuple[Evaluation, Evaluation], *, moved: float, reason: str,
    gain: float = 0.0,
) -> Maximum:  # fmt: skip
    data, q = search.data, len(search.data.random)
    parts = (search.free, data.censored.persons)
    scores = np.empty((data.n_people, theta.size))
    mean, covariance = np.empty((data.n_people, q)), np.empty((data.n_people, q, q))
    for persons, part in zip(parts, now, strict=True):
        scores[persons], mean[persons], covariance[persons] = part.scores, part.mean, part.covariance
    information = now[0].information + now[1].information
    return Maximum(
        theta=theta, log_likelihood=value_of(now) + gain, scores=scores, information=information,
        covariance=covariance_of(information), mean=mean, person_covariance=covariance,
        points=search.points, moved=moved, converged=not reason, reason=reason,
        evaluations=search.evaluations,
    )  # fmt: skip


def ignoring_bounds(data: ScaledRows, arithmetic: Arithmetic) -> ScaledRows:
    """Return the same rows with each censored one taken as observed at its bound: a linear mixed model."""
    products, n, rows = data.products.copy(), data.n_uncensored.copy(), data.censored
    arithmetic.add_products(products, rows.signed, rows.persons, rows.start)
    n[rows.persons] += np.diff(rows.start)
    return replace(without_bounds(data), products=products, n_uncensored=n)


def without_bounds(data: ScaledRows) -> ScaledRows:
    """Return the same persons without their censored rows."""
    none = CensoredRows(
        persons=np.empty(0, dtype=np.int64), start=np.zeros(1, dtype=np.int64),
        signed=np.empty((0, data.gram.shape[0])), row_person=np.empty(0, dtype=np.int64),
    )  # fmt: skip
    return replace(data, censored=none)


def grows_without_end(data: ScaledRows, theta: Array, arithmetic: Arithmetic) -> bool:
    """Whether the likelihood rises as the residual sd goes to zero, from `theta` along uncensored rows.

    Where they are reproduced exactly, climb with them alone, and see whether the censored rows, which may lie
    where the bound does not allow, agree: theta / 10 is the same model with a residual sd ten times as large.
    """
    found = maximize(without_bounds(data), theta, arithmetic=arithmetic, points=1, share=SHARE)
    if found.theta[data.gram.shape[0] - 1] * LEAST_LEFT < 0.1:  # not yet where rounding hides the rest
        return False
    near, far = (value_of(Search(data, arithmetic, LEVELS[0]).evaluate(found.theta / by)) for by in (1, 10))
    return near > far
