"""One process that runs analyses of the family on stored tables and tells what each took.

    python our_analyses.py FOLDER C1,C2,C3,H1 [ROUNDS]

Tables are read before the clock starts, imports and first calls are in the first round alone. C1, C2 and C3
share one imputation, `imputed_cohort`, which has a line of its own. One line of JSON for each round.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from models.civic import roles_before_engagement
from models.comparison import fidelity, social_and_clinical
from models.comparison.imputed_cohort import ImputedCohort, imputed_cohort
from models.mediation import through_involvement_and_network
from models.network import mutuality
from models.scales import recovery_capital
from models.survival import helping, remission
from models.trajectory import quality_of_life
from models.within_person import peers_and_activity
from pipelines.cleaning.scores import spec_of
from pipelines.codebook import load_codebook

COHORT = ("participants", "episodes", "programs", "assessments")
IMPUTED = "imputed_cohort"
COMPARISONS = {"C1": social_and_clinical, "C2": through_involvement_and_network, "C3": fidelity}
POPULATION = "demo_collaborative"
MEGABYTE = 1024


class Tables:
    """Tables of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._read:
            self._read[name] = pl.read_parquet(self._folder / f"{name}.parquet")
        return self._read[name]

    def __contains__(self, name: str) -> bool:
        return (self._folder / f"{name}.parquet").exists()

    def of(self, *names: str) -> tuple[pl.DataFrame, ...]:
        """Several, in order."""
        return tuple(self[name] for name in names)


def steps(names: list[str], tables: Tables) -> dict[str, Callable[[], Any]]:
    """Prepare what is to be run, its tables read."""
    codebook = load_codebook()
    scales = {name: codebook.instruments[name] for name in recovery_capital.OUTCOMES}
    shared: list[ImputedCohort] = []

    def impute() -> None:
        shared[:] = [imputed_cohort(*tables.of(*COHORT))]

    def compare(name: str) -> Any:
        return COMPARISONS[name].analyse(*tables.of(*COHORT), population=POPULATION, imputed=shared[0])

    interviews = "assessments_after_diary" if "assessments_after_diary" in tables else "assessments"
    helping_cut = codebook.instruments["sos"].cutoff
    asked: dict[str, tuple[Callable[..., Any], tuple[str, ...], dict[str, Any]]] = {
        "H1": (helping.analyse, (*COHORT, "outcome_times"), {"helping_cut": helping_cut}),
        "S1": (remission.analyse, ("outcome_times", "justice_events", "episodes"), {}),
        "P1": (peers_and_activity.analyse, ("diary_days", interviews), {}),
        "R1": (
            recovery_capital.analyse, (*COHORT, "assessment_items"),
            {
                "scales": {name: spec_of(scale) for name, scale in scales.items()},
                "cutoffs": {n: scale.cutoff for n, scale in scales.items() if scale.cutoff is not None},
            },
        ),
        "Q1": (quality_of_life.analyse, ("recovery_surveys",), {}),
        "V2": (roles_before_engagement.analyse, (*COHORT, "roles"), {}),
    }  # fmt: skip
    found: dict[str, Callable[[], Any]] = {}
    if any(name in COMPARISONS for name in names):
        tables.of(*COHORT)
        found[IMPUTED] = impute
    for name in names:
        if name in COMPARISONS:
            found[name] = partial(compare, name)
        elif name == "M1":
            beside = ("diary_days", "outcome_times", "justice_events", "origins")
            more: dict[str, Any] = {key: tables[key] for key in beside}
            found[name] = partial(
                mutuality.analyse, *tables.of(*COHORT, "support_ties"), population=POPULATION, **more
            )
        else:
            call, wanted, settings = asked[name]
            found[name] = partial(call, *tables.of(*wanted), population=POPULATION, **settings)
    return found


def main(folder: Path, names: list[str], rounds: int) -> None:
    """Run them in turn, as often as asked."""
    todo = steps(names, Tables(folder))
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    for _ in range(rounds):
        took: dict[str, dict[str, float]] = {}
        for name, run in todo.items():
            gc.collect()
            wall, processor = time.perf_counter(), time.process_time()
            answer = run()
            took[name] = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
            if answer is not None:
                given = [row for row in answer.estimates if row.estimate is not None]
                took[name] |= {"estimates": len(given), "refused": len(answer.estimates) - len(given)}
            del answer
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        print(json.dumps({"took": took, "peak_mb": peak, "tables_mb": held}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
