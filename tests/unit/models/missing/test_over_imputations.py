"""Pooling over copies: Rubin's rules, failures counted, refusals named."""

import numpy as np
import polars as pl
import pytest

from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.missing.over_imputations import over_imputations
from models.refusal import NotIdentifiedError

COPIES = [pl.DataFrame({"y": [float(k), k + 1.0, k + 5.0, 3.0]}) for k in range(20)]


def mean_of(copy: pl.DataFrame) -> Inference:
    y = copy["y"].to_numpy()
    return Inference(
        names=("mean",), beta=np.array([y.mean()]), covariance=np.array([[y.var(ddof=1) / y.size]]),
        df=lambda _: y.size - 1.0, rule="the mean",
    )  # fmt: skip


def failing(share: float):
    def fit(copy: pl.DataFrame) -> Inference:
        if copy["y"][0] < share * len(COPIES):
            raise NotIdentifiedError("no overlap")
        return mean_of(copy)

    return fit


def test_the_pooled_answer_is_rubins():
    found = contrast_of(over_imputations(COPIES, mean_of).inference, {"mean": 1.0})
    means = np.array([copy["y"].mean() for copy in COPIES])
    within = np.mean([copy["y"].var() / 4 for copy in COPIES])
    between = means.var(ddof=1)
    assert found.estimate == pytest.approx(means.mean())
    assert found.std_error == pytest.approx(np.sqrt(within + 1.05 * between))


def test_a_few_failing_copies_are_counted_with_their_reason_and_left_out():
    pooled = over_imputations(COPIES, failing(0.1))
    assert (pooled.n_copies, pooled.n_failed, len(pooled.fits)) == (20, 2, 18)
    told = {
        fact.diagnostic: fact
        for fact in pooled.diagnostics({"mean": {"mean": 1.0}}, outcome="y", population="p")
    }
    assert told["imputations_analyzed"].value == 20
    assert told["imputations_failed"].value == 2
    assert told["imputations_failed"].detail == "no overlap"


@pytest.mark.parametrize("share", [0.15, 0.5, 0.95, 1.0])
def test_more_failing_copies_than_stated_leave_no_answer_and_the_reason_is_named(share):
    with pytest.raises(NotIdentifiedError, match="of the imputed copies have no answer: no overlap"):
        over_imputations(COPIES, failing(share))


def test_the_share_that_may_fail_is_a_setting():
    assert over_imputations(COPIES, failing(0.5), most_failed=0.5).n_failed == 10
    with pytest.raises(NotIdentifiedError, match="more than 0%"):
        over_imputations(COPIES, failing(0.05), most_failed=0.0)


def test_one_copy_is_refused():
    with pytest.raises(NotIdentifiedError, match="at least two"):
        over_imputations(COPIES[:1], mean_of)


def test_copies_that_lead_to_other_terms_are_refused():
    def fit(copy: pl.DataFrame) -> Inference:
        made = mean_of(copy)
        name = "mean" if copy["y"][0] < 3 else "other"
        return Inference(names=(name,), beta=made.beta, covariance=made.covariance, df=made.df, rule="x")

    with pytest.raises(NotIdentifiedError, match="same terms"):
        over_imputations(COPIES, fit)


def test_a_defect_of_the_analysis_is_not_taken_for_a_refusal():
    def fit(copy: pl.DataFrame) -> Inference:
        raise KeyError("column")

    with pytest.raises(KeyError):
        over_imputations(COPIES, fit)


def test_the_fraction_of_missing_information_is_told_of_each_term_and_none_of_a_term_without_error():
    pooled = over_imputations(COPIES, mean_of)
    told = {
        fact.diagnostic: fact
        for fact in pooled.diagnostics({"mean": {"mean": 1.0}}, outcome="y", population="p")
    }
    assert told["fraction_missing_mean"].value == pytest.approx(
        pooled.missing_information({"mean": 1.0}).fraction
    )

    def sure(copy: pl.DataFrame) -> Inference:
        made = mean_of(copy)
        return Inference(names=made.names, beta=made.beta, covariance=np.zeros((1, 1)), df=made.df, rule="x")

    nothing = over_imputations(COPIES, sure).diagnostics({"mean": {"mean": 1.0}}, outcome="y", population="p")
    fraction = next(fact for fact in nothing if fact.diagnostic == "fraction_missing_mean")
    assert fraction.value is None
    assert "no standard error" in fraction.detail
