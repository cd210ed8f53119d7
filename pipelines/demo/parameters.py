"""What is true in the synthetic county: every parameter that an analysis is asked to find again.

Figures marked "published" or "derived" are those of the evidence base (the study is named beside them).
Figures marked "ours" were chosen to be plausible, because no published value was found. Slopes are
points per point on 0 to 100 scales unless a comment says otherwise; rates are per year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiaryTruth:
    """Evening diary: meaningfulness as a censored (Tobit) mixed model of recovery identity.

    latent = intercept + within (x - m) + between (m - M) + center C + meeting T
    + within_by_center (x - m)(C - c) + within_by_meeting (x - m)(T - t) + u + e;
    the answer is the latent value, rounded, and cut at 0 and 100. x is the evening's identity, m the
    person's mean over all planned evenings, M the mean over people, C and T whether a center was visited
    or a meeting attended, c and t their person means.
    """

    evenings: int = 14
    people_per_quarter: int = 60
    within: float = 0.79  # published: Lancaster 2025, day-level identity
    between: float = 0.94  # published: Lancaster 2025, person-level identity
    within_by_center: float = -0.11  # published: Lancaster 2025
    within_by_meeting: float = -0.27  # published: Lancaster 2025
    intercept: float = 85.0  # derived: simulation that reproduces the published standard errors
    sd_identity_day: float = 11.0  # derived: same simulation
    sd_identity_person: float = 16.0  # derived: same simulation
    sd_residual: float = 10.0  # derived: same simulation
    sd_person: float = 16.0  # derived: same simulation
    identity_mean: float = 68.0  # ours
    center: float = 3.0  # ours; published direction: center days are more meaningful
    meeting: float = 2.0  # ours
    center_share: float = 0.309  # published: 247 of 799 reported days
    center_logit_sd: float = 3.2  # derived: habit-like visits
    meeting_share: float = 0.42  # derived: same simulation
    meeting_logit_sd: float = 3.0  # derived: same simulation
    answered: float = 0.91  # derived: 799 reports of 88 people over 10 evenings
    answered_logit_sd: float = 0.8  # ours
    answered_per_evening: float = -0.04  # ours, logit: the diary tires people
    partial: float = 0.025  # ours: share of answered evenings broken off before the end


@dataclass(frozen=True, slots=True)
class CravingTruth:
    """Two parts with correlated person effects: whether there is any craving, and its extent if there is.

    The extent is built on a 0 to 10 scale (the published slopes fit such a scale; the study's own was not
    found) and answered on the codebook's 0 to 100.
    """

    any_intercept: float = 0.0  # ours: craving on about half of the evenings
    any_within: float = 0.01  # published, log odds per point (not significant there)
    any_between: float = -0.02  # ours; the published sign was not found
    any_person_sd: float = 1.5  # ours
    extent_intercept: float = 4.0  # ours
    extent_between: float = -0.06  # published
    extent_within_by_meeting: float = -0.04  # published
    extent_person_sd: float = 1.8  # ours
    extent_residual_sd: float = 1.4  # ours
    person_correlation: float = 0.5  # ours
    points_per_unit: float = 10.0


@dataclass(frozen=True, slots=True)
class JusticeTruth:
    """Piecewise-constant hazards after a release, so that every incidence has a closed form.

    `return_incidence` is the share returned to prison by the end of years 1, 2, 3, 4, 5 if nobody died.
    Nobody returns or dies in the first `quiet_days`, so that entering the program within them selects nobody.
    """

    released_share: float = 0.40
    quiet_days: int = 30
    return_incidence: tuple[float, ...] = (
        0.18,
        0.29,
        0.37,
        0.42,
        0.46,
    )  # published: 35-39% at 3, 46% at 5 years
    death_per_year: float = 0.012  # ours
    arrest_per_year: float = 0.35  # ours
    conviction_after_arrest: float = 0.45  # ours
    technical_share: float = 0.45  # ours: returns for a technical violation
    arrest_per_year_others: float = 0.05  # ours: participants who were not in prison

    @property
    def return_hazards(self) -> tuple[float, ...]:
        """Return the hazard per day in each year; that of the fifth holds afterwards."""
        edges = (0.0, *(-math.log1p(-share) for share in self.return_incidence))
        days = [365.25 - self.quiet_days, *[365.25] * (len(self.return_incidence) - 1)]
        return tuple((b - a) / d for a, b, d in zip(edges, edges[1:], days, strict=False))

    def cumulative_return_hazard(self, day: float) -> float:
        """Return the cumulative hazard of a return `day` days after release."""
        total, start = 0.0, float(self.quiet_days)
        for year, hazard in enumerate(self.return_hazards, start=1):
            end = 365.25 * year if year < len(self.return_hazards) else math.inf
            total += hazard * max(0.0, min(day, end) - start)
            start = end
        return total


@dataclass(frozen=True, slots=True)
class ProgramTruth:
    """What programs do: log odds of a problem at follow-up, and the 12-step involvement they lead to.

    `dose` is 1 in a social, 0.5 in a mixed and 0 in a clinical program. Only alcohol and drug problems answer
    to it, directly and through involvement; other areas carry baseline severity alone. Legal and employment
    severity lead to social programs and to worse alcohol and drug outcomes, which is the confounding.
    """

    dose: tuple[tuple[str, float], ...] = (("social", 1.0), ("mixed", 0.5), ("clinical", 0.0))
    direct: float = -0.35  # ours; published direction (Kaskutas 2003-4): fewer alcohol and drug problems
    involvement: float = -0.45  # ours: log odds per SD of involvement
    dose_to_involvement: float = 0.60  # ours: SDs of involvement
    own_severity: float = 0.80  # ours
    legal_severity: float = 0.40  # ours
    employment_severity: float = 0.40  # ours
    sd_program: float = 0.10  # ours: programs of one model differ a little
    choice_legal: float = 0.60  # published direction: social worse at entry on legal
    choice_employment: float = 0.60  # published direction: social worse at entry on employment
    choice_family: float = -0.60  # published direction: clinical worse at entry on family
    reached: tuple[tuple[str, float], ...] = (("month_6", 1.75), ("month_12", 1.35))  # ours, log odds
    reached_severity: float = -0.50  # ours: people worse off are harder to reach


DIARY = DiaryTruth()
CRAVING = CravingTruth()
JUSTICE = JusticeTruth()
PROGRAMS = ProgramTruth()
