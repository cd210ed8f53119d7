import math
from dataclasses import replace

import numpy as np
import pytest

from models.inference.contrast import contrast_of
from models.inference.pooling import missing_information, pool
from models.refusal import NotIdentifiedError

SLOPE = {"slope": 1.0}


@pytest.fixture
def copies_of(inference):
    def made(values, *, variance=0.04, df=math.inf):
        return [inference([1.0, value], np.diag([0.5, variance]), df=df) for value in values]

    return made


def test_normal_copies_have_rubins_own_degrees_of_freedom(copies_of) -> None:
    # Five copies whose missing answers add a tenth to the variance: 4 (1 + 10)^2 = 484.
    spread = math.sqrt(0.1 * 0.04 / 1.2 / np.var([-2, -1, 0, 1, 2], ddof=1))
    found = missing_information(copies_of(0.3 + spread * np.arange(-2, 3)), SLOPE)

    assert found.increase == pytest.approx(0.1)
    assert found.df == pytest.approx(484.0)
    assert found.fraction == pytest.approx((0.1 + 2 / 487) / 1.1)


def test_the_pooled_variance_adds_the_spread_betweencopies_of(copies_of) -> None:
    copies = copies_of([0.2, 0.3, 0.4], df=30.0)
    found = contrast_of(pool(copies), SLOPE)

    total = 0.04 + (1 + 1 / 3) * 0.01
    share = (1 + 1 / 3) * 0.01 / total
    observed = 31 / 33 * 30 * (1 - share)
    assert found.estimate == pytest.approx(0.3)
    assert found.std_error == pytest.approx(math.sqrt(total))
    assert found.df == pytest.approx(1 / (share**2 / 2 + 1 / observed))


def test_clusters_are_not_lost_with_some_of_their_people(copies_of) -> None:
    copies = [replace(one, df_of="clusters") for one in copies_of([0.2, 0.3, 0.4], df=10.0)]
    found = pool(copies)

    share = (1 + 1 / 3) * 0.01 / (0.04 + (1 + 1 / 3) * 0.01)
    slope = np.array([0.0, 1.0])
    assert found.df(slope) == pytest.approx(1 / (share**2 / 2 + 1 / 10))
    assert found.df(slope) > pool(copies_of([0.2, 0.3, 0.4], df=10.0)).df(slope)
    assert found.df_of == "clusters"
    assert "all clusters'" in found.rule


def test_with_nothing_missing_clusters_and_rows_keep_nearly_all_degrees_of_freedom(copies_of) -> None:
    rows = copies_of([0.3, 0.3, 0.3], df=10.0)
    whole = [replace(one, df_of="clusters") for one in rows]

    assert pool(whole).df(np.array([0.0, 1.0])) == pytest.approx(10.0)
    assert pool(rows).df(np.array([0.0, 1.0])) == pytest.approx(11 / 13 * 10)


def test_fits_that_count_different_things_are_not_pooled(copies_of) -> None:
    one, other = copies_of([0.2, 0.3], df=10.0)
    with pytest.raises(ValueError, match="count the same"):
        pool([one, replace(other, df_of="clusters")])


def test_degrees_of_freedom_never_exceed_those_of_the_complete_data(copies_of) -> None:
    for values in ([0.3, 0.3], [0.3, 0.3001], [0.0, 1.0], [0.1, 0.2, 0.9]):
        rows = copies_of(values, df=18.0)
        assert pool(rows).df(np.array([0.0, 1.0])) < 18.0
        clusters = [replace(one, df_of="clusters") for one in rows]
        assert pool(clusters).df(np.array([0.0, 1.0])) <= 18.0


def test_copies_that_agree_lose_nothing_to_missing_answers(copies_of) -> None:
    found = missing_information(copies_of([0.3, 0.3, 0.3]), SLOPE)

    assert (found.between, found.share, found.df) == (0.0, 0.0, math.inf)
    assert found.fraction == pytest.approx(0.0)


def test_a_contrast_is_pooled_as_if_it_were_a_coefficient(inference) -> None:
    random = np.random.default_rng(4)
    copies = [
        inference(list(random.normal(0, 1, 2)), np.cov(random.normal(0, 1, (2, 9))), df=20.0)
        for _ in range(4)
    ]
    c = np.array([1.0, -2.0])
    alone = pool([inference([c @ f.beta], [[c @ f.covariance @ c]], df=20.0) for f in copies])
    whole = contrast_of(pool(copies), c)
    single = contrast_of(alone, {"intercept": 1.0})

    assert whole.estimate == pytest.approx(single.estimate)
    assert whole.std_error == pytest.approx(single.std_error)
    assert whole.df == pytest.approx(single.df)


def test_the_rule_says_how_many_copies_and_how_each_was_judged(copies_of) -> None:
    rule = pool(copies_of([0.1, 0.2])).rule

    assert "2 imputed copies" in rule
    assert rule.count("a made-up rule") == 1


def test_one_copy_or_a_failed_copy_is_refused(copies_of) -> None:
    with pytest.raises(NotIdentifiedError, match="at least two"):
        pool(copies_of([0.3]))
    with pytest.raises(NotIdentifiedError, match="at least two"):
        pool([])
    with pytest.raises(NotIdentifiedError, match="no numbers"):
        pool(copies_of([0.3, math.nan]))
    with pytest.raises(NotIdentifiedError, match="no standard error"):
        missing_information(copies_of([0.3, 0.4], variance=0.0), SLOPE)
    with pytest.raises(NotIdentifiedError, match="degrees of freedom"):
        missing_information(copies_of([0.3, 0.4], df=0.0), SLOPE)


def test_copies_of_different_models_are_not_pooled(inference, copies_of) -> None:
    other = inference([1.0, 2.0], np.eye(2), names=("intercept", "other"))

    with pytest.raises(ValueError, match="same coefficients"):
        pool([*copies_of([0.3]), other])
