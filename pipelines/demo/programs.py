"""Twelve invented programs, how far they follow the social model, and what they spend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, stream
from pipelines.demo.encode import Record
from pipelines.demo.parameters import PROGRAMS, ProgramTruth

# Invented names; the last word says what kind of place it is. County codes are real Missouri counties,
# several programs to a county, because a site's own county codes must be found in the reference table.
_PROGRAMS = (
    ("P01", "Willow Bend House (synthetic)", "29019", "social", "recovery_residence"),
    ("P02", "Café Amistad Recovery Center (synthetic)", "29019", "social", "recovery_community_center"),
    ("P03", "Second Harvest House (synthetic)", "29077", "social", "recovery_residence"),
    ("P04", "Open Porch Recovery Home (synthetic)", "29095", "social", "recovery_residence"),
    ("P05", "Rivière Commons (synthetic)", "29095", "social", "recovery_community_center"),
    ("P06", "Northgate Treatment Center (synthetic)", "29019", "clinical", "residential"),
    ("P07", "Ozark Day Hospital (synthetic)", "29077", "clinical", "day_treatment"),
    ("P08", "Prairie Behavioral Clinic (synthetic)", "29077", "clinical", "outpatient"),
    ("P09", "Lakeside Residential (synthetic)", "29095", "clinical", "residential"),
    ("P10", "Stonebridge Outpatient (synthetic)", "29095", "clinical", "outpatient"),
    ("P11", "Crossroads Recovery (synthetic)", "29077", "mixed", "residential"),
    ("P12", "Harbor and Hearth (synthetic)", "29019", "mixed", "day_treatment"),
)
# Ours, in dollars of 2026 for a client-week; residential care was not found in the published tables.
_WEEKLY = {
    "recovery_residence": 310.0,
    "recovery_community_center": 95.0,
    "residential": 720.0,
    "day_treatment": 480.0,
    "outpatient": 160.0,
}
# Ours; labor lies inside the published 48 to 88 percent of cost.
_COST_SHARES = {
    "personnel": 0.64, "supplies": 0.08, "contracted_services": 0.06, "buildings": 0.14, "equipment": 0.03,
    "miscellaneous": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its row in `core.programs`, its place among the models and on the scale."""

    program_id: str
    model: str
    level_of_care: str
    smps: float
    record: Record


def model_names() -> tuple[str, ...]:
    """Return the model of each of the twelve programs, in order."""
    return tuple(model for _, _, _, model, _ in _PROGRAMS)


def levels_of_care() -> tuple[str, ...]:
    """Return the level of care of each of the twelve programs, in order."""
    return tuple(level for _, _, _, _, level in _PROGRAMS)


def draw_scales(
    rng: np.random.Generator, models: Sequence[str], n_domains: int, truth: ProgramTruth
) -> Floats:
    """Draw scores on the Social Model Philosophy Scale, in percent: (programs, domains and the total)."""
    law = np.array([dict(truth.smps)[model] for model in models])
    own = rng.normal(law[:, 0], law[:, 1])
    spread = truth.smps_domain_spread * rng.normal(size=(len(law), n_domains))
    domains = np.clip(np.round(own[:, None] + spread), 0, 100)
    # The total has its own column in a site's file: the domains have different numbers of items.
    total = np.clip(np.round(domains.mean(axis=1) + rng.normal(0, 1, len(law))), 0, 100)
    return np.column_stack([domains, total])


def make_programs(seed: int, codebook: Codebook, truth: ProgramTruth = PROGRAMS) -> tuple[Program, ...]:
    """Return the twelve programs."""
    names = [v for v in codebook.table("core.programs").variables if v.startswith("smps_")]
    scales = draw_scales(stream(seed, "programs"), model_names(), len(names) - 1, truth)
    programs = []
    for (program_id, name, county, model, level), scores in zip(_PROGRAMS, scales, strict=True):
        record: Record = {
            "program_id": program_id, "program_name": name, "county_fips": county, "model": model,
            "level_of_care": level, **dict(zip(names, map(float, scores), strict=True)),
        }  # fmt: skip
        programs.append(Program(program_id, model, level, float(scores[-1]), record))
    return tuple(programs)


def make_costs(
    seed: int, programs: tuple[Program, ...], quarters: tuple[str, ...], codebook: Codebook
) -> dict[str, list[Record]]:
    """Costs by quarter, one record for each program and DATCAP resource category."""
    rng = stream(seed, "costs")
    categories = list(codebook.variables["cost_category"].values or {})
    costs: dict[str, list[Record]] = {}
    size = {p.program_id: float(rng.integers(120, 420)) for p in programs}
    for quarter in quarters:
        rows: list[Record] = []
        for program in programs:
            weeks = float(np.round(size[program.program_id] * rng.uniform(0.9, 1.1)))
            spent = weeks * _WEEKLY[program.level_of_care] * rng.lognormal(0, 0.08)
            for category in categories:
                share = _COST_SHARES[category] * rng.uniform(0.85, 1.15)
                rows.append(
                    {
                        "program_id": program.program_id, "cost_quarter": quarter, "cost_category": category,
                        "dollars": float(np.round(spent * share, 2)), "dollar_year": int(quarter[:4]),
                        "client_weeks": weeks,
                    }
                )  # fmt: skip
        costs[quarter] = rows
    return costs
