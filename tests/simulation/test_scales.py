"""Coverage of reliabilities and of gains, size of the test of measurement change, false reliable change.

    python tests/simulation/test_scales.py

writes scales.json beside this file (some ten minutes on one core); with the name of a part (reliability,
measurement_change, false_reliable_change, gains) it writes that part anew and keeps the others.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.inference.coefficients import Array
from models.inference.contrast import contrast_of
from models.missing.imputation import imputations
from models.missing.over_imputations import over_imputations
from models.refusal import NotIdentifiedError
from models.scales.gains import CHANGE, WORSE, Gain, gains_of
from models.scales.invariance import measurement_change
from models.scales.reliability import Reliability, alpha, omega
from models.scales.reliable_change import change_limit, reliable, share_of

STORED = Path(__file__).with_name("scales.json")
SEED = 20261122
LARGE = 300_000  # people by whom the true reliability of rounded answers is found
VERY_LARGE = 2_000_000  # people by whom the true gains are found
ITEMS = 6
PROGRAMS = 12


def _normal_alike(random: np.random.Generator, n: int) -> Array:
    """Normal answers to items that measure equally well."""
    return random.standard_normal((n, 1)) + random.standard_normal((n, ITEMS))


def _six_points(random: np.random.Generator, n: int) -> Array:
    """Answers from 1 to 6, crowded at the upper end, to items that measure unequally well."""
    inner = random.standard_normal((n, 1)) * np.linspace(0.6, 1.3, ITEMS) + random.standard_normal((n, ITEMS))
    return np.clip(np.round(4.6 + inner), 1.0, 6.0)


def _six_points_with_gaps(random: np.random.Generator, n: int) -> Array:
    """The same; who answers the first item low leaves out the others more often."""
    answers = _six_points(random, n)
    left_out = random.random((n, ITEMS)) < np.where(answers[:, :1] < 4.0, 0.25, 0.05)
    left_out[:, 0] = False
    answers[left_out] = np.nan
    return answers


WORLDS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal, items alike": _normal_alike,
    "six points, crowded at the top": _six_points,
    "six points with gaps": _six_points_with_gaps,
}
MEASURES: dict[str, Callable[[Array], Reliability]] = {"alpha": alpha, "omega": omega}
PEOPLE = (50, 300)


def reliability(sets: int = 600) -> dict[str, dict[str, float]]:
    """Coverage of the intervals and bias of the values."""
    found = {}
    for world, draw in WORLDS.items():
        whole = _six_points if draw is _six_points_with_gaps else draw
        truth = whole(np.random.default_rng(SEED), LARGE)
        for measure, of in MEASURES.items():
            value = of(truth).value
            for n in PEOPLE:
                random = np.random.default_rng((SEED, n))
                inside = refused = 0
                values = []
                for _ in range(sets):
                    try:
                        one = of(draw(random, n))
                    except NotIdentifiedError:
                        refused += 1
                        continue
                    inside += one.low <= value <= one.high
                    values.append(one.value)
                found[f"{measure}, {world}, {n} people"] = {
                    "truth": value, "coverage": inside / len(values), "refused": refused / sets,
                    "bias": float(np.mean(values)) - value, "sets": sets,
                }  # fmt: skip
    return found


def _two_waves(
    random: np.random.Generator, n: int, *, rounded: bool, drift: float = 0.0
) -> tuple[Array, Array]:
    """Answers of the same people twice; with `drift` two items get easier, which is measurement change."""
    early = random.standard_normal(n)
    late = 0.3 + 0.7 * early + 0.6 * random.standard_normal(n)
    own = random.standard_normal((n, ITEMS))
    loadings = np.linspace(0.7, 1.2, ITEMS)
    waves = []
    for person, moved in ((early, 0.0), (late, drift)):
        error = 0.6 * own + 0.8 * random.standard_normal((n, ITEMS))
        answers = 4.0 + np.outer(person, loadings) + error
        answers[:, :2] += moved
        waves.append(np.clip(np.round(answers), 1.0, 6.0) if rounded else answers)
    first, second = waves
    second[random.random(n) < np.where(first.mean(axis=1) < 4.0, 0.35, 0.15)] = np.nan
    for wave in waves:
        wave[random.random((n, ITEMS)) < 0.02] = np.nan
    return first, second


def measurement_changes(sets: int = 500) -> dict[str, dict[str, float]]:
    """Share of sets in which each step is rejected at 5%; where two items drift, of a fifth as many."""
    found = {}
    cases = {
        "normal, 200 people": (200, False, 0.0), "normal, 600 people": (600, False, 0.0),
        "six points, 600 people": (600, True, 0.0), "normal, 600 people, two items drift": (600, False, 0.4),
    }  # fmt: skip
    for name, (n, rounded, drift) in cases.items():
        random = np.random.default_rng((SEED, n))
        p_values, refused = [], 0
        tried = sets if drift == 0.0 else sets // 5
        for _ in range(tried):
            try:
                tested = measurement_change(*_two_waves(random, n, rounded=rounded, drift=drift))
            except NotIdentifiedError:
                refused += 1
                continue
            p_values.append([step.p_value for step in tested.steps])
        rejected = (np.array(p_values) < 0.05).mean(axis=0)
        found[name] = {
            "metric_rejected": float(rejected[0]), "scalar_rejected": float(rejected[1]),
            "refused": refused / tried, "sets": tried,
        }  # fmt: skip
    return found


def false_reliable_change(sets: int = 500) -> dict[str, dict[str, float]]:
    """Share of 300 people beyond the limit, either way, where nobody changed."""
    found = {}
    for name, loadings, rounded in (
        ("normal, items alike", np.ones(ITEMS), False),
        ("normal, items unequal", np.linspace(0.5, 1.5, ITEMS), False),
        ("six points, crowded at the top", np.linspace(0.6, 1.3, ITEMS), True),
    ):
        random = np.random.default_rng(SEED)
        shares = []
        for _ in range(sets):
            person = random.standard_normal((300, 1)) * loadings
            first, second = (person + random.standard_normal((300, ITEMS)) for _ in range(2))
            if rounded:
                first, second = (np.clip(np.round(4.6 + wave), 1.0, 6.0) for wave in (first, second))
            limit = change_limit(float(first.sum(axis=1).std(ddof=1)), alpha(first).value)
            better, worse = reliable(second.sum(axis=1) - first.sum(axis=1), limit)
            shares.append(float((better + worse).mean()))
        found[name] = {
            "share": float(np.mean(shares)), "mc_error": float(np.std(shares) / np.sqrt(sets)), "sets": sets,
        }  # fmt: skip
    return found


GAIN = Gain(outcome="score", wave="month_12", limit=8.0, cut=47.0)


def _people(random: np.random.Generator, n: int, programs: int, *, all_come: bool = False) -> pl.DataFrame:
    """Scores of people in programs that differ in gain; those who start low are lost more often."""
    program = np.minimum((programs * random.random(n) ** 1.5).astype(int), programs - 1)  # unequal sizes
    at_entry, gained = random.normal(0.0, 1.0, programs), random.normal(0.0, 1.5, programs)
    first = 40.0 + at_entry[program] + random.normal(0.0, 8.0, n)
    middle = 23.0 + 0.5 * first + 0.5 * gained[program] + random.normal(0.0, 6.0, n)
    last = 8.0 + 0.5 * first + 0.4 * middle + gained[program] + random.normal(0.0, 5.0, n)
    scores = {"baseline": np.round(first), "month_6": np.round(middle), "month_12": np.round(last)}
    status = {}
    for wave, log_odds in (("month_6", 1.3), ("month_12", 1.0)):
        came = (random.random(n) < 1.0 / (1.0 + np.exp(-log_odds - 0.08 * (first - 40.0)))) | all_come
        scores[wave] = np.where(came, scores[wave], np.nan)
        status[f"status_{wave}"] = np.where(came, "completed", "not_located")
    return pl.DataFrame({
        "program_id": [f"P{one:06d}" for one in program], "program_number": program,
        "program_model": np.where(program % 2 == 0, "social", "clinical"), **status,
        **{f"score_{wave}": values for wave, values in scores.items()},
    }).with_columns(pl.col(pl.Float64).fill_nan(None))  # fmt: skip


def gains(sets: int = 500) -> dict[str, dict[str, float]]:
    """Bias and coverage of the imputed answers and of complete cases: 300 people, 12 unequal programs."""
    whole = _people(np.random.default_rng(SEED), VERY_LARGE, VERY_LARGE // 10, all_come=True)
    truth = GAIN.values(whole).mean(axis=0)
    answers: dict[str, list[list[tuple[float, float, float]]]] = {"imputed": [], "complete cases": []}
    for number in range(sets):
        people = _people(np.random.default_rng((SEED, number)), 300, PROGRAMS)
        copies = imputations(
            people, variables=("score_baseline", "score_month_6", "score_month_12"), cluster="program_id",
            groups=("program_model",), n_imputations=20, seed=number,
        ).copies  # fmt: skip
        pooled = over_imputations(copies, lambda copy: gains_of(copy, GAIN)).inference
        for way, inference in (("imputed", pooled), ("complete cases", gains_of(people, GAIN))):
            limits = []
            for place, name in enumerate(GAIN.names):
                pick = np.eye(len(GAIN.names))[place]
                if name == CHANGE:
                    one = contrast_of(inference, pick)
                    limits.append((one.estimate, one.low, one.high))
                else:
                    share = share_of(inference, pick, people.height)
                    limits.append((share.value, share.low, share.high))
            answers[way].append(limits)
    found = {}
    for way, all_limits in answers.items():
        table = np.array(all_limits)
        for place, name in enumerate(GAIN.names):
            value, low, high = table[:, place].T
            found[f"{name}, {way}"] = {
                "truth": float(truth[place]), "bias": float(value.mean() - truth[place]),
                "mc_error": float(value.std(ddof=1) / np.sqrt(sets)),
                "coverage": float(np.mean((low <= truth[place]) & (truth[place] <= high))), "sets": sets,
            }  # fmt: skip
    return found


PARTS: dict[str, Callable[[], dict[str, dict[str, float]]]] = {
    "reliability": reliability, "measurement_change": measurement_changes,
    "false_reliable_change": false_reliable_change, "gains": gains,
}  # fmt: skip


def _stored(part: str) -> dict[str, dict[str, float]]:
    return dict(json.loads(STORED.read_text())[part])


def _within(share: float, expected: float, sets: float) -> bool:
    """Whether a share of sets is what chance lets one expect: three standard errors."""
    return abs(share - expected) <= 3.0 * np.sqrt(expected * (1.0 - expected) / sets)


def test_the_stored_parts_are_all_there_with_the_command_that_made_them() -> None:
    stored = json.loads(STORED.read_text())

    assert set(stored) == {*PARTS, "command"}
    assert stored["command"] == "python tests/simulation/test_scales.py"


def test_limits_of_reliabilities_cover_93_to_97_percent() -> None:
    for name, row in _stored("reliability").items():
        assert 0.93 <= row["coverage"] <= 0.97, name
        assert row["sets"] >= 500
        assert row["refused"] < 0.02, name


def test_steps_of_measurement_change_are_rejected_at_5_percent_where_nothing_changed() -> None:
    for name, row in _stored("measurement_change").items():
        if "drift" in name:
            assert row["scalar_rejected"] > 0.9
            continue
        assert _within(row["metric_rejected"], 0.05, row["sets"]), name
        assert _within(row["scalar_rejected"], 0.05, row["sets"]), name


def test_5_percent_change_reliably_where_nobody_changed_and_fewer_where_items_differ() -> None:
    rows = _stored("false_reliable_change")

    alike = rows["normal, items alike"]
    assert abs(alike["share"] - 0.05) <= 2.0 * alike["mc_error"]
    assert rows["normal, items unequal"]["share"] < 0.05
    assert rows["six points, crowded at the top"]["share"] < 0.05


@pytest.mark.parametrize("name", GAIN.names)
def test_imputed_gains_are_unbiased_and_their_limits_cover_at_least_93_percent(name: str) -> None:
    row = _stored("gains")[f"{name}, imputed"]

    assert row["sets"] >= 500
    assert abs(row["bias"]) <= 2.0 * row["mc_error"]
    assert row["coverage"] >= 0.93


RARE = pytest.mark.xfail(
    strict=True,
    reason="98.6%: one and a half percent of 300 people change for the worse: steps of one person are "
    "coarse, and t with the programs' degrees of freedom widens what chance among people makes",
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[RARE] if name == WORSE else []) for name in GAIN.names]
)
def test_limits_of_imputed_gains_cover_no_more_than_97_percent(name: str) -> None:
    assert _stored("gains")[f"{name}, imputed"]["coverage"] <= 0.97


def test_complete_cases_are_biased_where_those_who_start_low_are_lost() -> None:
    row = _stored("gains")[f"{CHANGE}, complete cases"]

    assert abs(row["bias"]) > 4.0 * row["mc_error"]


def test_a_few_sets_made_anew_are_like_the_stored_ones() -> None:
    found = false_reliable_change(20)["normal, items alike"]

    assert abs(found["share"] - 0.05) <= 4.0 * found["mc_error"]


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_part_made_anew_is_the_stored_one(part: str) -> None:
    found = PARTS[part]()

    for name, row in _stored(part).items():
        assert found[name] == pytest.approx(row, rel=1e-6), name


if __name__ == "__main__":
    results = json.loads(STORED.read_text()) if STORED.exists() else {}
    for part in sys.argv[1:] or PARTS:
        results[part] = PARTS[part]()
        results["command"] = "python tests/simulation/test_scales.py"
        STORED.write_text(json.dumps(results, indent=1) + "\n")
