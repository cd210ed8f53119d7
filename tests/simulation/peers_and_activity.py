"""Simulated diaries for what hours with peers and in meaningful activity go before.

    python tests/simulation/peers_and_activity.py [sets]

writes peers_and_activity.json beside this file (about two minutes of one core for 500 sets). Each set are the
diaries of 150 people, drawn by the law of the demonstration data, and the interview after them; and the same
in a world in which hours go with nothing. The truth of an odds ratio per standard deviation is exp(slope x
the set's own standard deviation), as the analysis takes the standard deviation as known.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import yaml

from models.estimate import Findings
from models.within_person.hours_odds_and_ranks import NEXT_INTERVIEW, PREDICTORS
from models.within_person.peers_and_activity import analyse
from pipelines.demo import social_sample
from pipelines.demo.drawn_diaries import draw_diaries
from pipelines.demo.hours import HOURS

STORED = Path(__file__).with_name("peers_and_activity.json")
LARGE = yaml.safe_load(Path(social_sample.__file__).with_suffix(".yaml").read_text(encoding="utf-8"))["P1"]
PEOPLE, SETS = 150, 500
SEED = {"effects": 2_100_000, "placebo": 2_200_000}
KINDS = dict(zip(PREDICTORS, HOURS.kinds, strict=True))
Row = tuple[float, float, bool, float]


def log_odds(name: str, spread: dict[str, float]) -> float:
    """True log odds ratio of an evening or interview without use, per standard deviation of this set."""
    if name in PREDICTORS:
        per_hour = math.log(LARGE[f"{name}_abstinent_later_per_sd_odds_ratio"]) / LARGE[f"{name}_sd_between"]
        return float(per_hour * spread[f"sd_of_interview_{name}"])
    kind, part = name.rsplit("_", 1)
    return -float(getattr(KINDS[kind], part)) * spread[f"sd_{part}_{kind}"]


def rows_of(found: Findings, *, effects: bool) -> dict[str, Row]:
    """Log odds less the truth, its error, whether the interval holds the truth, p-value."""
    spread = {row.diagnostic: row.value for row in found.diagnostics if row.value is not None}
    spread |= {f"sd_of_interview_{name}": spread[f"sd_between_{name}"] for name in PREDICTORS}
    told = {}
    for row in found.estimates:
        if not row.term.endswith("_per_sd") or row.estimate is None:
            continue
        assert row.std_error is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert row.p_value is not None
        name = row.term.removesuffix("_per_sd")
        truth = log_odds(name, spread) if effects else 0.0
        held = row.ci_low <= math.exp(truth) <= row.ci_high
        told[name] = (math.log(row.estimate) - truth, row.std_error / row.estimate, held, row.p_value)
    return told


def ranks_of(found: Findings) -> dict[str, tuple[float, bool]]:
    """Rank of the peer hours, which are truly first, and whether the interval holds 1."""
    return {
        row.term: (row.estimate, row.ci_low is not None and row.ci_low <= 1.0)
        for row in found.estimates
        if row.term.startswith("rank_peer_hours") and row.estimate is not None
    }


def one(seed: int, *, effects: bool) -> Findings:
    """Analyze one set of diaries."""
    drawn = draw_diaries(seed, PEOPLE, effects=effects)
    return analyse(drawn["diary_days"], drawn["assessments"], population="simulated")


def summarized(rows: list[Row]) -> dict[str, float]:
    """Bias and its Monte Carlo error, spread, mean error, coverage, and how often p is below 5%."""
    values = np.array(rows, dtype=float)
    spread = float(values[:, 0].std(ddof=1))
    return {
        "bias": round(float(values[:, 0].mean()), 5),
        "monte_carlo_error": round(spread / float(np.sqrt(len(values))), 5), "spread": round(spread, 5),
        "standard_error": round(float(np.sqrt((values[:, 1] ** 2).mean())), 5),
        "coverage": round(float(values[:, 2].mean()), 4),
        "below_5_percent": round(float((values[:, 3] < 0.05).mean()), 4), "sets": len(values),
    }  # fmt: skip


def run(sets: int) -> None:
    """Run both worlds side by side and store what they say so far."""
    worlds: dict[str, list[dict[str, Row]]] = {"effects": [], "placebo": []}
    ranks: list[dict[str, tuple[float, bool]]] = []
    for number in range(sets):
        for world, told in worlds.items():
            found = one(SEED[world] + number, effects=world == "effects")
            told.append(rows_of(found, effects=world == "effects"))
            if world == "effects":
                ranks.append(ranks_of(found))
        if (number + 1) % 50 == 0 or number + 1 == sets:
            stored(worlds, ranks)


def stored(worlds: dict[str, list[dict[str, Row]]], ranks: list[dict[str, tuple[float, bool]]]) -> None:
    """Write the summary."""
    names = (*(f"{name}_{part}" for part in ("within", "between") for name in PREDICTORS), *PREDICTORS)
    found: dict[str, object] = {"command": "python tests/simulation/peers_and_activity.py"}
    for world, told in worlds.items():
        found[world] = {name: summarized([one[name] for one in told if name in one]) for name in names}
    found["ranks"] = {
        term: {
            "interval_holds_rank": float(np.mean([one[term][1] for one in ranks if term in one])),
            "ranked_first": float(np.mean([one[term][0] == 1.0 for one in ranks if term in one])),
        }
        for term in ranks[0]
    }
    found["next_interview"] = NEXT_INTERVIEW
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else SETS)
