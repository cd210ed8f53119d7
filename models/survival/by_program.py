"""How sure an estimate from people of few programs is: programs are what was sampled, people at the least."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.comparison.clusters import influence_inference
from models.estimate import LEVEL
from models.fitness import LIMITS, Gate, gate
from models.inference.coefficients import Array, Inference
from models.inference.contrast import two_sided_critical
from models.survival.aalen_johansen import AalenJohansen, incidence_by, influence, share_by
from models.survival.kaplan_meier import Incidence, log_log_limits

ALONE: Final = "people as if drawn one by one: one program, or programs not known"
FLOOR: Final = "people as if drawn one by one, which is wider here than programs as what was sampled"
MANY: Final = 10_000.0  # degrees of freedom from which on t is the normal distribution to five digits
ONE_PROGRAM: Final = (
    " The range does not allow for programs that differ: there is one program, or programs are not known."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """Standard error of an estimate, and what its interval rests on.

    `df` are degrees of freedom of t, infinite for the normal distribution; `rule` says in words what was
    taken as sampled.
    """

    error: float
    df: float
    rule: str

    @property
    def half(self) -> float:
        """Half the width of the interval, on the scale of the error."""
        return two_sided_critical(1.0 - LEVEL, self.df) * self.error

    @property
    def released_df(self) -> float | None:
        """Degrees of freedom to be told; None where the normal distribution serves."""
        return self.df if self.df < MANY else None

    @property
    def basis(self) -> str:
        """Name the distribution in words."""
        if self.released_df is None:
            return "normal, no degrees of freedom"
        return f"t with {self.df:.1f} degrees of freedom"


def by_program(
    names: Sequence[str], estimates: Array, changes: Array, program: NDArray[np.int64]
) -> Inference | None:
    """Inference on k estimates, programs taken as what was sampled; None where all are of one program.

    The influences of the people of a program are added up, corrected for the program's share of all and for
    there being few, with degrees of freedom whose t limits hold: `clusters.influence_inference` (CR2 under
    random program effects; Bell & McCaffrey 2002; Imbens & Kolesar 2016).

    Parameters
    ----------
    names : sequence of k str
    estimates : array (k,)
    changes : array (n, k)
        Change of each estimate for each person, weight times derivative by the weight (`influence` of
        `aalen_johansen`, of `cox`): they add up to zero.
    program : array (n,)

    Raises
    ------
    NotIdentifiedError
        One program has all the weight, or an influence is not finite.
    """
    if np.unique(program).size < 2:
        return None
    return influence_inference(names, estimates, changes * len(changes), program)


def surer(
    people_error: float, programs: Inference | None, contrast: Array, *, people_df: float = math.inf
) -> Sureness:
    """Take the wider of two intervals of one estimate: people as drawn one by one, or programs as sampled.

    People of one program can by chance look more different from each other than people drawn one by one
    would, and few programs cannot tell that from truth: the sandwich is then too narrow. The interval of
    `people_error` (normal, or t with `people_df`) is the floor.
    """
    return _wider(people_error, _sampled(programs, contrast), people_df)


def _sampled(programs: Inference | None, contrast: Array) -> Sureness | None:
    if programs is None:
        return None
    variance = max(float(contrast @ programs.covariance @ contrast), 0.0)
    df = program_df(programs, contrast)
    return Sureness(error=math.sqrt(variance), df=math.inf if df is None else df, rule=programs.rule)


def _wider(people_error: float, grouped: Sureness | None, people_df: float = math.inf) -> Sureness:
    alone = Sureness(error=people_error, df=people_df, rule=ALONE)
    if grouped is None:
        return alone
    # A half that is not a number (no degrees of freedom left) is not narrower: the gate holds it back.
    return replace(alone, rule=FLOOR) if grouped.half < alone.half else grouped


def program_df(programs: Inference | None, contrast: Array) -> float | None:
    """Degrees of freedom that programs leave; None where they are not sampled, or all are alike."""
    if programs is None or not float(contrast @ programs.covariance @ contrast) > 0.0:
        return None
    return float(programs.df(contrast))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Cumulative incidence of one cause at given times, people of one program being alike.

    `curve` and `cause` as in `aalen_johansen`; `times` (k,); `grouped` (k,) how sure each share is with
    programs as what was sampled, None for people of one program.
    """

    curve: AalenJohansen
    cause: int
    times: tuple[float, ...]
    grouped: tuple[Sureness, ...] | None

    def alone(self, time: float) -> Incidence:
        """Share and the interval of people as if drawn one by one."""
        return incidence_by(self.curve, self.cause, time)

    def at(self, time: float) -> tuple[Incidence, Sureness | None]:
        """Share, the wider interval, and what it rests on; no interval where the share is 0 or 1.

        Limits are symmetric in log(-log(1 - F)), so that they stay between 0 and 1. None either where
        programs leave fewer degrees of freedom than the gate asks for.
        """
        share = self.alone(time)
        if share.std_error is None:
            return share, None
        sure = _wider(share.std_error, self._grouped(time))
        if not sure.df >= LIMITS["degrees_of_freedom"].limit:
            return Incidence(value=share.value, std_error=None, low=None, high=None), None
        quantile = two_sided_critical(1.0 - LEVEL, sure.df)
        low, high = log_log_limits(share.value, sure.error, quantile)
        return Incidence(value=share.value, std_error=sure.error, low=low, high=high), sure

    def program_df(self, time: float) -> float | None:
        """Degrees of freedom that programs leave at a time, as the function `program_df`."""
        grouped = self._grouped(time)
        return None if grouped is None or grouped.error == 0.0 else grouped.df

    def _grouped(self, time: float) -> Sureness | None:
        return None if self.grouped is None else self.grouped[self.times.index(float(time))]


def shares_of(curve: AalenJohansen, cause: int, times: Sequence[float], program: NDArray[np.int64]) -> Shares:
    """Cumulative incidence of `cause` by each of the times, with what programs say of its sureness."""
    spots = tuple(float(time) for time in times)
    grouped = []
    for time in spots:  # one at a time: the influences of very many people on a whole curve fill the memory
        value, changes = np.array([share_by(curve, cause, time)]), influence(curve, cause, time)[:, None]
        if (sure := _sampled(by_program(("share",), value, changes, program), np.ones(1))) is not None:
            grouped.append(sure)
    return Shares(curve=curve, cause=cause, times=spots, grouped=tuple(grouped) or None)


def enough_programs(shares: Shares, times: Sequence[float]) -> tuple[Gate, ...]:
    """Gate on the fewest degrees of freedom at the times; none where programs are not what was sampled."""
    return fewest(shares.program_df(time) for time in times)


def fewest(told: Iterable[float | None]) -> tuple[Gate, ...]:
    """Gate on the fewest degrees of freedom that programs leave (`program_df`); none where there are none."""
    dfs = [df for df in told if df is not None]
    if not dfs:
        return ()
    return (gate("degrees_of_freedom", math.nan if any(map(math.isnan, dfs)) else min(dfs)),)
