"""Cross-lagged paths: what they are, their joint covariance by brute force, and when there are none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.civic.cross_lagged import (
    BACKWARD,
    BACKWARD_PER_SD,
    FIRST_CARRIED,
    FORWARD,
    FORWARD_PER_SD,
    NAMES,
    SECOND_CARRIED,
    STRONGER,
    PanelRows,
    cross_lagged,
    path_of,
)
from models.inference.coefficients import Array
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError

RAW = (FORWARD, BACKWARD, FIRST_CARRIED, SECOND_CARRIED)


def _rows(seed: int = 5, people: int = 70, programs: int = 6, *, lost: float = 0.3) -> PanelRows:
    """Two intervals of correlated measures, programs of unequal size, people lost at random."""
    rng = np.random.default_rng(seed)
    program = rng.choice(programs, size=people, p=np.arange(1, programs + 1) / sum(range(1, programs + 1)))
    level = rng.normal(size=(programs, 2))[program]
    covariates = rng.normal(size=(people, 2))
    waves = [level + rng.normal(size=(people, 2)) + covariates[:, :1]]
    for _ in range(2):
        shock = rng.normal(size=(people, 2)) @ np.array([[1.0, 0.4], [0.0, 1.5]])
        waves.append(level + waves[-1] @ np.array([[0.3, 0.6], [0.0, 0.4]]) + shock)
    kept = [rng.random(people) > lost for _ in range(2)]
    return PanelRows(
        before=np.concatenate([waves[k][kept[k]] for k in range(2)]),
        later=np.concatenate([waves[k + 1][kept[k]] for k in range(2)]),
        covariates=np.concatenate([covariates[one] for one in kept]),
        interval=np.repeat([0, 1], [int(one.sum()) for one in kept]),
        program=np.concatenate([program[one] for one in kept]),
    )


def _dense(rows: PanelRows) -> tuple[Array, Array, Array]:
    """Predictors with every program's level in every interval (n, p), and weights (2, p) of mean paths."""
    parts = []
    for k in np.unique(rows.interval):
        own = (rows.interval == k).astype(float)[:, None]
        levels = own * (rows.program[:, None] == np.unique(rows.program[rows.interval == k]))
        parts.append(np.hstack([own * rows.before, own * rows.covariates, levels]))
    x = np.hstack(parts)
    weights = np.zeros((2, x.shape[1]))
    starts = np.cumsum([0, *(part.shape[1] for part in parts)])[:-1]
    for start in starts:
        weights[0, start], weights[1, start + 1] = 1.0 / len(starts), 1.0 / len(starts)
    return x, weights[0], weights[1]


