"""Coverage of the share returned under delayed entry, and of the hazard ratio while linked to care.

    python tests/simulation/test_survival.py

writes survival.json beside this file (about four minutes on one core).
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.survival import cox, first_use, return_to_prison

STORED = Path(__file__).with_name("survival.json")
REPETITIONS = 1000
YEAR = 365.25
SHAPE = 0.7  # of the Weibull time to return: the risk falls with time
# Small programs followed to the end: those where most return would vanish if few left at risk were refused.
SMALL = {
    "return, 14 people followed throughout": {"people": 14, "back": 0.35},
    "return, 20 people followed throughout, half back": {"people": 20, "back": 0.5},
    "return, 20 people followed throughout, most back": {"people": 20, "back": 0.8},
}


def _releases(
    random: np.random.Generator, people: int, *, delayed: bool, back: float, shortest: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns at a falling Weibull hazard (`back` in 3 years), `shortest` to 6 years covered, few deaths.

    Delayed: half enter the program within three weeks of release, half up to 200 days later.
    """
    scale = 3 * YEAR / (-np.log(1 - back)) ** (1 / SHAPE)
    returns = np.ceil(scale * random.weibull(SHAPE, people))
    covered = np.floor(random.uniform(shortest * YEAR, 6 * YEAR, people))
    deaths = np.ceil(random.exponential(60 * YEAR, people))
    person = np.arange(people)
    rows = [
        pl.DataFrame({"participant_id": person[keep], "justice_measure": measure, "event_day": day[keep],
                      "extract_day": covered[keep]})
        for measure, day, keep in (
            ("release", np.zeros(people), np.ones(people, dtype=bool)),
            ("return_to_prison", returns, returns <= np.minimum(covered, deaths)),
            ("death", deaths, deaths <= np.minimum(covered, returns)),
        )
    ]  # fmt: skip
    events = pl.concat(rows).with_row_index("event_id")
    soon = random.random(people) < 0.5
    entry = np.floor(np.where(soon, random.uniform(0, 21, people), random.uniform(0, 200, people)))
    episodes = pl.DataFrame({"participant_id": person, "episode_id": person, "entry_day": entry})
    return events, episodes if delayed else episodes.clear()


def simulate_return(
    people: int, repetitions: int, seed: int, *, delayed: bool, back: float = 0.35, shortest: float = 2.0
) -> dict[str, float]:
    """Bias, and coverage of the intervals given, of the shares within 1 and 3 years."""
    random = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, float, float, float]]] = {"within_1_year": [], "within_3_years": []}
    begins = refused = 0
    for _ in range(repetitions):
        findings = return_to_prison.analyse(
            *_releases(random, people, delayed=delayed, back=back, shortest=shortest), population="simulated"
        )
        starts = [row.value for row in findings.diagnostics if row.diagnostic == "curve_starts_day"]
        for row in findings.estimates:
            if row.term in found and row.estimate is not None:
                # A curve that begins after release estimates the share of those not returned by then.
                start = starts[0]
                assert start is not None
                horizon = return_to_prison.horizon_days(int(row.term[7]))
                survived = [np.exp(np.log(1 - back) * (t / (3 * YEAR)) ** SHAPE) for t in (start, horizon)]
                truth = 1 - survived[1] / survived[0]
                low, high = (np.nan if limit is None else limit for limit in (row.ci_low, row.ci_high))
                found[row.term].append((row.estimate, truth, low, high))
                begins += row.term == "within_3_years" and start > 0
            elif row.term in found:
                refused += 1
    answer: dict[str, float] = {
        "repetitions": repetitions,
        "refused": refused,
        "begins_after_release": begins / repetitions,
    }
    for term, rows in found.items():
        estimate, truth, low, high = np.array(rows).T
        answer[f"{term}_bias"] = float((estimate - truth).mean())
        answer[f"{term}_empirical_sd"] = float(estimate.std(ddof=1))
        given = np.isfinite(low)
        answer[f"{term}_without_interval"] = float(np.mean(~given))
        answer[f"{term}_coverage"] = float(np.mean(((low <= truth) & (truth <= high))[given]))
    return answer


