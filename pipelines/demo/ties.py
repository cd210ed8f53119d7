"""Who helped whom: support ties that people name at their interviews 6 and 12 months after entry."""

from __future__ import annotations

from datetime import timedelta

from pipelines.codebook.spec import Codebook
from pipelines.demo.chance import pick, stream
from pipelines.demo.interviews import BASELINE, Interview
from pipelines.demo.people import Person

# All ours.
_KINDS = {"emotional": 0.4, "practical": 0.22, "informational": 0.2, "financial": 0.06, "social": 0.12}
_TIES_EACH = 1.2
_RETURNED = {"social": 0.5, "mixed": 0.2, "clinical": 0.2}  # share of ties that the other person returns
_SAME_TIME = 150  # people whose entries lie further apart do not meet
_ACQUAINTED = timedelta(days=3)


def make_ties(
    seed: int, interviews: list[Interview], codebook: Codebook
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Givers of help and its kinds, by receiver and wave; all are participants of the same program."""
    rng = stream(seed, "ties")
    done = {(i.person.participant_id, i.wave): i for i in interviews if i.completed and i.wave != BASELINE}
    programs: dict[str, list[Person]] = {}
    for person in {i.person.participant_id: i.person for i in interviews}.values():
        programs.setdefault(person.program.program_id, []).append(person)
    ties: dict[tuple[str, str], list[tuple[str, str]]] = {key: [] for key in done}

    def add(receiver: tuple[str, str], giver: str, kind: str) -> None:
        if (giver, kind) not in ties[receiver]:
            ties[receiver].append((giver, kind))

    for key, interview in done.items():
        me = interview.person
        known = [p for p in programs[me.program.program_id] if p is not me and _met(p, interview)]
        for _ in range(int(rng.poisson(_TIES_EACH)) if known else 0):
            giver = known[int(rng.integers(len(known)))]
            kind = pick(rng, codebook.variables["support_kind"], _KINDS, 1)[0]
            add(key, giver.participant_id, kind)
            other = done.get((giver.participant_id, interview.wave))
            if rng.random() < _RETURNED[me.program.model] and other is not None and _met(me, other):
                add((giver.participant_id, interview.wave), me.participant_id, kind)
    return ties


def _met(person: Person, interview: Interview) -> bool:
    """Whether the person entered at about the time of the one interviewed, and before the interview."""
    apart = abs((person.entry - interview.person.entry).days)
    return apart <= _SAME_TIME and person.entry + _ACQUAINTED < interview.recorded
