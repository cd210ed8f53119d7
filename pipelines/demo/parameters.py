"""What is true in the synthetic county: every parameter that an analysis is asked to find again.

Figures marked "published" or "derived" are those of the evidence base (the study is named beside them).
Figures marked "ours" were chosen to be plausible, because no published value was found. Slopes are
points per point on 0 to 100 scales unless a comment says otherwise; rates are per year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


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
    """What programs do: their place on the Social Model Philosophy Scale moves problems and mediators.

    Everything here acts through what an interview measures, so that nothing hidden confounds a comparison.
    A composite of the Addiction Severity Index at entry counts in units of `asi_spread` from `asi_center`,
    the scale in tens of points from `smps_center`, activities from `activities_center`, a network in tens
    of points from `network_center`. Slopes of shares are exactly linear, and never leave 0 to 1.

    Log odds of an alcohol or drug problem at follow-up (abstinence: the same with the opposite sign)
    = base + own z + legal z + employment z + direct s + activities a + network w
    + activities_by_program a s + network_by_program w s + the program's own effect,
    with s the scale, and a and w the person's activities and network at the interview after 6 months.
    Other areas carry their own baseline severity and the program's own effect alone.
    """

    dose: tuple[tuple[str, float], ...] = (("social", 1.0), ("mixed", 0.5), ("clinical", 0.0))
    # Ours: center and spread of the total on the scale, by model, in percent of the maximum.
    smps: tuple[tuple[str, tuple[float, float]], ...] = (
        ("social", (84.0, 4.0)), ("mixed", (57.0, 4.0)), ("clinical", (31.0, 4.0)),
    )  # fmt: skip
    smps_domain_spread: float = 4.0  # ours: of a domain around the program's own level
    smps_center: float = 57.0
    asi_center: float = 0.33
    asi_spread: float = 0.22
    activities_center: float = 4.0
    network_center: float = 50.0

    choice_legal: float = 0.50  # published direction: social worse at entry on legal
    choice_employment: float = 0.50  # published direction: social worse at entry on employment
    choice_family: float = -0.50  # published direction: clinical worse at entry on family

    # Published direction of all of them (Kaskutas 2003-4); the sizes are ours.
    direct: float = -0.055  # log odds per 10 points of the scale
    activities: float = -0.14  # log odds per activity
    network: float = -0.10  # log odds per 10 points of a network that supports abstinence
    activities_by_program: float = -0.010
    network_by_program: float = -0.008
    own_severity: float = 0.60
    legal_severity: float = 0.40
    employment_severity: float = 0.40
    month_6_shift: float = 0.10  # ours: problems are a little more common at 6 months
    sd_program: float = 0.10  # ours: programs differ a little beyond the scale

    # Share of the nine activities that a person takes up by the next interview.
    activities_share: float = 0.26
    activities_before: float = 0.05  # per activity at the interview before
    activities_scale: float = 0.03  # per 10 points of the scale
    activities_drug: float = -0.02  # per unit of drug severity at entry
    # Share of the network that supports abstinence.
    network_share: float = 0.31
    network_before: float = 0.0035  # per point at the interview before
    network_scale: float = 0.022  # per 10 points of the scale
    network_drug: float = -0.015  # per unit of drug severity at entry
    network_precision: float = 8.0  # of a person's own share around it (a beta law)

    # Log odds of being reached; all of it is measured at entry.
    reached: tuple[tuple[str, float], ...] = (("month_6", 1.75), ("month_12", 1.35))  # ours
    reached_alcohol: float = -0.30
    reached_drug: float = -0.30
    reached_employment: float = -0.25
    reached_supervised: float = -0.25  # any justice status but none
    reached_dose: float = 0.35  # social programs keep in touch


@dataclass(frozen=True, slots=True)
class EngagementTruth:
    """Roles in the recovery community and civic activities, each linear in what was before.

    Expected roles next = 4 (role_share + role_dose dose) + role_before roles now;
    expected civic activities next = civic_base + civic_before civic now + civic_roles roles now.
    Civic activities never lead to roles. All ours.
    """

    role_share: float = 0.10
    role_share_at_entry: float = 0.06
    role_activities_at_entry: float = 0.03  # share per activity at entry
    role_dose: float = 0.15
    role_before: float = 0.30
    civic_base: float = 0.9
    civic_before: float = 0.45
    civic_roles: float = 0.60
    civic_at_entry: float = 1.5
    civic_roles_at_entry: float = 0.60
    civic_most: int = 20


@dataclass(frozen=True, slots=True)
class CapitalTruth:
    """Scored scales: where people start, and what they gain in every program alike.

    `levels` holds, by instrument, the mean at entry as a share of its range, the gain by 12 months, and
    what an SD of 12-step activities adds at follow-up. All ours.
    """

    levels: tuple[tuple[str, tuple[float, float, float]], ...] = (
        ("barc10", (0.62, 0.12, 0.0)), ("eurohis_qol8", (0.52, 0.12, 0.0)), ("k6", (0.46, -0.14, 0.0)),
        ("sos", (0.34, 0.10, 0.07)), ("rhes", (0.70, 0.02, 0.03)),
        ("recovery_capital_social", (0.52, 0.10, 0.0)), ("recovery_capital_personal", (0.46, 0.10, 0.0)),
        ("recovery_capital_cultural", (0.58, 0.08, 0.0)),
    )  # fmt: skip
    high_is_worse: tuple[str, ...] = ("k6",)
    gained: tuple[tuple[str, float], ...] = (("baseline", 0.0), ("month_6", 0.7), ("month_12", 1.0))
    sd_activities: float = 2.2
    sd_shared: float = 0.17  # person, in shares of the range
    sd_item: float = 0.20  # item; alpha comes out near .9
    hardness: float = 0.06  # the first item is easier than the middle one by this, the last harder


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a comparison of programs is asked to find."""

    programs: ProgramTruth = ProgramTruth()
    engagement: EngagementTruth = EngagementTruth()
    capital: CapitalTruth = CapitalTruth()

    def without_effects(self) -> World:
        """Return the placebo world: programs change nothing, roles lead to nothing, and nobody gains.

        Who chooses what, who is lost, how programs differ beyond the scale, and what activities and networks
        do for a person stay as they are: they are what a sound analysis has to live with.
        """
        still = tuple((name, (start, 0.0, own)) for name, (start, _, own) in self.capital.levels)
        return World(
            replace(
                self.programs, direct=0.0, activities_by_program=0.0, network_by_program=0.0,
                activities_scale=0.0, network_scale=0.0,
            ),
            replace(self.engagement, role_dose=0.0, civic_roles=0.0),
            replace(self.capital, levels=still),
        )  # fmt: skip


DIARY = DiaryTruth()
CRAVING = CravingTruth()
JUSTICE = JusticeTruth()
WORLD = World()
PROGRAMS = WORLD.programs
