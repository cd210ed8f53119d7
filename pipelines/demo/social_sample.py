"""Values of helping, remission, hours and mutual help that have no closed form, found with very many people.

`python -m pipelines.demo.social_sample > pipelines/demo/social_sample.yaml` makes them again (a minute or
two). The demo's truth quotes the stored values.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
import polars as pl
import statsmodels.api as sm
import yaml

from models.survival import cox
from pipelines.demo.chance import Floats, stream
from pipelines.demo.collaborative import draw
from pipelines.demo.courses import COURSES, landmarks
from pipelines.demo.drawn_courses import course_of
from pipelines.demo.drawn_diaries import draw_diaries
from pipelines.demo.drawn_ties import draw_support
from pipelines.demo.social_truth import COMMAND

SEED = 7
_WINDOW = 365.0  # days since the landmark
_YEAR = 365.25
HORIZONS = {"1_year": 1, "3_years": 3, "5_years": 5}  # from entry
_HOURS = ("peer_hours", "meaningful_hours")
Answer = dict[str, float]


def course_values(people: int) -> dict[str, Answer]:
    """Find helping and remission, if everybody were followed for good: death stops nobody's first use.

    Collaboratives of 20,000 people and 120 programs are put together, so that the programs of one do not
    decide.
    """
    draws = [_courses(seed) for seed in range(SEED, SEED + max(1, people // 20_000))]
    at, first_use, remission, death = (
        pl.concat([d for d, *_ in draws]),
        *(np.concatenate([d[i] for d in draws]) for i in (1, 2, 3)),
    )
    landmark, sos = (at[name].cast(pl.Float64).to_numpy() for name in ("landmark", "sos"))
    asked = ~np.isnan(landmark + sos)
    at_risk = asked & (first_use > landmark)
    helps = sos >= COURSES.helping_cut
    free = np.minimum(first_use - landmark, _WINDOW)
    groups = {"helpers": at_risk & helps, "others": at_risk & ~helps}
    meetings = at["meetings"].cast(pl.Float64).to_numpy()
    values = {f"{name}_12_months": float((free[who] >= _WINDOW).mean()) for name, who in groups.items()}
    restricted = {name: float(free[who].mean()) for name, who in groups.items()}
    return {
        "H1": {
            "people": float(len(free)),
            "landmark_share": float(asked.mean()),
            "at_risk_share": float(at_risk.mean()),
            "helpers_share_at_risk": float(helps[at_risk].mean()),
            **values,
            "restricted_mean_helpers": restricted["helpers"],
            "restricted_mean_others": restricted["others"],
            "restricted_mean_difference": restricted["helpers"] - restricted["others"],
            "hazard_ratio_without_meetings": _hazard_ratio(free[at_risk], helps[at_risk]),
            "meetings_helpers": float(np.nanmean(meetings[groups["helpers"]])),
            "meetings_others": float(np.nanmean(meetings[groups["others"]])),
        },
        "S1": {
            **{f"within_{years}": _by(remission, death, y) for years, y in HORIZONS.items()},
            **{
                f"within_{years}_if_nobody_died": _by(remission, death + np.inf, y)
                for years, y in HORIZONS.items()
            },
        },
    }


def _courses(seed: int) -> tuple[pl.DataFrame, Floats, Floats, Floats]:
    frames = draw(seed, 20_000, programs=120)
    courses, death = course_of(stream(seed, "courses"), frames)
    at = landmarks(frames["assessments"], frames["episodes"].select("participant_id", "exit_day"))
    return at, courses.first_use, courses.remission, death


def _hazard_ratio(free: Floats, helps: np.ndarray) -> float:
    """Cox regression on helping alone, everybody followed for 12 months."""
    fitted = cox.fit(stop=free, event=free < _WINDOW, x=helps.astype(float)[:, None])
    return float(np.exp(fitted.beta[0]))


def _by(remission: Floats, death: Floats, years: int) -> float:
    return float(((remission <= years * _YEAR) & (remission <= death)).mean())


def diary_values(people: int) -> Answer:
    """Find the spread of hours within and between people, and abstinence at the next interview by mean hours.

    A person's mean is taken over the answered evenings, as an analysis must. Odds ratios of abstinence are
    those of one logistic regression on both means, for each standard deviation.
    """
    frames = draw_diaries(SEED, people)
    answered = frames["diary_days"].filter(pl.col("response_status") == "answered")
    means = answered.group_by("participant_id").agg(pl.col(name).mean() for name in _HOURS)
    inside = answered.select(pl.col(name) - pl.col(name).mean().over("participant_id") for name in _HOURS)
    after = frames["assessments"].filter(
        pl.col("wave") == "month_6", pl.col("followup_status") == "completed"
    )
    told = means.join(after, on="participant_id").sort("participant_id")
    spread = {name: float(means[name].to_numpy().std()) for name in _HOURS}
    design = np.column_stack([told[name].to_numpy() / spread[name] for name in _HOURS])
    abstinent = (told["abstinent_days_30"] == 30).cast(pl.Float64).to_numpy()
    slopes = sm.Logit(abstinent, sm.add_constant(design)).fit(disp=0).params[1:]
    found: Answer = {"people": float(people)}
    for name, slope in zip(_HOURS, slopes, strict=True):
        found |= {
            f"{name}_mean": float(means[name].to_numpy().mean()),
            f"{name}_sd_within": float(inside[name].to_numpy().std()),
            f"{name}_sd_between": spread[name],
            f"{name}_abstinent_later_per_sd_odds_ratio": float(np.exp(slope)),
        }
    return found


def tie_values(collaboratives: int) -> dict[str, Answer]:
    """Find mutual help by program model, over collaboratives of the demo's size.

    Reciprocity is the share of mutual pairs among pairs with a tie of any kind, both of whom were
    interviewed, houses and both waves put together. `by_chance` is that of networks with the same numbers of
    ties given and received by each person; `if_none_were_returned` that of a world in which nobody returns a
    tie because it was given. The second lies above the first: people can name only those who were there when
    they were. `give_and_receive` is the share of people with a tie who both give and receive.
    """
    counts = {
        (m, kind): np.zeros(2) for m in ("social", "mixed", "clinical") for kind in ("is", "chance", "none")
    }
    both = {m: np.zeros(2) for m in ("social", "mixed", "clinical")}
    rng = np.random.default_rng([SEED, 3])
    for seed in range(collaboratives):
        for world, effects in (("is", True), ("none", False)):
            for model, edges in _houses(draw_support(seed, 600, effects=effects)):
                counts[model, world] += _mutual(edges)
                if effects:
                    counts[model, "chance"] += _mutual(_switched(rng, edges))
                    gives, receives = set(edges[:, 0].tolist()), set(edges[:, 1].tolist())
                    both[model] += len(gives & receives), len(gives | receives)
    return {
        model: {
            "collaboratives": float(collaboratives),
            "reciprocity": _share(counts[model, "is"]),
            "by_chance": _share(counts[model, "chance"]),
            "if_none_were_returned": _share(counts[model, "none"]),
            "give_and_receive": _share(both[model]),
        }
        for model in both
    }


def _houses(frames: Mapping[str, pl.DataFrame]) -> list[tuple[str, np.ndarray]]:
    """Model and ties (giver, receiver; each pair once) of each program and wave, among people interviewed."""
    came = frames["assessments"].filter(pl.col("followup_status") == "completed")
    homes = frames["episodes"].join(frames["programs"].select("program_id", "model"), on="program_id")
    ties = (
        frames["support_ties"]
        .select("wave", "giver_id", "receiver_id")
        .unique()
        .join(came.select("wave", giver_id="participant_id"), on=["wave", "giver_id"], how="semi")
        .join(homes.select("program_id", "model", receiver_id="participant_id"), on="receiver_id")
        .with_columns(pl.col("giver_id", "receiver_id").str.slice(1).cast(pl.Int64))
        .sort("wave", "program_id", "giver_id", "receiver_id")
    )
    parts = ties.partition_by("wave", "program_id", maintain_order=True)
    return [(str(part["model"][0]), part.select("giver_id", "receiver_id").to_numpy()) for part in parts]


def _mutual(edges: np.ndarray) -> np.ndarray:
    """Count mutual pairs, and pairs with a tie."""
    there = set(map(tuple, edges.tolist()))
    twice = sum((receiver, giver) in there for giver, receiver in there)
    return np.array([twice / 2, len(there) - twice / 2])


def _switched(rng: np.random.Generator, edges: np.ndarray, times: int = 20) -> np.ndarray:
    """Exchange receivers of two ties again and again, where that makes no loop and no tie twice."""
    ties = [tuple(tie) for tie in edges.tolist()]
    there = set(ties)
    for first, second in rng.integers(0, len(ties), (times * len(ties), 2)).tolist():
        (a, b), (c, d) = ties[first], ties[second]
        if a == d or c == b or (a, d) in there or (c, b) in there:
            continue
        there -= {(a, b), (c, d)}
        there |= {(a, d), (c, b)}
        ties[first], ties[second] = (a, d), (c, b)
    return np.array(ties)


def _share(counts: np.ndarray) -> float:
    return float(counts[0] / counts[1])


def compute(people: int = 600_000, diaries: int = 100_000, collaboratives: int = 200) -> dict[str, Answer]:
    """All values that the truth quotes, rounded to four decimals."""
    values = {
        **course_values(people),
        "P1": diary_values(diaries),
        **{f"M1_{model}": found for model, found in tie_values(collaboratives).items()},
    }
    return {subject: {name: round(v, 4) for name, v in found.items()} for subject, found in values.items()}


if __name__ == "__main__":
    sys.stdout.write(f"# Made by: {COMMAND}\n" + yaml.safe_dump(compute(), sort_keys=False))
