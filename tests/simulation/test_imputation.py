"""Multiple imputation where people are lost at random given what they answered, in 12 programs.

    python tests/simulation/test_imputation.py

writes imputation.json beside it (some ten minutes on one core). In every simulated collaborative those with
more need are lost from social programs and those with less from clinical ones, so that the people who came
tell a wrong difference. Beside the pooled answer stand the complete cases and the data before the loss.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.inference.pooling import pool
from models.missing.imputation import imputed
from models.missing.over_imputations import over_imputations

STORED = Path(__file__).with_name("imputation.json")
REPETITIONS = 500
PROGRAMS = 12
SIZES = {"600 people in 12 programs": 600, "240 people in 12 programs": 240}
TERMS = ("difference_month_12", "difference_month_6", "slope", "opioids", "share_opioids")
VARIABLES = ("need_baseline", "worry_baseline", "substance", "score_month_6", "score_month_12")


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def collaborative(people: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Everybody's answers, and those that came."""
    random = np.random.default_rng(seed)
    program = np.concatenate([np.arange(PROGRAMS), random.integers(0, PROGRAMS, people - PROGRAMS)])
    social = (program < PROGRAMS // 2).astype(float)
    common = random.normal(size=people)
    need, worry = (0.7 * common + 0.7 * random.normal(size=people) for _ in range(2))
    score = np.outer(need, [0.8, 0, 0]) + np.outer(worry, [0, 0.5, 0]) + random.gumbel(size=(people, 3))
    substance = np.array(["opioids", "alcohol", "stimulants"])[np.argmax(score, axis=1)]
    levels = 0.3 * random.normal(size=(2, PROGRAMS))
    month_6 = 0.5 * need + 0.3 * social + levels[0, program] + 0.8 * random.normal(size=people)
    month_12 = (
        0.4 * month_6 + 0.5 * need - 0.3 * worry + 0.3 * (substance == "opioids") + 0.2 * social
        + levels[1, program] + 0.8 * random.normal(size=people)
    )  # fmt: skip
    whole = pl.DataFrame(
        {
            "program_id": program.astype(str), "program_model": social, "need_baseline": need,
            "worry_baseline": worry, "substance": substance, "score_month_6": month_6,
            "score_month_12": month_12,
        }
    )  # fmt: skip
    lost = {
        "score_month_6": _logistic(-1.0 + 0.9 * need * (2 * social - 1)),
        "score_month_12": _logistic(-0.8 + 1.0 * need * (2 * social - 1)),
        "substance": 0.1 + 0.1 * (worry > 0),
    }
    came = whole.with_columns(
        pl.when(pl.Series(random.random(people) > chance)).then(name).alias(name)
        for name, chance in lost.items()
    )
    return whole, came


def answers(frame: pl.DataFrame) -> Inference:
    """Difference of program means (t, programs - 2), slopes within programs, a share; of complete rows."""
    rows = frame.drop_nulls()
    means = rows.group_by("program_id", "program_model").agg(pl.col("score_month_6", "score_month_12").mean())
    beta, variance, df = [], [], []
    for name in ("score_month_12", "score_month_6"):
        social, clinical = (
            means.filter(pl.col("program_model") == arm)[name].to_numpy() for arm in (1.0, 0.0)
        )
        degrees = social.size + clinical.size - 2
        spread = (
            (social.size - 1) * social.var(ddof=1) + (clinical.size - 1) * clinical.var(ddof=1)
        ) / degrees
        beta.append(social.mean() - clinical.mean())
        variance.append(spread * (1 / social.size + 1 / clinical.size))
        df.append(degrees)
    kinds = [(rows["substance"] == kind).to_numpy().astype(float) for kind in ("opioids", "alcohol")]
    own = [
        (rows["program_id"] == program).to_numpy().astype(float)
        for program in sorted(set(rows["program_id"]))
    ]
    design = np.column_stack(
        [rows["score_month_6"], rows["need_baseline"], rows["worry_baseline"], *kinds, *own]
    )
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ rows["score_month_12"].to_numpy()
    rest = rows["score_month_12"].to_numpy() - design @ slopes
    noise = float(rest @ rest) / (rows.height - design.shape[1])
    share = float(kinds[0].mean())
    beta += [slopes[0], slopes[3], share]
    variance += [noise * inverse[0, 0], noise * inverse[3, 3], share * (1 - share) / rows.height]
    df += [rows.height - design.shape[1]] * 2 + [rows.height - 1]
    return Inference(
        names=TERMS, beta=np.array(beta), covariance=np.diag(variance), rule="textbook",
        df=lambda contrast: float(df[int(np.argmax(np.abs(contrast)))]),
    )  # fmt: skip


def simulate(people: int, repetitions: int, copies: int = 20) -> dict[str, dict[str, dict[str, float]]]:
    """Bias, its Monte Carlo error, coverage and the ratio of claimed to true error, by term and way."""
    share = np.mean(
        [(collaborative(20_000, 10**6 + seed)[0]["substance"] == "opioids").mean() for seed in range(20)]
    )
    truth = dict(zip(TERMS, (0.4 * 0.3 + 0.2, 0.3, 0.4, 0.3, float(share)), strict=True))
    found: dict[str, list[list[tuple[float, ...]]]] = {"everybody": [], "imputed": [], "complete_cases": []}
    for seed in range(repetitions):
        whole, came = collaborative(people, seed)
        made = imputed(
            came,
            variables=VARIABLES,
            cluster="program_id",
            groups=("program_model",),
            n_imputations=copies,
            seed=seed,
        )
        ways = {
            "everybody": answers(whole),
            "imputed": over_imputations(made, answers).inference,
            "complete_cases": answers(came),
        }
        for way, inference in ways.items():
            rows = [contrast_of(inference, {term: 1.0}) for term in TERMS]
            found[way].append([(row.estimate, row.std_error, row.low, row.high) for row in rows])
    told: dict[str, dict[str, dict[str, float]]] = {}
    for way, sets in found.items():
        for term, rows in zip(TERMS, np.array(sets).transpose(1, 2, 0), strict=True):
            estimate, error, low, high = rows
            told.setdefault(term, {})[way] = {
                "bias": float(estimate.mean() - truth[term]),
                "bias_error": float(estimate.std(ddof=1) / np.sqrt(repetitions)),
                "coverage": float(np.mean((low <= truth[term]) & (truth[term] <= high))),
                "claimed_over_true_error": float(error.mean() / estimate.std(ddof=1)),
            }
    return told


SMALL_DF = (
    "covers 97.4%: Barnard and Rubin's degrees of freedom take the ten of twelve programs down to eight, "
    "which errs on the safe side; the same sets cover 95.8% and 95.4% before anybody is lost"
)
MISSED_COVERAGE = {
    ("600 people in 12 programs", "difference_month_12"): SMALL_DF,
    ("600 people in 12 programs", "difference_month_6"): SMALL_DF,
}
MISSED_BIAS = {
    (
        "240 people in 12 programs",
        "share_opioids",
    ): "2.2 Monte Carlo errors, of which these sets have 1.9 before anybody is lost; .003 of a share",
}


def _promises(missed):
    every = [(size, term) for size in SIZES for term in TERMS]
    expected = {one: pytest.mark.xfail(reason=reason, strict=True) for one, reason in missed.items()}
    return [pytest.param(*one, marks=[expected[one]] if one in expected else []) for one in every]


@pytest.fixture(scope="module")
def stored():
    return json.loads(STORED.read_text())


@pytest.mark.parametrize(("size", "term"), _promises(MISSED_BIAS))
def test_the_pooled_answer_is_off_by_less_than_two_monte_carlo_errors(stored, size, term):
    assert stored["repetitions"] >= 500
    found = stored[size][term]["imputed"]
    assert abs(found["bias"]) < 2 * found["bias_error"]


@pytest.mark.parametrize(("size", "term"), _promises(MISSED_COVERAGE))
def test_the_pooled_interval_covers_the_truth_in_93_to_97_of_100_sets(stored, size, term):
    assert 0.93 <= stored[size][term]["imputed"]["coverage"] <= 0.97


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("term", ["difference_month_12", "difference_month_6"])
def test_complete_cases_tell_a_wrong_difference(stored, size, term):
    found = stored[size][term]["complete_cases"]
    assert abs(found["bias"]) > 20 * found["bias_error"]
    assert found["coverage"] < 0.7


def test_a_few_sets_recover_the_truth_now():
    """Ten sets: the mean error of the pooled difference is within four of its Monte Carlo errors."""
    now = simulate(600, 10, copies=5)["difference_month_12"]
    assert abs(now["imputed"]["bias"]) < 4 * now["imputed"]["bias_error"]
    assert now["complete_cases"]["bias"] < -4 * now["complete_cases"]["bias_error"]


def test_pooling_tells_more_uncertainty_than_any_one_copy():
    _, came = collaborative(240, 1)
    made = imputed(
        came, variables=VARIABLES, cluster="program_id", groups=("program_model",), n_imputations=5, seed=1
    )
    one, all_of_them = answers(made[0]), pool([answers(copy) for copy in made])
    for place in range(len(TERMS)):
        within = np.mean([answers(copy).covariance[place, place] for copy in made])
        assert all_of_them.covariance[place, place] > within
    assert all_of_them.df(np.eye(len(TERMS))[0]) < one.df(np.eye(len(TERMS))[0])


@pytest.mark.slow
def test_the_simulation_run_again_gives_what_is_stored(stored):
    size, people = next(iter(SIZES.items()))
    now = simulate(people, 500)
    for term in TERMS:
        assert now[term]["imputed"]["coverage"] == pytest.approx(
            stored[size][term]["imputed"]["coverage"], abs=0.02
        )


if __name__ == "__main__":
    results = {size: simulate(people, REPETITIONS) for size, people in SIZES.items()}
    head = {"command": "python tests/simulation/test_imputation.py", "repetitions": REPETITIONS}
    STORED.write_text(json.dumps(head | results, indent=2) + "\n")
