"""Cluster-robust covariance of a part's coefficients, from the scores of the persons."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Inference
from models.refusal import NotIdentifiedError
from models.within_person.design.model_rows import ModelRows

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """The persons of one part as clusters.

    `influence` (persons of the fit, p): inverse information times a person's score, what the person adds to
    the error of the part's coefficients; kept out of what is printed, for a row is one person's. `n_people`
    with a row in the part; `n_parameters` of the part; `n_constant`, columns constant within every person.
    """

    influence: Array = field(repr=False)
    n_people: int
    n_parameters: int
    n_constant: int


def clusters_of(rows: ModelRows, influence: Array, n_parameters: int) -> Clusters:
    """Count the clusters in a part's rows, and the columns that only differ between them."""
    same = rows.person[1:] == rows.person[:-1]
    steps = np.abs(np.diff(rows.x, axis=0))[same].max(axis=0, initial=0.0)
    constant = steps <= 1e-9 * np.abs(rows.x).max(axis=0)
    return Clusters(
        influence=influence, n_people=rows.n_people, n_parameters=n_parameters, n_constant=int(constant.sum())
    )


def cluster_robust(names: tuple[str, ...], beta: Array, clusters: Clusters) -> Inference:
    """Coefficients with the sandwich covariance, persons as clusters.

    White (1982), Econometrica 50:1-25: inverse information, times the sum of the outer products of the
    persons' scores (each by Fisher's identity, at the maximum), times inverse information. Estimand: the
    coefficients of the model as it was fitted. Where people's slopes differ and the model gives them one,
    that is the slope that this model comes closest to the data with, neither changed nor made anybody's own;
    the interval then holds for it, as that from the observed information does not.

    Few clusters: times n / (n - 1), n the people with a row in the part, and t with n - (columns constant
    within people) degrees of freedom for every contrast. Both mend only part of what a sandwich lacks
    with few people, or where few of them carry a slope: there it lies too low.

    Raises
    ------
    NotIdentifiedError
        No more people with a row in the part than it has parameters: the sandwich would be singular.
    """
    n = clusters.n_people
    if n <= clusters.n_parameters:
        raise NotIdentifiedError(
            f"{n} people are too few for a cluster-robust covariance of {clusters.n_parameters} parameters"
        )
    covariance = clusters.influence.T @ clusters.influence * (n / (n - 1))
    df = float(max(n - clusters.n_constant, 1))
    return Inference(
        names=names, beta=beta, covariance=covariance, df=lambda _: df,
        rule="cluster-robust by person, raised for few persons by n / (n - 1)",
    )  # fmt: skip
