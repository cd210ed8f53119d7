"""The conditions on which numbers of M1 are told, as diagnostics: of a part of the houses, of each number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.estimate import Diagnostic, Estimate
from models.fitness import diagnostics_of, failed
from models.network.mutuality_rows import FEW_HOUSES, Group

DIFFERENCE = "_social_minus_clinical"


def gates_of_group(group: Group, ending: str) -> tuple[Diagnostic, ...]:
    """Follow-up and houses of a part of the houses, for the terms that end in `ending`."""
    told = diagnostics_of(group.gates, outcome=group.outcome, population=group.population)
    return tuple(replace(fact, diagnostic=f"{fact.diagnostic}{ending}") for fact in told)


def gates_of_difference(first: Group, second: Group) -> tuple[Diagnostic, ...]:
    """Tell the conditions of both kinds: a difference needs what each of them needs."""
    weak = {one.name: one for one in failed((*first.gates, *second.gates))}
    gates = tuple(weak.get(one.name, one) for one in first.gates)
    return gates_of_group(replace(first, gates=gates), DIFFERENCE)


def gates_of_numbers(estimates: Sequence[Estimate]) -> tuple[Diagnostic, ...]:
    """Whether enough houses carry a number, for each that has degrees of freedom or lacks them."""
    return tuple(
        Diagnostic(
            outcome=row.outcome, diagnostic=f"gate_degrees_of_freedom_{row.term}", population=row.population,
            value=float(not thin), detail=FEW_HOUSES if thin else "enough houses carry the number",
        )
        for row in estimates
        if (thin := FEW_HOUSES in row.note) or row.df is not None
    )  # fmt: skip
