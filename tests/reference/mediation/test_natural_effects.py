"""Natural effects on two public trials against R: integrals written out there, and the package mediation."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.comparison.regression_fits import fitted
from models.mediation.confounding import correlation_at_zero
from models.mediation.mediator_laws import Law
from models.mediation.natural_effects import (
    How,
    MediatorModels,
    MediatorPart,
    People,
    _part,
    cells_of,
    design_of,
    effects_of,
    mean_outcome,
    mediator_models,
    natural_effects,
)

HERE = Path(__file__).parent
STORED = json.loads((HERE / "natural_effects.json").read_text())
FRAMING = ("age", "income", "female", "college", "high_school")
JOBS = ("econ_hard", "sex", "age", "depress1", "nonwhite")
CASES = {
    "framing_with_product": ("framing", "emo", "cong_mesg", FRAMING, Law("normal"), "logistic", True),
    "framing_without_product": ("framing", "emo", "cong_mesg", FRAMING, Law("normal"), "logistic", False),
    "jobs_with_product": ("jobs", "job_seek", "working", JOBS, Law("normal"), "logistic", True),
    "jobs_yes_or_no_mediator": ("jobs", "job_dich", "working", JOBS, Law("share", 1.0), "logistic", True),
    "jobs_linear_outcome": ("jobs", "job_seek", "depress2", JOBS, Law("normal"), "linear", True),
}


def complete(data: str, *names: str) -> pl.DataFrame:
    rows = pl.read_csv(HERE / f"{data}.csv", null_values="NA")
    return rows.select(pl.col("treat", *names).cast(pl.Float64)).drop_nulls()


def people_of(
    rows: pl.DataFrame, covariates: tuple[str, ...], mediators: list[np.ndarray], laws: tuple[Law, ...]
):
    x = rows.select(covariates).to_numpy()
    one = np.ones(rows.height)
    return People(
        exposed=rows["treat"].to_numpy(), covariates=(x - x.mean(axis=0)) / x.std(axis=0),
        mediators=tuple(mediators), laws=laws, weights=one, target=one,
    )  # fmt: skip


def effects(case: str, *, fine: bool = True) -> dict[str, float]:
    data, mediator, outcome, covariates, law, family, interaction = CASES[case]
    rows = complete(data, mediator, outcome, *covariates)
    assert rows.height == STORED[case]["people"]
    people = people_of(rows, covariates, [rows[mediator].to_numpy()], (law,))
    return natural_effects(
        people,
        rows[outcome].to_numpy(),
        (mediator,),
        family=family,
        how=How(interaction=interaction),
        fine=fine,
    )


@pytest.mark.parametrize("case", CASES)
def test_effects_equal_the_integrals_written_out_in_r(case):
    found = effects(case)
    for term, value in STORED[case]["exact"].items():
        assert found[term] == pytest.approx(value, abs=1e-8), term


def gap(case: str) -> float:
    few = effects(case, fine=False)
    return max(abs(few[term] - value) for term, value in STORED[case]["exact"].items())


def test_two_points_are_near_the_whole_law_and_less_so_the_more_the_mediator_moves_the_outcome():
    """Good enough for the spread of resamples; estimates therefore sum over many points."""
    assert gap("jobs_yes_or_no_mediator") < 1e-9
    assert 1e-9 < gap("jobs_with_product") < 2e-4 < gap("framing_with_product") < 1e-2


def drawn_as_the_package_does(case: str, draws: int) -> dict[str, float]:
    """Mean effects over coefficients drawn from their normal limits (quasi-Bayesian), by our own cells."""
    data, mediator, outcome, covariates, law, family, interaction = CASES[case]
    rows = complete(data, mediator, outcome, *covariates)
    m, y = rows[mediator].to_numpy(), rows[outcome].to_numpy()
    people = people_of(rows, covariates, [m], (law,))
    how, random = How(interaction=interaction), np.random.default_rng(1)

    def coefficients(design: np.ndarray, values: np.ndarray, kind: str) -> tuple[np.ndarray, float]:
        fit = fitted(design, values, None, kind)
        left = len(values) - design.shape[1]
        variance = float(fit.residuals @ fit.residuals) / left if kind == "linear" else 1.0
        return random.multivariate_normal(fit.beta, variance * fit.bread, size=draws), variance

    of_m, variance = coefficients(design_of(people, (), interaction=interaction), m, law.family)
    of_y, _ = coefficients(design_of(people, (m,), interaction=interaction), y, family)
    spread = np.full((draws, 1), variance if law.kind == "normal" else 0.0)
    part = MediatorPart(law=law, mean=_part(people, of_m, 0, how), spread=(spread, spread))
    models, answers = MediatorModels(given=(part,), alone=(part,)), _part(people, of_y, 1, how)
    target = np.ones((draws, rows.height))
    means = {
        name: mean_outcome(answers, family, cell.arm, models.points(cell, fine=True), target).mean()
        for name, cell in cells_of(1).items()
    }
    return {term: means[a] - means[b] for term, (a, b) in effects_of((mediator,)).items()}


@pytest.mark.parametrize("case", CASES)
def test_effects_lie_within_the_simulation_error_of_the_package_mediation(case):
    """Its estimates are means over draws of the coefficients, which bend; ours are drawn alike for this."""
    found = drawn_as_the_package_does(case, draws=400)
    for term, told in STORED[case]["simulated"].items():
        error = told["sd"] * math.sqrt(1 / STORED["sims"] + 1 / 400)
        assert abs(found[term] - told["estimate"]) < 4 * error, term


@pytest.mark.parametrize("name", ["framing", "jobs"])
def test_the_correlation_that_cancels_an_effect_differs_from_the_package_as_its_formula_does(name):
    """The package has g s / (1 + sqrt(g^2 s^2)) for the errors' correlation; it is g s / sqrt(1 + g^2 s^2).

    That ours is the right one is shown on errors of known correlation in test_confounding.
    """
    data, mediator, outcome, covariates, *_ = CASES[f"{name}_with_product"]
    rows = complete(data, mediator, outcome, *covariates)
    found = correlation_at_zero(
        rows["treat"].to_numpy(), rows.select(covariates).to_numpy(), rows[mediator].to_numpy(),
        rows[outcome].to_numpy(),
    )  # fmt: skip
    size = found / math.sqrt(1 - found**2)
    grid = np.atleast_1d(STORED[f"correlation_{name}"])
    assert np.abs(grid - size / (1 + abs(size))).min() <= 0.0151  # its draws, on a grid of .01


def two_mediators():
    rows = complete("jobs", "job_disc", "depress2", "working", *JOBS).head(250)
    mediators = [(rows["job_disc"].to_numpy() - 1) / 4, (rows["depress2"].to_numpy() - 1) / 4]
    return people_of(rows, JOBS, mediators, (Law("share", 4.0), Law("share"))), rows["working"].to_numpy()


def test_a_count_and_a_score_in_order_give_every_cell_written_out_in_r():
    people, outcome = two_mediators()
    stored = json.loads((HERE / "two_mediators.json").read_text())
    assert stored["people"] == len(outcome)
    parts = mediator_models(people).given
    for part, name in zip(parts, ("spread_first", "spread_second"), strict=True):
        for arm in (0, 1):
            assert float(part.spread[arm][0, 0]) == pytest.approx(stored[name][arm], abs=1e-7)
    found = natural_effects(people, outcome, ("job_disc", "depress2"))
    few = natural_effects(people, outcome, ("job_disc", "depress2"), fine=False)
    for cell in cells_of(2):
        assert found[cell] == pytest.approx(stored["cells"][cell], abs=1e-6), cell
        assert few[cell] == pytest.approx(stored["cells"][cell], abs=2e-3), cell


def test_the_parts_of_the_total_add_up():
    people, outcome = two_mediators()
    found = natural_effects(people, outcome, ("a", "b"), fine=False)
    assert found["direct"] + found["indirect"] == pytest.approx(found["total"], abs=1e-14)
    assert found["path_a"] + found["path_b"] == pytest.approx(found["indirect"], abs=1e-14)
    assert found["direct_at_social"] + found["indirect_at_clinical"] == pytest.approx(
        found["total"], abs=1e-14
    )
