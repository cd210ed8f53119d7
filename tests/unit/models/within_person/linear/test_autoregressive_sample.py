"""Some people's answer tells where to look for the correlation, and never what it is."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.within_person.design.model_rows import ModelRows
from models.within_person.engine import compiled_is_installed
from models.within_person.linear import autoregressive_sample
from models.within_person.linear.autoregressive import fit_autoregressive
from models.within_person.linear.autoregressive_profile import Peak, Profile
from models.within_person.linear.autoregressive_sample import MANY, SOME, minimum, some_people
from models.within_person.linear.autoregressive_search import from_near, maximum
from models.within_person.linear.fit import fit_rows
from models.within_person.linear.gapped_rows import GappedRows, gapped_rows, whiten

_spec = importlib.util.spec_from_file_location(
    "test_autoregressive", Path(__file__).with_name("test_autoregressive.py")
)
assert _spec is not None
assert _spec.loader is not None
_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cases)
needs_compiler = pytest.mark.skipif(not compiled_is_installed(), reason="the compiled engine is an extra")


def many(**settings: float) -> ModelRows:
    """Make a diary of more people than are asked first."""
    rows: ModelRows = _cases.diary(**{"people": MANY + 40, "days": 15, **settings})
    return rows


def ready(rows: ModelRows) -> GappedRows:
    return gapped_rows(rows, structure="full", negative=False, engine="numpy")


def searched(rows: GappedRows) -> tuple[Profile, Peak]:
    """Search among everybody, without asking some first."""
    profile = Profile(rows, method="reml", structure="full", engine="numpy")
    return profile, maximum(profile, negative=False)


def asked(rows: GappedRows) -> tuple[Profile, Peak]:
    return minimum(rows, method="reml", structure="full", engine="numpy", negative=False)


@pytest.mark.parametrize("phi", [0.15, 0.45, 0.8])
def test_asking_some_people_first_leads_to_the_same_minimum(phi: float) -> None:
    rows = ready(many(phi=phi))

    (_, found), (_, expected) = asked(rows), searched(rows)

    assert found.deviance == pytest.approx(expected.deviance, abs=2e-9 * abs(expected.deviance))
    assert found.at == pytest.approx(expected.at, rel=1e-6)


def test_asking_some_people_first_saves_passes_over_everybody() -> None:
    rows = ready(many())

    (near, _), (whole, _) = asked(rows), searched(rows)

    assert len(near.points) <= 4 < len(whole.points)
    assert near.evaluations < 0.7 * whole.evaluations


def test_few_people_are_all_asked() -> None:
    rows = ready(_cases.diary(people=60))

    profile, _ = asked(rows)

    assert profile.hints == ()
    assert {point.at for point in profile.points} >= {0.0, 0.3, 0.95}


@pytest.mark.parametrize("start", [(0.05, 1e4), (0.9, 1e5), (0.45, -1e4), (0.3, 1e-3)])
def test_a_start_in_the_wrong_place_changes_nothing(
    start: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ready(many())
    expected = searched(rows)[1]
    monkeypatch.setattr(autoregressive_sample, "_clear_peak", lambda *_, **__: start)

    found = asked(rows)[1]

    assert found.at == pytest.approx(expected.at, rel=1e-6)
    assert found.deviance == pytest.approx(expected.deviance, abs=1e-7)


def test_people_without_correlation_still_meet_the_boundary_zero() -> None:
    rows = many(phi=-0.3)

    found, independent = fit_autoregressive(rows), fit_rows(rows)

    assert found.correlation == 0.0
    assert "phi is at its boundary 0" in found.note
    assert found.log_likelihood == pytest.approx(independent.log_likelihood, abs=1e-7)


def test_a_negative_correlation_of_many_people_is_found() -> None:
    found = fit_autoregressive(many(phi=-0.4), negative=True)

    assert found.correlation == pytest.approx(-0.4, abs=0.05)


def test_a_predictor_that_none_of_those_asked_has_leaves_the_search_to_everybody() -> None:
    rows = many()
    asked_first = np.random.default_rng(autoregressive_sample.SEED).choice(rows.n_people, SOME, replace=False)
    rare = int(np.setdiff1d(np.arange(rows.n_people), asked_first)[0])
    x = rows.x.copy()
    x[:, 2] = np.where(rows.person == rare, x[:, 2], 0.0)
    rows = replace(rows, x=x)

    found, expected = asked(ready(rows))[1], searched(ready(rows))[1]

    assert found.at == pytest.approx(expected.at, rel=1e-6)


def test_the_people_asked_bring_all_their_rows_and_gaps() -> None:
    rows = ready(many())
    some = some_people(rows)
    people = np.sort(
        np.random.default_rng(autoregressive_sample.SEED).choice(rows.n_people, SOME, replace=False)
    )

    mine, whole = whiten(some, 0.4), whiten(rows, 0.4)

    assert some.n_people == SOME
    assert int(some.counts.sum()) == some.n_rows - SOME
    np.testing.assert_allclose(mine.sums.products, whole.sums.products[people], rtol=1e-10, atol=1e-12)


def test_steps_from_a_start_that_is_right_already_are_left_to_the_search() -> None:
    """One point shows no bend: nothing tells a minimum from a maximum there."""
    top = Peak(
        at=0.4,
        deviance=0.0,
        slope=0.0,
        best=searched(ready(_cases.diary()))[1].best,
        evaluations=1,
        exact=True,
    )

    assert from_near(lambda _: top, 0.4, 1.0) is None


@needs_compiler
def test_the_compiled_fit_of_many_people_equals_the_plain_one() -> None:
    rows = many()

    plain, compiled = (fit_autoregressive(rows, engine=engine) for engine in ("numpy", "compiled"))

    np.testing.assert_allclose(compiled.beta, plain.beta, rtol=1e-7)
    np.testing.assert_allclose(compiled.covariance, plain.covariance, rtol=1e-6, atol=1e-12)
    assert compiled.correlation == pytest.approx(plain.correlation, rel=1e-6)
    assert compiled.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
