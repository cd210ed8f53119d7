"""Whether results keep to their gates: no number where one failed, a reason wherever there is no number."""

from __future__ import annotations

from typing import Final

import polars as pl

from models.fitness import LIMITS, NOT_ENOUGH

GATE: Final = "gate_"
OF: Final = ("analysis", "outcome", "population", "as_of")


def told_despite_gates(estimates: pl.DataFrame, diagnostics: pl.DataFrame) -> tuple[str, ...]:
    """Name each estimate that has a number though a gate failed, or none and no reason, or the wrong one.

    A gate holds for the estimates of its analysis, outcome and population; one named after a wave or a group
    of programs as well (`gate_follow_up_month_6`) for the terms whose names end alike; one named after a term
    (`gate_degrees_of_freedom_balance_spread`) for that term. An estimate
    without a number that says "Not enough to say" must have a failed gate.

    Parameters
    ----------
    estimates, diagnostics : pl.DataFrame
        Rows of `results.estimates` and `results.diagnostics`.

    Returns
    -------
    tuple of str
        One sentence for each; empty where all is as it should be.

    Raises
    ------
    ValueError
        A gate that `models.fitness.LIMITS` does not know.
    """
    failed: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    gates = diagnostics.filter(pl.col("diagnostic").str.starts_with(GATE))
    for row in gates.iter_rows(named=True):
        name, ending = _parted(row["diagnostic"].removeprefix(GATE))
        if row["value"] != 1.0:
            failed.setdefault(tuple(row[part] for part in OF), []).append((name, ending))
    found = []
    for row in estimates.iter_rows(named=True):
        stops = [
            name for name, ending in failed.get(tuple(row[part] for part in OF), ())
            if row["term"].endswith(ending) or row["term"] == ending.removeprefix("_")
        ]  # fmt: skip
        where = f"{row['analysis']} {row['outcome']} {row['term']}, {row['population']}"
        said = (row["note"] or "").strip()
        if row["estimate"] is not None and stops:
            found.append(f"{where}: has a number though its gate [{stops[0]}] failed")
        elif row["estimate"] is None and not said:
            found.append(f"{where}: has no number and no reason")
        elif row["estimate"] is None and said.startswith(NOT_ENOUGH) and not stops:
            found.append(f"{where}: is held back though no gate of it failed")
    return tuple(found)


def _parted(gate: str) -> tuple[str, str]:
    """Part a gate's name from the ending of the terms it holds for."""
    known = [name for name in LIMITS if gate == name or gate.startswith(f"{name}_")]
    if not known:
        raise ValueError(f"the gate [{gate}] is not in the table of limits; there are {sorted(LIMITS)}")
    name = max(known, key=len)
    return name, gate.removeprefix(name)