def simulate_link(people: int, repetitions: int, seed: int, *, ratio: float) -> dict[str, float]:
    """Hazard ratio while linked, when link multiplies the hazard from the day after it by `ratio`.

    Beside it the naive answer, which counts people as linked from day 0 because they linked at some time.
    """
    random = np.random.default_rng(seed)
    rows, naive = [], []
    for _ in range(repetitions):
        link = np.ceil(random.exponential(80, people))
        unlinked = np.ceil(random.exponential(60, people))
        after = link + np.ceil(random.exponential(60 / ratio, people))
        use = np.where(unlinked <= link, unlinked, after)
        lost = np.floor(random.uniform(120, 250, people))
        day, used = np.minimum(use, lost), use <= lost
        linked = link < day
        person = [str(i) for i in range(people)]
        participants = pl.DataFrame(
            {"participant_id": person, "sex": "a", "primary_substance": "b", "trial_arm": None}
        )
        assessments = pl.DataFrame(
            {"participant_id": person, "wave": "baseline", "friend_support": random.integers(0, 15, people)}
        )
        times = pl.concat(
            [
                pl.DataFrame({"participant_id": person, "outcome": "first_use", "day_observed": day,
                              "event_observed": used}),
                pl.DataFrame({"participant_id": person, "outcome": "link_to_primary_care",
                              "day_observed": np.where(linked, link, day), "event_observed": linked}),
            ]
        )  # fmt: skip
        findings = first_use.analyse(participants, assessments, times, population="simulated")
        row = next(row for row in findings.estimates if row.term == "linked_to_care")
        assert row.estimate is not None
        assert row.ci_low is not None
        assert row.ci_high is not None
        rows.append((np.log(row.estimate), row.ci_low <= ratio <= row.ci_high))
        fitted = cox.fit(stop=day, event=used, x=linked[:, None].astype(float))
        naive.append(fitted.beta[0])
    logs, covered = np.array(rows).T
    return {
        "repetitions": repetitions,
        "log_ratio_bias": float(logs.mean() - np.log(ratio)),
        "log_ratio_empirical_sd": float(logs.std(ddof=1)),
        "coverage": float(covered.mean()),
        "mean_naive_ratio": float(np.exp(np.mean(naive))),
    }


def _run(repetitions: int) -> dict[str, dict[str, float]]:
    return {
        "return, observed from release": simulate_return(300, repetitions, 11, delayed=False),
        "return, delayed entry": simulate_return(300, repetitions, 12, delayed=True),
        **{
            name: simulate_return(
                int(small["people"]),
                repetitions,
                15 + number,
                delayed=False,
                back=small["back"],
                shortest=4.0,
            )
            for number, (name, small) in enumerate(SMALL.items())
        },
        "link without effect": simulate_link(244, repetitions, 13, ratio=1.0),
        "link halves the hazard": simulate_link(244, repetitions, 14, ratio=0.5),
    }


@pytest.mark.parametrize("name", ["return, observed from release", "return, delayed entry"])
@pytest.mark.parametrize("term", ["within_1_year", "within_3_years"])
def test_stored_shares_returned_are_unbiased_and_cover_at_their_level(name: str, term: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored["refused"] == 0
    assert abs(stored[f"{term}_bias"]) < 3 * stored[f"{term}_empirical_sd"] / np.sqrt(REPETITIONS)
    assert stored[f"{term}_coverage"] == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / REPETITIONS))


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("term", ["within_1_year", "within_3_years"])
def test_stored_small_programs_are_never_refused_because_people_returned(name: str, term: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert stored["refused"] == 0
    assert abs(stored[f"{term}_bias"]) < 3 * stored[f"{term}_empirical_sd"] / np.sqrt(REPETITIONS)
    assert stored[f"{term}_coverage"] > 0.94


@pytest.mark.parametrize("name", ["link without effect", "link halves the hazard"])
def test_stored_ratio_while_linked_is_unbiased_and_covers_at_its_level(name: str) -> None:
    stored = json.loads(STORED.read_text())[name]

    assert abs(stored["log_ratio_bias"]) < 3 * stored["log_ratio_empirical_sd"] / np.sqrt(REPETITIONS) + 0.01
    assert stored["coverage"] == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / REPETITIONS))


def test_counting_people_as_linked_from_the_start_would_invent_an_effect() -> None:
    assert json.loads(STORED.read_text())["link without effect"]["mean_naive_ratio"] < 0.6


@pytest.mark.slow
def test_stored_results_are_what_the_command_gives() -> None:
    stored = json.loads(STORED.read_text())
    for name, results in _run(REPETITIONS).items():
        assert results == pytest.approx(stored[name], rel=1e-4, abs=2e-3), name


if __name__ == "__main__":
    STORED.write_text(json.dumps(_run(REPETITIONS), indent=2) + "\n")
