"""Collaboratives in which it is known how often help is returned: what M1 finds in many of them.

    python tests/simulation/mutuality.py

writes mutuality.json beside this file (some twenty minutes on one core). With two numbers, a first and a last
set, it prints those sets alone, one line each. In three worlds: help that nobody returns because of help
(placebo), help that is returned (planted), and houses that differ in how often it is (apart; without drawn
networks, so that many sets can be had).
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl

from models.inference.contrast import contrast_of
from models.network.acquaintance import NEVER, Pairs, pairs_of
from models.network.by_chance import MAIN, STEPS_BETWEEN, by_chance, p_value
from models.network.degree_preserving_null import draw_null
from models.network.house_inference import (
    Houses,
    difference_of,
    inference_of,
    not_below_independent,
)
from models.network.in_service import COLUMNS, NEEDS_CHANCE, TERMS, measures
from models.network.mutuality_rows import Group, difference_estimates, group_estimates
from models.network.reciprocity import counts_of
from models.network.tie_tables import Ties
from pipelines.demo.ties import TIES, draw_ties

STORED = Path(__file__).with_name("mutuality.json")
COMMAND = "python tests/simulation/mutuality.py"
SEED = 20261123
SETS = 500
LARGE = 4_000  # collaboratives by whom the true shares are found
KNOWN = 120  # sets in which chance is also found with the true acquaintance
DRAWS = 200
SETS_APART = 1_000
LARGE_APART = 2_000
APART = 0.2  # standard deviation over houses of the chance that help is returned
SEEN = tuple(term for term in TERMS if term not in NEEDS_CHANCE)
BEYOND = "reciprocity_beyond_chance"
MODELS = ("social",) * 5 + ("clinical",) * 5 + ("mixed",) * 2
WEIGHTS = np.array([1.6, 1.2, 1.0, 0.8, 0.6, 1.5, 1.1, 1.0, 0.9, 0.6, 1.2, 0.8])
PEOPLE, REACHED, SPAN = 600, 0.77, 2096
KINDS = ("everybody", "social", "clinical", "social_minus_clinical")


def collaborative(
    random: np.random.Generator, *, returned: bool, apart: float = 0.0
) -> tuple[Ties, list[np.ndarray]]:
    """Draw twelve houses of unequal size at one wave, by the law of the demonstration's ties.

    Houses differ by `apart` (standard deviation) in how often help is returned. Also who of those
    interviewed knows whom, giver by receiver, house by house.
    """
    sizes = random.multinomial(PEOPLE, WEIGHTS / WEIGHTS.sum())
    parts, known = [], []
    for size, model in zip(sizes, MODELS, strict=True):
        entered = random.integers(0, SPAN + 1, size).astype(float)
        interviewed = np.where(random.random(size) < REACHED, entered + 183.0, np.nan)
        back = dict(TIES.returned)[model] if returned else 0.0
        if apart:
            back = float(np.clip(back + apart * random.standard_normal(), 0.02, 0.95))
        drawn = draw_ties(random, entered=entered, interviewed=interviewed, returned=back)
        came = np.flatnonzero(np.isfinite(interviewed))
        place = np.full(size, -1)
        place[came] = np.arange(len(came))
        pairs = np.unique(np.column_stack([place[drawn.giver], place[drawn.receiver]]), axis=0)
        parts.append((entered[came], pairs[(pairs >= 0).all(axis=1)], size))
        time = entered[came]
        knows = (np.abs(time[:, None] - time) <= TIES.same_time) & (time[:, None] + 3 < time + 183.0)
        known.append(knows & ~np.eye(len(came), dtype=bool))
    return _networks(parts), known


def _networks(parts: list[tuple[np.ndarray, np.ndarray, int]]) -> Ties:
    size = np.array([len(entered) for entered, _, _ in parts])
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    ends = np.concatenate([pairs + at for (_, pairs, _), at in zip(parts, first, strict=True)])
    entered = np.concatenate([one for one, _, _ in parts])
    count = len(parts)
    return Ties(
        programs=tuple(f"P{i:02d}" for i in range(count)), wave=np.zeros(count, dtype=np.int64),
        program=np.arange(count), model=np.array(MODELS), size=size,
        due=np.array([n for _, _, n in parts]), network=np.repeat(np.arange(count), size), entered=entered,
        left=entered + 100.0, giver=ends[:, 0], receiver=ends[:, 1],
        people=pl.Series([f"S{i:05d}" for i in range(len(entered))]), left_out={},
    )  # fmt: skip


def true_shares(*, returned: bool, apart: float = 0.0, collaboratives: int = LARGE) -> dict[str, np.ndarray]:
    """Sums of the counts over very many collaboratives, by program model."""
    random = np.random.default_rng((SEED, 1, int(returned), *((1,) if apart else ())))
    total = {kind: np.zeros(9) for kind in ("everybody", "social", "clinical")}
    for _ in range(collaboratives):
        ties, _ = collaborative(random, returned=returned, apart=apart)
        sums = counts_of(ties).matrix()
        for kind in total:
            total[kind] += sums[ties.model == kind].sum(axis=0) if kind != "everybody" else sums.sum(axis=0)
    return {kind: sums / collaboratives for kind, sums in total.items()}


def chance_if_known(ties: Ties, known: list[np.ndarray], seed: int) -> np.ndarray:
    """Mutual pairs by chance of each house among those who truly know each other, all alike likely."""
    pairs, _ = pairs_of(ties, "whoever_entered_when")
    of_cell = np.where(np.concatenate([one.ravel() for one in known]), 0, NEVER).astype(np.uint8)
    true = Pairs(start=pairs.start, size=pairs.size, place=pairs.place, of_cell=of_cell, classes=1)
    drawn = draw_null(ties, true, np.ones(1), draws=100, steps_between=STEPS_BETWEEN, seed=seed)
    return drawn.mutual.mean(axis=0)


def one_set(number: int, *, returned: bool) -> dict[str, object]:
    """Estimates, limits and the p-value of one collaborative; and its chance by true acquaintance."""
    random = np.random.default_rng((SEED, 2, int(returned), number))
    ties, known = collaborative(random, returned=returned)
    chance = by_chance(ties, MAIN, seed=number, draws=DRAWS, steps_between=STEPS_BETWEEN)
    counts = counts_of(ties)
    houses = Houses(sums=counts.matrix(), chance=chance.mutual, model=ties.model)
    found = answers_of(houses)
    p_values = {
        kind: p_value(
            chance.draws[:, own].sum(axis=1), float(counts.mutual[own].sum()), float(counts.ties[own].sum())
        )
        for kind, own in (
            ("everybody", np.ones(12, dtype=bool)), ("social", ties.model == "social"),
            ("clinical", ties.model == "clinical"),
        )
    }  # fmt: skip
    by_acquaintance = {}
    if number < KNOWN:
        expected = chance_if_known(ties, known, number)
        by_acquaintance = {
            kind: float(expected[ties.model == kind].sum() if kind != "everybody" else expected.sum())
            for kind in ("everybody", "social", "clinical")
        }
    return {"found": found, "p": p_values, "known": by_acquaintance, "mixed": chance.mixed}


def answers_of(houses: Houses, terms: tuple[str, ...] = TERMS) -> dict[str, tuple[float, float, float, bool]]:
    """Estimate and limits of every term, and whether the degrees of freedom let it be told."""
    social, clinical = houses.of("social"), houses.of("clinical")
    groups = {"everybody": houses, "social": social, "clinical": clinical}
    rows = {kind: group_estimates(_group(own)) for kind, own in groups.items()}
    rows[KINDS[3]] = difference_estimates(_group(social), _group(clinical))
    found = {}
    for term in terms:
        limits = {
            kind: not_below_independent(inference_of(own, term), term, own) for kind, own in groups.items()
        }
        apart = difference_of(social, clinical, term)
        limits[KINDS[3]] = not_below_independent(apart, term, social, clinical)
        for kind, answer in limits.items():
            told = contrast_of(answer, {term: 1.0})
            row = rows[kind][TERMS.index(term)]
            found[f"{term}, {kind}"] = (told.estimate, told.low, told.high, row.estimate is not None)
    return found


def _group(houses: Houses) -> Group:
    """Houses as the analysis puts them together, its gates passed."""
    return Group(
        outcome="month_6", population="x", suffix="", houses=houses, gates=(), no_chance="", drawn_p=None
    )


def one_apart(number: int) -> dict[str, tuple[float, float, float, bool]]:
    """Estimates and limits, of what needs no chance, of one collaborative whose houses differ."""
    random = np.random.default_rng((SEED, 3, number))
    ties, _ = collaborative(random, returned=True, apart=APART)
    none = np.full(len(ties.size), np.nan)
    return answers_of(Houses(sums=counts_of(ties).matrix(), chance=none, model=ties.model), SEEN)


def summary_apart(sets: int = SETS_APART) -> dict[str, object]:
    """Bias and coverage where houses differ."""
    sums = true_shares(returned=True, apart=APART, collaboratives=LARGE_APART)
    values = {kind: measures(one, np.array([np.nan]))[0] for kind, one in sums.items()}
    true = {f"{term}, {kind}": float(values[kind][COLUMNS.index(term)]) for kind in values for term in SEEN}
    true |= {f"{term}, {KINDS[3]}": true[f"{term}, social"] - true[f"{term}, clinical"] for term in SEEN}
    found = [one_apart(number) for number in range(sets)]
    return {"sets": sets, "terms": {name: row_of([one[name] for one in found], true[name]) for name in true}}


def row_of(found: list[tuple[float, float, float, bool]], truth: float) -> dict[str, float]:
    """Bias with its Monte Carlo error, how many limits hold the truth, and how many sets are told."""
    told = np.array(found, dtype=float)
    return {
        "truth": truth, "bias": float(told[:, 0].mean() - truth),
        "monte_carlo_error": float(told[:, 0].std(ddof=1) / np.sqrt(len(told))),
        "coverage": float(np.mean((told[:, 1] <= truth) & (truth <= told[:, 2]))),
        "told": float(told[:, 3].mean()),
    }  # fmt: skip


def chance_of_sets(sets: list[dict[str, object]], kind: str) -> float:
    """Mean over all sets of the chance by true acquaintance.

    That of the sets in which it was found, corrected by how the chance found by M1 differs in the others
    (a control variate): the two go closely together.
    """
    by_m1 = [one["found"][f"reciprocity, {kind}"][0] - one["found"][f"{BEYOND}, {kind}"][0] for one in sets]
    apart = []
    for one, own in zip(sets, by_m1, strict=True):
        if one["known"]:
            random = np.random.default_rng((SEED, 2, int(one["returned"]), one["number"]))
            ties, _ = collaborative(random, returned=one["returned"])
            model = ties.model[ties.of_tie()]
            count = len(model) if kind == "everybody" else int((model == kind).sum())
            apart.append(one["known"][kind] / (count - one["known"][kind]) - own)
    return float(np.mean(by_m1) + np.mean(apart))


def truths(sets: list[dict[str, object]], *, returned: bool) -> dict[str, float]:
    """Find the true value of every term: large-sample sums, and chance by true acquaintance.

    Where nobody returns a tie, nothing is beyond chance.
    """
    sums = true_shares(returned=returned)
    values = {}
    for kind in ("everybody", "social", "clinical"):
        reciprocity = sums[kind][3] / sums[kind][4]
        chance = chance_of_sets(sets, kind) if returned else reciprocity
        expected = chance * sums[kind][2] / (1.0 + chance)
        told = measures(sums[kind], np.array([expected]))[0]
        for term in TERMS:
            values[f"{term}, {kind}"] = float(told[COLUMNS.index(term)])
    for term in TERMS:
        difference = values[f"{term}, social"] - values[f"{term}, clinical"]
        values[f"{term}, social_minus_clinical"] = difference
    return values


def summary(sets: list[dict[str, object]], *, returned: bool) -> dict[str, object]:
    """Bias with its Monte Carlo error, and coverage, of every term; and how often chance is rejected."""
    true = truths(sets, returned=returned)
    rows = {name: row_of([one["found"][name] for one in sets], value) for name, value in true.items()}
    rejected = {
        kind: float(np.mean([one["p"][kind] < 0.05 for one in sets])) for kind in ("everybody", "social")
    }
    return {
        "sets": len(sets), "rejected": rejected, "not_mixed": int(sum(not one["mixed"] for one in sets)),
        "terms": rows,
    }  # fmt: skip


def stored(lines: list[dict[str, object]]) -> None:
    """Write the file from single sets."""
    told = {
        name: summary([one for one in lines if one["returned"] == returned], returned=returned)
        for name, returned in (("planted", True), ("placebo", False))
    }
    told["apart"] = summary_apart()
    STORED.write_text(json.dumps({"command": COMMAND, "seed": SEED, **told}, indent=1) + "\n")


def main(arguments: list[str]) -> None:
    """Run all sets and store them; or print some, or store those printed to files."""
    if arguments and Path(arguments[0]).exists():
        stored([json.loads(line) for name in arguments for line in Path(name).read_text().splitlines()])
        return
    first, last = (int(one) for one in arguments) if arguments else (0, SETS)
    lines = []
    for number, returned in itertools.product(range(first, last), (True, False)):
        lines.append({"returned": returned, "number": number, **one_set(number, returned=returned)})
        if arguments:
            sys.stdout.write(json.dumps(lines[-1]) + "\n")
            sys.stdout.flush()
    if not arguments:
        stored(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
