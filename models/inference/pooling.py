"""One answer from several imputed copies of the data: Rubin's rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.inference.coefficients import Array, Inference
from models.inference.contrast import weights_of
from models.refusal import NotIdentifiedError

RULES: Final = {
    "rows": "degrees of freedom by Barnard & Rubin 1999",
    "clusters": "degrees of freedom by Barnard & Rubin 1999 with all clusters' in the observed part",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingInformation:
    """What the missing answers cost one contrast.

    `within` and `between` are the variances W and B; `increase` r = (1 + 1/m) B / W; `share` lambda =
    (1 + 1/m) B / T, the share of the total variance that is due to missing answers; `fraction` of missing
    information (r + 2 / (df + 3)) / (1 + r) (Rubin 1987); `complete_df` the df the contrast would
    have without missing answers, `df` those it has.
    """

    within: float
    between: float
    total: float
    increase: float
    share: float
    fraction: float
    complete_df: float
    df: float
    imputations: int


def pool(fits: Sequence[Inference]) -> Inference:
    """Combine the fits of m imputed copies of the same data.

    Estimand: the coefficients, with the missing answers averaged over. beta = mean of the fits' betas;
    covariance T = W + (1 + 1/m) B, W the mean of their covariances, B the covariance of their betas with
    divisor m - 1 (Rubin 1987, Multiple Imputation for Nonresponse in Surveys, ch. 3). A contrast c is pooled
    exactly: its W, B and T are c'Wc, c'Bc and c'Tc. Its df are those of Barnard & Rubin (1999, Biometrika
    86:948) for small samples, 1 / (1/nu_m + 1/nu_obs): nu_m = (m - 1) / lambda^2 of the m copies, lambda =
    (1 + 1/m) B / T of the contrast; nu_obs of the answers that came. nu is its complete-data df, the mean of
    what the fits give. With normal fits (nu infinite) these are Rubin's nu_m.

    nu_obs depends on what nu counts (`Inference.df_of`). Of rows, the missing ones are lost: Barnard and
    Rubin's nu_obs = (nu + 1) / (nu + 3) nu (1 - lambda). Clusters are not lost with some of their people, so
    that nu_obs = nu: what is known of the spread between programs is known from as many programs as before.
    (T is what the spread of their observed means tells; W is that less the known share of missing people,
    which B adds again, so that T has nu degrees of freedom though W is a part of it alone.) Barnard and
    Rubin's cut made intervals of 8 and 12 simulated clusters cover 97 to 99% where nu itself gives 95 to 97
    (tests/simulation/pooling_of_clusters.json). A cluster without any answer counts still: see there.

    Raises
    ------
    NotIdentifiedError
        Fewer than two fits: the spread between imputations cannot be seen. Or a fit without numbers.
    ValueError
        The fits have not the same coefficients, or count different things in their degrees of freedom.
    """
    if len(fits) < 2:
        raise NotIdentifiedError("pooling needs at least two imputed copies of the data")
    names = fits[0].names
    if any(fit.names != names for fit in fits):
        raise ValueError("the fits to be pooled must have the same coefficients in the same order")
    if any(fit.df_of != fits[0].df_of for fit in fits):
        raise ValueError("the fits to be pooled must count the same in their degrees of freedom")
    betas = np.stack([fit.beta for fit in fits])
    covariances = np.stack([fit.covariance for fit in fits])
    if not (np.all(np.isfinite(betas)) and np.all(np.isfinite(covariances))):
        raise NotIdentifiedError(
            "a fit of an imputed copy has no numbers, and pooling the rest would mislead"
        )
    m = len(fits)
    rules = list(dict.fromkeys(fit.rule for fit in fits))

    def df(contrast: Array) -> float:
        return _missing(fits, np.asarray(contrast, dtype=float)).df

    return Inference(
        names=names,
        beta=betas.mean(axis=0),
        covariance=covariances.mean(axis=0) + (1.0 + 1.0 / m) * np.cov(betas, rowvar=False, ddof=1).reshape(
            len(names), len(names)
        ),
        df=df,
        rule=f"{m} imputed copies pooled by Rubin's rules, {RULES[fits[0].df_of]}; "
        f"each copy: {'; '.join(rules)}",
        df_of=fits[0].df_of,
    )  # fmt: skip


def missing_information(
    fits: Sequence[Inference], contrast: Mapping[str, float] | Array
) -> MissingInformation:
    """Fraction of missing information of a contrast, and the variances it comes from; formulas in `pool`.

    Raises
    ------
    NotIdentifiedError, ValueError
        As `pool`; and where a contrast has no variance within the copies.
    """
    pooled = pool(fits)
    weights = weights_of(pooled, contrast) if isinstance(contrast, Mapping) else np.asarray(contrast, float)
    return _missing(fits, weights)


def _missing(fits: Sequence[Inference], weights: Array) -> MissingInformation:
    m = len(fits)
    within = float(np.mean([weights @ fit.covariance @ weights for fit in fits]))
    between = float(np.var([weights @ fit.beta for fit in fits], ddof=1))
    if not within > 0.0:
        raise NotIdentifiedError("the fits of the imputed copies give this contrast no standard error")
    total = within + (1.0 + 1.0 / m) * between
    share = (1.0 + 1.0 / m) * between / total
    increase = (1.0 + 1.0 / m) * between / within
    complete = float(np.mean([fit.df(weights) for fit in fits]))
    if not complete > 0.0:
        raise NotIdentifiedError("the fits of the imputed copies leave this contrast no degrees of freedom")
    df = _small_sample_df(m, share, _observed_df(fits[0], share, complete))
    return MissingInformation(
        within=within, between=between, total=total, increase=increase, share=share,
        fraction=(increase + 2.0 / (df + 3.0)) / (1.0 + increase), complete_df=complete, df=df, imputations=m,
    )  # fmt: skip


def _observed_df(fit: Inference, share: float, complete: float) -> float:
    """Degrees of freedom of the answers that came, from those of complete data."""
    if math.isinf(complete) or fit.df_of == "clusters":
        return complete
    return (complete + 1.0) / (complete + 3.0) * complete * (1.0 - share)


def _small_sample_df(m: int, share: float, observed: float) -> float:
    """Harmonic sum of the degrees of freedom of the imputations and of the observed data."""
    inverse = share**2 / (m - 1) + 1.0 / observed
    return math.inf if inverse == 0.0 else 1.0 / inverse
