"""Who helped whom: support ties that people name at their interviews 6 and 12 months after entry.

People know those of their program who entered at about the same time. Each names a few of them as helpers,
and some of those name the person in turn: in social programs about half of the ties that can be returned are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import Floats, stream
from pipelines.demo.interviews import BASELINE, Interview
from pipelines.demo.people import Person

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Named = dict[tuple[str, str], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class TieTruth:
    """How ties come about. All ours.

    `each` is the mean number of helpers that a person thinks of first; `returned` the chance, by program
    model, that the helper names the person too, where the helper is interviewed at the same wave. People
    whose entries lie more than `same_time` days apart do not meet, nor before `acquainted` days are over.
    """

    each: float = 1.2
    returned: tuple[tuple[str, float], ...] = (("social", 0.5), ("mixed", 0.2), ("clinical", 0.2))
    kinds: tuple[tuple[str, float], ...] = (
        ("emotional", 0.40), ("practical", 0.22), ("informational", 0.20), ("financial", 0.06),
        ("social", 0.12),
    )  # fmt: skip
    same_time: int = 150
    acquainted: int = 3


TIES = TieTruth()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Ties of one program and wave, each once: places of receiver and giver among its people, and kind."""

    receiver: Ints
    giver: Ints
    kind: Ints


def draw_ties(
    rng: np.random.Generator, *, entered: Floats, interviewed: Floats, returned: float, truth: TieTruth = TIES
) -> Drawn:
    """Draw the ties of one program at one wave.

    Parameters
    ----------
    rng
        Random numbers.
    entered
        Calendar day on which each person of the program entered, from any day 0.
    interviewed
        Calendar day of each person's interview at the wave; NaN without one.
    returned
        Chance that a tie which can be returned is.
    truth
        Everything else.
    """
    knows = _acquainted(entered, interviewed, truth)
    friends = knows.sum(axis=1)
    receiver = np.repeat(
        np.arange(len(entered)), np.where(friends > 0, rng.poisson(truth.each, len(entered)), 0)
    )
    which = np.floor(rng.random(len(receiver)) * friends[receiver]).astype(np.int64)
    _, people = np.nonzero(knows)
    first = np.concatenate([[0], np.cumsum(friends)])[:-1]
    giver = people[first[receiver] + which]
    shares = np.array([share for _, share in truth.kinds])
    kind = rng.choice(len(shares), size=len(receiver), p=shares)
    back = (rng.random(len(receiver)) < returned) & knows[giver, receiver]
    rows = np.column_stack([
        np.concatenate([receiver, giver[back]]),
        np.concatenate([giver, receiver[back]]),
        np.concatenate([kind, kind[back]]),
    ])  # fmt: skip
    once = np.unique(rows, axis=0).astype(np.int64)
    return Drawn(once[:, 0], once[:, 1], once[:, 2])


def _acquainted(entered: Floats, interviewed: Floats, truth: TieTruth) -> Bools:
    """Whether the person of a row, at the interview, knows the person of a column."""
    near = np.abs(entered[:, None] - entered[None, :]) <= truth.same_time
    np.fill_diagonal(near, val=False)
    with np.errstate(invalid="ignore"):
        return np.asarray(near & (entered[None, :] + truth.acquainted < interviewed[:, None]))


def make_ties(seed: int, interviews: list[Interview], codebook: Codebook) -> Named:
    """Givers of help and its kinds, by receiver and wave; all are participants of the same program.

    Raises
    ------
    ValueError
        The codebook does not know one of the kinds.
    """
    names = [name for name, _ in TIES.kinds]
    if unknown := sorted(set(names) - set(codebook.variables["support_kind"].values or {})):
        raise ValueError(f"the codebook has no kinds of support {unknown}")
    rng = stream(seed, "ties")
    held = {(i.person.participant_id, i.wave): i for i in interviews if i.completed and i.wave != BASELINE}
    programs: dict[str, list[Person]] = {}
    for person in {i.person.participant_id: i.person for i in interviews}.values():
        programs.setdefault(person.program.program_id, []).append(person)
    ties: Named = {key: [] for key in held}
    for wave in dict.fromkeys(wave for _, wave in held):
        for _, people in sorted(programs.items()):
            known = [held.get((person.participant_id, wave)) for person in people]
            drawn = draw_ties(
                rng,
                entered=np.array([p.entry.toordinal() for p in people], dtype=float),
                interviewed=np.array([i.recorded.toordinal() if i else np.nan for i in known]),
                returned=dict(TIES.returned)[people[0].program.model],
            )
            for receiver, giver, kind in zip(drawn.receiver, drawn.giver, drawn.kind, strict=True):
                key = people[receiver].participant_id, wave
                ties[key].append((people[giver].participant_id, names[kind]))
    return ties
