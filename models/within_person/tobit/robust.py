"""Cluster-robust covariance of a Tobit fit, from the scores of the persons."""

from __future__ import annotations

import numpy as np

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.tobit.fit import TobitFit
from models.within_person.tobit.maximize import covariance_of


def robust(fit: TobitFit) -> Inference:
    """Coefficients with the sandwich covariance, persons as clusters.

    White (1982), Econometrica 50:1-25: inverse information, times the sum of the outer products of the
    persons' scores, times inverse information; it holds the coefficients' errors honest where the residuals
    of a person are correlated or the variances differ, not where the shape behind the bound is not normal.
    Few clusters: times n_people / (n_people - 1), and t with n_people - (columns constant within persons)
    degrees of freedom for every contrast.

    Raises
    ------
    NotIdentifiedError
        No more persons than parameters: the sandwich would be singular.
    """
    n, parameters = fit.scores.shape
    if n <= parameters:
        raise NotIdentifiedError(f"{n} persons are too few for a cluster-robust covariance of {parameters}")
    inverse = fit.to_joint @ covariance_of(fit.information)
    by_person = fit.scores @ inverse.T
    p = len(fit.names)
    covariance = (by_person.T @ by_person)[:p, :p] * n / (n - 1)
    df = float(max(n - len(fit.between), 1))
    return Inference(
        names=fit.names, beta=fit.beta, covariance=np.asarray(covariance), df=lambda _: df,
        rule="cluster-robust by person, raised for few persons by n / (n - 1)",
    )  # fmt: skip
