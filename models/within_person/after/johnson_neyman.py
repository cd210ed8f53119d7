"""Where, over the observed range of a moderator, a slope differs from zero (Johnson & Neyman 1936)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import optimize

from models.estimate import LEVEL
from models.inference.coefficients import Array, Inference
from models.inference.contrast import Contrast, two_sided_critical
from models.refusal import NotIdentifiedError
from models.within_person.after.simple_slopes import simple_slope

Correction = Literal["none", "bonferroni", "false discovery", "simultaneous"]
Direction = Literal["positive", "negative", "not told from zero"]
Where = Literal["everywhere", "nowhere", "below", "above", "between", "outside", "several stretches"]
POINTS: Final = 101  # of the range searched for bounds; closed-form roots are searched besides
TESTS: Final = 1000  # values of a continuous moderator that the false discovery rate is taken over


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A stretch of the moderator's range, `low` to `high`, and what the slope is there."""

    low: float
    high: float
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class JohnsonNeyman:
    """Regions of a moderator's observed range, `low` to `high`, in which a slope differs from zero.

    `regions` cover the range without gap. `bounds` are the values at which they change; `where` puts
    them in a word: the slope differs from zero below or above the one bound, between the two or outside
    them, everywhere in the range or nowhere. `threshold` is the two-sided p-value that counts as differing
    at one value, after the correction; None where the simultaneous critical value depends on df alone, and 0
    where the false discovery rate allows no value.
    """

    low: float
    high: float
    where: Where
    bounds: tuple[float, ...]
    regions: tuple[Region, ...]
    correction: Correction
    threshold: float | None


def johnson_neyman(
    inference: Inference,
    slope: str,
    interaction: str,
    *,
    low: float,
    high: float,
    held: Mapping[str, float] | None = None,
    correction: Correction = "none",
    values: Sequence[float] | None = None,
    level: float = LEVEL,
) -> JohnsonNeyman:
    """Regions of the moderator in which the simple slope differs from zero.

    Estimand: the values m in [low, high] with |b_slope + m b_interaction| > c(m) se(m). Where df does not
    depend on m the bounds solve a quadratic (Bauer & Curran 2005, Multivar Behav Res 40:373); with
    Satterthwaite's or a like rule df moves with m, and each bound is refined numerically.

    The critical value c(m), from t with the df of the slope at m:

    none
        The interval at each value on its own covers with `level`. Read over a whole range this finds a
        region too often where there is none (Esarey & Sumner 2018, Comp Polit Stud 51:1144).
    bonferroni
        (1 - level) divided by the number of `values`: for a moderator with few, stated, values.
    false discovery
        Benjamini & Hochberg 1995 (J R Stat Soc B 57:289) over `values`, as Esarey & Sumner propose; of a
        continuous moderator over 1000 even steps of the range, beyond which the bounds hardly move. Holds the
        expected share of false values among those in the regions, not the chance of any.
    simultaneous
        sqrt(2 F(2, df)): holds for all values of the moderator at once, whatever their number (Potthoff
        1964, Psychometrika 29:241; Scheffe's method for the two coefficients of a line).

    Parameters
    ----------
    inference : Inference
        A fit.
    slope, interaction : str
        Coefficients of the predictor and of its product with the moderator.
    low, high : float
        Observed range of the moderator, in the scale and centering it has in the product.
    held : mapping of str to float, optional
        Other products with the predictor, and the moderator values they are held at.
    correction : str
        See above.
    values : sequence of float, optional
        Moderator values tested; needed for "bonferroni".
    level : float
        1 minus the error rate.

    Raises
    ------
    NotIdentifiedError
        The moderator does not vary, or the fit has no standard error for the slope.
    ValueError
        Unknown coefficient, range or values not finite, low above high, or Bonferroni without values.
    """
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        raise ValueError("the range of a moderator runs from a finite low to a finite high")
    if low == high:
        raise NotIdentifiedError("the moderator does not vary: there is no range to look for regions in")

    def at(value: float) -> Contrast:
        return simple_slope(inference, slope, {**(held or {}), interaction: value}, level=level)

    threshold = _threshold(at, low, high, correction=correction, values=values, level=level)
    if threshold == 0.0:
        return _answer(
            low, high, bounds=(), directions=("not told from zero",), correction=correction, threshold=0.0
        )

    def critical(df: float) -> float:
        if threshold is None:
            return math.sqrt(2.0 * _f_quantile(level, df))
        return two_sided_critical(threshold, df)

    def excess(value: float) -> float:
        here = at(value)
        return here.estimate**2 - (critical(here.df) * here.std_error) ** 2

    points = _search_points(at, critical, low, high)
    heights = np.array([excess(float(point)) for point in points])
    turns = np.flatnonzero((heights[1:] > 0) != (heights[:-1] > 0))
    bounds = tuple(
        float(optimize.brentq(excess, points[i], points[i + 1], xtol=1e-12 * (high - low), rtol=1e-12))
        for i in turns
    )
    edges = (low, *bounds, high)
    middles = [(a + b) / 2.0 for a, b in itertools.pairwise(edges)]
    directions = tuple(_direction(excess(middle), at(middle).estimate) for middle in middles)
    return _answer(
        low, high, bounds=bounds, directions=directions, correction=correction, threshold=threshold
    )  # fmt: skip