def _root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    kept = values > 1e-9
    return np.asarray((vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T)


def _brute_force(rows: PanelRows) -> tuple[Array, Array, Array]:
    """Raw paths (4,), their covariance, and P of roles first less engagement first in raw units."""
    x, of_first, of_second = _dense(rows)
    n = len(x)
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    beta = bread @ x.T @ rows.later
    residuals = rows.later - x @ beta
    wanted = [(1, of_first), (0, of_second), (0, of_first), (1, of_second)]
    own_programs = np.unique(rows.program)
    scores = np.zeros((len(own_programs), 4))
    stacked: list[Array] = []
    sigma = residuals.T @ residuals / n
    for g, program in enumerate(own_programs):
        mine = rows.program == program
        adjust = _root((np.eye(n) - hat)[np.ix_(mine, mine)])
        for place, (k, weights) in enumerate(wanted):
            scores[g, place] = weights @ bread @ x[mine].T @ adjust @ residuals[mine, k]
        p = [
            (np.eye(n) - hat)[:, mine] @ adjust @ x[mine] @ bread @ weights
            for weights in (of_second, of_first)
        ]
        stacked.append(np.stack([-p[0], p[1]]))  # the first measure's regression, then the second's
    cross = np.array([[np.einsum("kn,kl,ln->", a, sigma, b) for b in stacked] for a in stacked])
    estimates = np.array([weights @ beta[:, k] for k, weights in wanted])
    return estimates, scores.T @ scores, cross


def test_paths_and_joint_covariance_are_those_of_dense_matrices_with_every_level() -> None:
    rows = _rows()
    found = cross_lagged(rows)
    estimates, covariance, _ = _brute_force(rows)
    places = [found.names.index(name) for name in RAW]
    assert found.beta[places] == pytest.approx(estimates, abs=1e-10)
    assert found.covariance[np.ix_(places, places)] == pytest.approx(covariance, abs=1e-10)


def test_degrees_of_freedom_of_a_difference_of_directions_are_those_of_dense_matrices() -> None:
    rows = _rows()
    _, _, cross = _brute_force(rows)
    told = contrast_of(cross_lagged(rows), {FORWARD: 1.0, BACKWARD: -1.0})
    assert told.df == pytest.approx(np.trace(cross) ** 2 / (cross**2).sum(), rel=1e-8)


def test_standard_units_are_paths_times_spreads_among_people_of_a_wave() -> None:
    rows = _rows()
    found = cross_lagged(rows)
    value = dict(zip(found.names, found.beta, strict=True))
    spread = [
        np.sqrt(np.mean([part[rows.interval == k].var(axis=0, ddof=1) for k in (0, 1)], axis=0))
        for part in (rows.before, rows.later)
    ]
    assert value[FORWARD_PER_SD] == pytest.approx(value[FORWARD] * spread[0][0] / spread[1][1], rel=1e-12)
    assert value[BACKWARD_PER_SD] == pytest.approx(value[BACKWARD] * spread[0][1] / spread[1][0], rel=1e-12)
    told = contrast_of(found, STRONGER)
    assert told.estimate == pytest.approx(value[FORWARD_PER_SD] - value[BACKWARD_PER_SD], rel=1e-12)


def test_units_of_either_measure_change_raw_paths_and_leave_standard_units_alone() -> None:
    rows = _rows()
    factor = np.array([7.0, 0.01])
    other = replace(rows, before=rows.before * factor + 3.0, later=rows.later * factor + 3.0)
    one, two = cross_lagged(rows), cross_lagged(other)
    for name, times in (
        (FORWARD, 0.01 / 7.0),
        (BACKWARD, 700.0),
        (FORWARD_PER_SD, 1.0),
        (BACKWARD_PER_SD, 1.0),
    ):
        a, b = contrast_of(one, {name: 1.0}), contrast_of(two, {name: 1.0})
        assert (b.estimate, b.std_error, b.df) == pytest.approx(
            (a.estimate * times, a.std_error * times, a.df), rel=1e-6
        )


def test_the_order_of_rows_and_the_names_of_programs_change_nothing() -> None:
    rows = _rows()
    order = np.random.default_rng(1).permutation(len(rows))
    other = PanelRows(
        before=rows.before[order], later=rows.later[order], covariates=rows.covariates[order],
        interval=3 * rows.interval[order], program=100 - 7 * rows.program[order],
    )  # fmt: skip
    one, two = cross_lagged(rows), cross_lagged(other)
    assert two.beta == pytest.approx(one.beta, abs=1e-10)
    assert two.covariance == pytest.approx(one.covariance, abs=1e-10)


def test_equal_weights_are_no_weights_and_rows_may_weigh_more() -> None:
    rows = _rows()
    even = cross_lagged(replace(rows, weight=np.full(len(rows), 2.5)))
    assert even.beta == pytest.approx(cross_lagged(rows).beta, abs=1e-10)
    assert even.covariance == pytest.approx(cross_lagged(rows).covariance, rel=1e-6)
    uneven = cross_lagged(replace(rows, weight=np.linspace(0.5, 3.0, len(rows))))
    assert not np.allclose(uneven.beta, even.beta, atol=1e-4)


def test_levels_of_programs_at_a_wave_are_in_no_path() -> None:
    rows = _rows()
    push = np.random.default_rng(2).normal(scale=50.0, size=(10, 2, 2))[rows.program, rows.interval]
    other = replace(rows, before=rows.before + push, later=rows.later - push)
    raw = [NAMES.index(name) for name in RAW]
    assert cross_lagged(other).beta[raw] == pytest.approx(cross_lagged(rows).beta[raw], abs=1e-8)


def test_a_covariate_that_says_what_others_say_is_left_out() -> None:
    rows = _rows()
    doubled = np.hstack(
        [rows.covariates, rows.covariates[:, :1] * 2.0 - rows.covariates[:, 1:], 0 * rows.before]
    )
    other = replace(rows, covariates=doubled)
    assert cross_lagged(other).covariance == pytest.approx(cross_lagged(rows).covariance, abs=1e-9)


REFUSED: dict[str, tuple[Callable[[PanelRows], PanelRows], str]] = {
    "nobody": (lambda r: _changed(r, np.zeros(len(r), bool)), "nobody has both interviews"),
    "one program": (lambda r: _changed(r, r.program == 5), "two programs"),
    "few people": (lambda r: _changed(r, np.arange(len(r)) % 8 == 0), "no more people than coefficients"),
}


def _changed(rows: PanelRows, kept: Array) -> PanelRows:
    return PanelRows(
        before=rows.before[kept], later=rows.later[kept], covariates=rows.covariates[kept],
        interval=rows.interval[kept], program=rows.program[kept],
    )  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_panel_that_cannot_answer_is_refused_by_name(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(NotIdentifiedError, match=reason):
        cross_lagged(make(_rows()))


def test_measures_without_spread_missing_or_alike_are_refused_by_name() -> None:
    rows = _rows()
    same = np.column_stack([rows.before[:, 0], rows.before[:, 0]])
    missing = rows.before.copy()
    missing[3, 1] = np.nan
    flat = np.column_stack([np.full(len(rows), 4.0), rows.before[:, 1]])
    for before, reason in (
        (same, "told apart"),
        (missing, "complete rows"),
        (flat, "differs from the others"),
    ):
        changed = replace(rows, before=before)
        with pytest.raises(NotIdentifiedError, match=reason):
            cross_lagged(changed)
    flat_later = replace(rows, later=flat)
    with pytest.raises(NotIdentifiedError, match="everybody is alike"):
        cross_lagged(flat_later)


def test_a_measure_predicted_perfectly_gets_no_standard_error() -> None:
    rows = _rows()
    perfect = np.column_stack([rows.before @ [0.5, 0.2], rows.later[:, 1]])
    found = cross_lagged(replace(rows, later=perfect))
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        contrast_of(found, {BACKWARD: 1.0})
    assert contrast_of(found, {FORWARD: 1.0}).std_error > 0.0


def test_an_interval_alone_has_the_path_and_error_of_a_fit_to_its_rows_alone() -> None:
    rows = _rows()
    together = cross_lagged(rows)
    for interval in (0, 1):
        alone = cross_lagged(_changed(rows, rows.interval == interval))
        for name in (FORWARD, BACKWARD):
            one = contrast_of(together, {path_of(name, interval): 1.0})
            other = contrast_of(alone, {name: 1.0})
            assert (one.estimate, one.std_error, one.df) == pytest.approx(
                (other.estimate, other.std_error, other.df), rel=1e-8
            )


def test_the_mean_of_intervals_has_no_bias_where_shocks_become_predictors() -> None:
    rng = np.random.default_rng(8)
    found = []
    for _ in range(400):  # few people: a regression of both intervals together misses by three errors
        first = rng.normal(size=(24, 2))
        second = 0.5 * first + rng.normal(size=(24, 2))
        third = 0.5 * second + rng.normal(size=(24, 2))
        rows = PanelRows(
            before=np.concatenate([first, second]), later=np.concatenate([second, third]),
            covariates=np.zeros((48, 0)), interval=np.repeat([0, 1], 24), program=np.tile([0, 1], 24),
        )  # fmt: skip
        found.append(cross_lagged(rows).beta[NAMES.index(FIRST_CARRIED)])
    assert abs(np.mean(found) - 0.5) <= 3.0 * np.std(found) / np.sqrt(len(found))
