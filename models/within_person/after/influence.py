"""How much one person can move a linear mixed model, without saying who."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.estimate import MINIMUM_PEOPLE, Diagnostic
from models.inference.coefficients import Array
from models.refusal import NotIdentifiedError
from models.within_person.after.person_blocks import block, shrinkage, without
from models.within_person.linear.fit import fit as fit_sums
from models.within_person.linear.linear_fit import LinearFit
from models.within_person.linear.person_sums import PersonSums

AT_ONCE = 20_000  # persons whose matrices are held in memory together
IRREPLACEABLE = 1e-9  # share of a direction's information that the others must hold for it to be estimable


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """Spread of Cook's distance over persons; no person's place in it.

    `median` and `largest` of the distances, `largest_share` the largest over their sum, `n_above` the persons
    above the customary 4 / n_people; `shifts` by coefficient the largest move, in standard errors, on leaving
    out any one person. `n_irreplaceable` persons carry a coefficient alone: without one of them it could not
    be estimated; the distances are those of the others.
    """

    n_people: int
    median: float
    largest: float
    largest_share: float
    n_above: int
    shifts: dict[str, float]
    n_irreplaceable: int


def deletions(fit: LinearFit, sums: PersonSums) -> Array:
    """Change of beta on leaving out each person, (n_people, p), variances held; inside use only.

    beta without i = (S - S_i)^-1 (s - s_i), S_i = X_i'V_i^-1 X_i, s_i = X_i'V_i^-1 y_i: exact at the
    estimated variances (Christensen, Pearson & Johnson 1992, Technometrics 34:38), from the cross-products
    alone. NaN where a coefficient cannot be estimated without the person.

    Raises
    ------
    NotIdentifiedError
        The fit leaves no residual variance or gives no covariance.
    """
    p = len(fit.names)
    shrunk = shrinkage(fit, sums)
    if not np.all(np.isfinite(fit.covariance)):
        raise NotIdentifiedError("the covariance of the coefficients is not known")
    try:
        # Coordinates in which the whole information is the identity.
        root = np.linalg.inv(np.linalg.cholesky(np.linalg.inv(fit.covariance)))
    except np.linalg.LinAlgError as error:
        raise NotIdentifiedError("the covariance of the coefficients is singular") from error
    moved = np.empty((sums.n_rows.size, p))
    for start in range(0, sums.n_rows.size, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        part = replace(sums, products=sums.products[some], n_rows=sums.n_rows[some])
        zw = block(part, fit.random, range(p + 1))
        info = block(part, range(p), range(p + 1)) - np.einsum(
            "iqa,iqr,irb->iab", zw[:, :, :p], shrunk[some], zw, optimize=True
        )
        info /= fit.residual_variance
        score = root @ (info[:, :, p] - info[:, :, :p] @ fit.beta).T
        values, vectors = np.linalg.eigh(root @ info[:, :, :p] @ root.T)
        left = 1.0 - values
        left[left < IRREPLACEABLE] = np.nan
        step = np.einsum("iab,ib,icb,ci->ia", vectors, 1.0 / left, vectors, score, optimize=True)
        moved[some] = -step @ root
    return moved


def refitted_deletions(fit: LinearFit, sums: PersonSums, people: NDArray[np.intp]) -> Array:
    """Change of beta on leaving out each of `people`, (n, p), by a full refit; inside use only.

    The variances are estimated anew from everybody else's cross-products. NaN where that fit does not
    converge or is not identified.
    """
    moved = np.full((people.size, len(fit.names)), np.nan)
    for place, person in enumerate(people):
        left_out = np.zeros(sums.n_rows.size, dtype=bool)
        left_out[person] = True
        try:
            refit = fit_sums(without(sums, left_out), method=fit.method, structure=fit.structure, start=fit)
        except NotIdentifiedError:
            continue
        if refit.outcome != "not converged":
            moved[place] = refit.beta - fit.beta
    return moved


def influence(fit: LinearFit, sums: PersonSums, *, refit: int = 0) -> Influence:
    """Summarize Cook's distances of persons.

    Estimand: D_i = d_i' cov(beta)^-1 d_i / p, d_i the change of beta on leaving out person i (Cook 1977,
    Technometrics 19:15; for mixed models Demidenko & Stukel 2005, Stat Med 24:893). The variances stay those
    of the full fit, except for the `refit` persons of the largest distances, for whom the model is fitted
    anew: a person extreme enough to swell a variance moves a full refit differently.

    Parameters
    ----------
    fit : LinearFit
        A fit.
    sums : PersonSums
        Those it saw; of a fit with autocorrelated residuals, those of the `whitened` rows.
    refit : int
        Number of persons to refit for; each costs a fit.

    Raises
    ------
    NotIdentifiedError
        Fewer than `MINIMUM_PEOPLE` people, or as `deletions`.
    """
    n_people = sums.n_rows.size
    if n_people < MINIMUM_PEOPLE:
        raise NotIdentifiedError(f"fewer than {MINIMUM_PEOPLE} people: the influence of one is not shown")
    moved = deletions(fit, sums)
    if refit > 0:
        largest = np.argsort(np.nan_to_num(cooks_distances(fit, moved), nan=-1.0))[-refit:]
        anew = refitted_deletions(fit, sums, largest)
        moved[largest] = np.where(np.isfinite(anew), anew, moved[largest])
    replaceable = np.all(np.isfinite(moved), axis=1)
    distances = cooks_distances(fit, moved)[replaceable]
    if not distances.size or not distances.sum() > 0.0:
        raise NotIdentifiedError("no coefficient can be estimated without some one person")
    errors = np.sqrt(np.diag(fit.covariance))
    return Influence(
        n_people=n_people,
        median=float(np.median(distances)),
        largest=float(distances.max()),
        largest_share=float(distances.max() / distances.sum()),
        n_above=int((distances > 4.0 / n_people).sum()),
        shifts=dict(zip(fit.names, (np.abs(moved[replaceable]).max(axis=0) / errors).tolist(), strict=True)),
        n_irreplaceable=int((~replaceable).sum()),
    )


def cooks_distances(fit: LinearFit, moved: Array) -> NDArray[np.float64]:
    """Cook's distance of each person, (n_people,), from `deletions`; inside use only."""
    distances: Array = np.einsum(
        "ia,ab,ib->i", moved, np.linalg.inv(fit.covariance), moved, optimize=True
    ) / len(fit.names)
    return distances