def _f_quantile(level: float, df: float) -> float:
    """Quantile of F(2, df), in closed form: P(F > x) = (1 + 2 x / df)^(-df / 2)."""
    tail = math.log(1.0 - level)
    return -tail if math.isinf(df) else df / 2.0 * math.expm1(-2.0 * tail / df)


def _direction(excess: float, slope: float) -> Direction:
    if not excess > 0.0:
        return "not told from zero"
    return "positive" if slope > 0.0 else "negative"


def _threshold(
    at: Callable[[float], Contrast],
    low: float,
    high: float,
    *,
    correction: Correction,
    values: Sequence[float] | None,
    level: float,
) -> float | None:
    """Two-sided p-value that counts as differing from zero at one value of the moderator."""
    alpha = 1.0 - level
    if correction == "none":
        return alpha
    if correction == "simultaneous":
        return None
    if values is not None and (len(values) == 0 or not np.all(np.isfinite(values))):
        raise ValueError("the moderator values tested must be finite, and at least one")
    if correction == "bonferroni":
        if values is None:
            raise ValueError("Bonferroni's correction needs the moderator values that are tested")
        return alpha / len(values)
    tested = np.linspace(low, high, TESTS) if values is None else np.asarray(values, dtype=float)
    ordered = np.sort([at(float(value)).p_value for value in tested])
    allowed = alpha * np.arange(1, tested.size + 1) / tested.size
    passed = np.flatnonzero(ordered <= allowed)
    return float(allowed[passed[-1]]) if passed.size else 0.0


def _search_points(
    at: Callable[[float], Contrast], critical: Callable[[float], float], low: float, high: float
) -> Array:
    """Values, ascending, close enough together that each two neighbors have one bound between them at most.

    With one critical value for the whole range the closed-form bounds and the middle between them are
    enough. Where it moves, an even grid is searched besides; it alone could step over a narrow region, so the
    closed-form bounds for the smallest and the largest critical value met stay in.
    """
    grid = np.linspace(low, high, POINTS)
    met = [critical(at(float(value)).df) for value in grid[::5]]
    moves = max(met) - min(met) > 1e-9 * max(met)
    start, end = at(low), at(high)
    middle = at((low + high) / 2.0)
    # Slope and variance on the range scaled to u in [0, 1]: a line and a parabola, known from three points.
    line = (start.estimate, end.estimate - start.estimate)
    v0, vm, v1 = start.std_error**2, middle.std_error**2, end.std_error**2
    parabola = (v0, 4.0 * vm - 3.0 * v0 - v1, 2.0 * (v0 + v1) - 4.0 * vm)
    extra: list[float] = []
    for c in {min(met), max(met)} if moves else {met[0]}:
        coefficients = [
            line[1] ** 2 - c**2 * parabola[2],
            2.0 * line[0] * line[1] - c**2 * parabola[1],
            line[0] ** 2 - c**2 * parabola[0],
        ]
        roots = np.roots(coefficients)
        real = np.sort(roots.real[np.abs(roots.imag) < 1e-9])
        extra += [*real, *((real[1:] + real[:-1]) / 2.0)]
    inside = low + (high - low) * np.array([u for u in extra if 0.0 < u < 1.0])
    points: Array = np.unique(np.concatenate([grid if moves else grid[[0, -1]], inside]))
    return points


def _answer(
    low: float,
    high: float,
    *,
    bounds: tuple[float, ...],
    directions: tuple[Direction, ...],
    correction: Correction,
    threshold: float | None,
) -> JohnsonNeyman:
    edges = (low, *bounds, high)
    regions = tuple(
        Region(low=a, high=b, direction=direction)
        for (a, b), direction in zip(itertools.pairwise(edges), directions, strict=True)
    )
    told = tuple(direction != "not told from zero" for direction in directions)
    words: dict[tuple[bool, ...], Where] = {
        (True,): "everywhere",
        (False,): "nowhere",
        (True, False): "below",
        (False, True): "above",
        (False, True, False): "between",
        (True, False, True): "outside",
    }
    return JohnsonNeyman(
        low=low, high=high, where=words.get(told, "several stretches"), bounds=bounds, regions=regions,
        correction=correction, threshold=threshold,
    )  # fmt: skip
