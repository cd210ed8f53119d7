"""Hours of an evening with peers in recovery and in meaningful activity, and what they do the day after.

Yesterday's hours lower the odds of any craving today, within and between people. And people who will be
abstinent at their next interview spend more hours to begin with: the level of a person's hours is normal with
a mean that depends on that later answer and a variance that does not, so that the log odds of abstinence are
linear in the level (the discriminant function). Nothing of an interview is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.demo.chance import Floats
from pipelines.demo.parameters import CRAVING

_LEAST, _MOST = 0.3, 16.0  # hours expected of an evening at least; hours told at most


@dataclass(frozen=True, slots=True)
class Activity:
    """One kind of hours. All ours.

    An evening's hours are gamma with the person's level, plus `meeting` and `center` on such evenings, as
    their mean, told in half hours. `within` and `between` are log odds of any craving on the next evening,
    for each hour of that evening from the person's mean, and of that mean from `usual`, the mean of people's
    means. `abstinent_later` is how much higher the level of those lies who will be abstinent at the next
    interview.
    """

    level: float
    level_sd: float
    shape: float
    meeting: float
    center: float
    usual: float
    within: float
    between: float
    abstinent_later: float


@dataclass(frozen=True, slots=True)
class HoursTruth:
    """Both kinds of hours, and how many are abstinent at an interview when nobody says who will be.

    `rest_sd` is the spread of the log odds of any craving between people beyond their hours. With the spread
    that the hours make it adds up to the person_sd of `CravingTruth`.
    """

    peer_hours: Activity = Activity(
        level=1.6, level_sd=0.8, shape=1.4, meeting=1.2, center=1.0, usual=2.41, within=-0.12, between=-0.40,
        abstinent_later=0.50,
    )  # fmt: skip
    meaningful_hours: Activity = Activity(
        level=3.4, level_sd=1.0, shape=2.2, meeting=0.0, center=0.0, usual=3.40, within=-0.07, between=-0.25,
        abstinent_later=0.35,
    )  # fmt: skip
    abstinent_share: float = 0.5
    rest_sd: float = 1.394

    @property
    def kinds(self) -> tuple[Activity, Activity]:
        """Hours with peers, then hours in meaningful activity."""
        return self.peer_hours, self.meaningful_hours

    def without_effects(self) -> HoursTruth:
        """Return the placebo world: hours go with nothing that comes later."""
        none = {"within": 0.0, "between": 0.0, "abstinent_later": 0.0}
        return replace(
            self,
            peer_hours=replace(self.peer_hours, **none),
            meaningful_hours=replace(self.meaningful_hours, **none),
            rest_sd=CRAVING.any_person_sd,
        )


HOURS = HoursTruth()


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours told: people by evenings, the first column being the evening before the diary."""

    with_eve: Floats

    @property
    def told(self) -> Floats:
        """Hours of the diary's evenings."""
        return self.with_eve[:, 1:]

    @property
    def means(self) -> Floats:
        """Mean of each person over the diary's planned evenings, a column."""
        return np.asarray(self.told.mean(axis=1, keepdims=True))

    @property
    def yesterday(self) -> Floats:
        """Hours of the evening before each evening of the diary."""
        return self.with_eve[:, :-1]


def draw_hours(
    rng: np.random.Generator, kind: Activity, *, meeting: Floats, center: Floats, abstinent: Floats
) -> Hours:
    """Draw one kind of hours.

    Parameters
    ----------
    rng
        Random numbers.
    kind
        The law.
    meeting, center
        Whether the person went, people by evenings. The eve of the diary is like its last evening in this.
    abstinent
        1 for people who will be abstinent at the next interview, 0 for others; people.
    """
    went = kind.meeting * meeting + kind.center * center
    went = np.column_stack([went[:, -1], went])
    shift = kind.abstinent_later * (abstinent - HOURS.abstinent_share)
    level = kind.level + shift + kind.level_sd * rng.normal(size=len(abstinent))
    expected = np.maximum(level[:, None] + went, _LEAST)
    hours = rng.gamma(kind.shape, expected / kind.shape)
    return Hours(np.clip(np.round(2 * hours) / 2, 0.0, _MOST))


def craving_log_odds(kind: Activity, hours: Hours) -> tuple[Floats, Floats]:
    """Return what yesterday's hours add to the log odds of any craving: within people, and between them."""
    return kind.within * (hours.yesterday - hours.means), kind.between * (hours.means - kind.usual)