def influence_diagnostics(
    fit: LinearFit, sums: PersonSums, *, outcome: str, population: str, refit: int = 0
) -> tuple[Diagnostic, ...]:
    """Share of the influence that one person has, and the largest move of each coefficient, rounded.

    Rounded to two digits after the point, so that no fit without the person can be reckoned back.
    """
    n_people = sums.n_rows.size

    def fact(name: str, value: float | None, detail: str) -> Diagnostic:
        return Diagnostic(
            outcome=outcome, diagnostic=name, population=population, value=value, detail=detail,
            n_people=n_people,
        )  # fmt: skip

    try:
        found = influence(fit, sums, refit=refit)
    except NotIdentifiedError as reason:
        return (fact("largest_share_of_influence", None, str(reason)),)
    facts = [
        fact(
            "largest_share_of_influence", round(found.largest_share, 2),
            "share of all Cook's distances that belongs to one person; even influence would give "
            f"{1.0 / n_people:.2g}",
        ),
        *(
            fact(
                f"largest_shift_{name}", round(shift, 2),
                "largest change of the coefficient on leaving out one person, in standard errors",
            )
            for name, shift in found.shifts.items()
        ),
    ]  # fmt: skip
    if found.n_irreplaceable:
        facts.append(
            fact(
                "rests_on_one_person",
                1.0,
                "without some one person a coefficient could not be estimated; the figures are of the others",
            )
        )
    return tuple(facts)
