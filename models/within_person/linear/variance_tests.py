"""Does an effect differ between persons: a likelihood-ratio test that knows a variance cannot be negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from models.refusal import NotIdentifiedError
from models.within_person.engine import Engine
from models.within_person.linear.fit import deviance, optimum, start_of
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums
from models.within_person.linear.scaled_sums import scaled
from models.within_person.linear.scoring import NO_VARIANCE

NOTHING = 1e-7  # gain in deviance that is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceTest:
    """Test that one person effect has no variance (and no covariance with the others).

    `statistic` is the fall of the deviance, `p_value` its tail under the mixture `mixture` of chi-square
    distributions, as (degrees of freedom, share). `exact` is False where the mixture is only approximate
    for many persons, and `rule` says why.
    """

    effect: str
    statistic: float
    p_value: float
    mixture: tuple[tuple[int, float], ...]
    exact: bool
    rule: str
    n_people: int


def variance_test(sums: PersonSums, fit: LinearFit, effect: str, *, engine: Engine = "auto") -> VarianceTest:
    """Test the variance of one person effect, a slope or the intercept, by the likelihood ratio.

    With a full covariance of q effects the null hypothesis drops one variance, at its boundary, and q - 1
    covariances: the statistic is, for many persons, half chi-square on q - 1 and half on q degrees of
    freedom. With a diagonal covariance it is half zero and half chi-square on 1. Both presuppose that the
    other variances are positive and no two effects perfectly correlated; where the null fit has such, the
    mixture gives these p-values only approximately (they are then too large, if anything, for a diagonal
    covariance). The likelihood is the fit's own: REML compares the two as well as ML, the fixed part being
    the same. For few persons the true share of zeros exceeds one half, so that the test is cautious.

    Raises
    ------
    NotIdentifiedError
        One of the two models gives no fit.
    ValueError
        `effect` is not a person effect of the fit, or the sums are of another model or of other rows.

    References
    ----------
    Stram & Lee 1994, Biometrics 50:1171 (cases 1 to 3); Self & Liang 1987, JASA 82:605; Crainiceanu &
    Ruppert 2004, J R Stat Soc B 66:165 (few persons).
    """
    names = [fit.names[i] for i in fit.random]
    if effect not in names:
        raise ValueError(f"{effect} does not differ by person in this fit")
    if fit.outcome == "not converged":
        raise NotIdentifiedError("the fit did not converge")
    if fit.correlation is not None:
        raise ValueError("the sums know no correlation of the residuals")
    if fit.names != sums.names or fit.random != sums.random or fit.n_rows != int(sums.n_rows.sum()):
        raise ValueError("the fit and the sums are of different models or rows")
    kept = tuple(i for i in fit.random if fit.names[i] != effect)
    ready = scaled(sums, fit.structure, engine, random=kept)
    null = optimum(ready, method=fit.method, start=start_of(ready, None))
    if not null.converged:
        raise NotIdentifiedError(f"the model in which {effect} does not differ by person did not converge")
    # Both deviances from these sums, so that their rounding is the same.
    whole = scaled(sums, fit.structure, engine)
    own = optimum(whole, method=fit.method, start=start_of(whole, fit))
    if not own.converged:
        raise NotIdentifiedError("the fit cannot be repeated from these sums")
    fall = deviance(ready, null.point, fit.method) - deviance(whole, own.point, fit.method)
    statistic = max(fall, 0.0)
    if statistic < NOTHING:
        statistic = 0.0
    q = len(fit.random)
    mixture = ((0, 0.5), (1, 0.5)) if fit.structure == "diagonal" else ((q - 1, 0.5), (q, 0.5))
    p_value = sum(share * _tail(statistic, df) for df, share in mixture)
    exact = not kept or bool(np.linalg.eigvalsh(null.d)[0] >= NO_VARIANCE**2)
    words = " and ".join(f"{share:g} chi-square({df})" for df, share in mixture)
    rule = f"likelihood ratio ({fit.method.upper()}), {words}"
    if not exact:
        rule += "; approximate: without this effect another variance is on its boundary as well"
    return VarianceTest(
        effect=effect, statistic=statistic, p_value=float(p_value), mixture=mixture, exact=exact, rule=rule,
        n_people=fit.n_people,
    )  # fmt: skip


def _tail(statistic: float, df: int) -> float:
    """Chance of as large a statistic or larger; all of the mass of zero degrees of freedom is at zero."""
    if df == 0:
        return 1.0 if statistic <= 0 else 0.0
    return float(chi2.sf(statistic, df))
