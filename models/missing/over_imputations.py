"""One analysis of every imputed copy, pooled."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from models.estimate import Diagnostic
from models.inference.coefficients import Array, Inference
from models.inference.pooling import MissingInformation, missing_information, pool
from models.refusal import NotIdentifiedError

MOST_FAILED: Final = 0.1  # share of copies that may fail: those left then still stand for all
FEWEST_COPIES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """The pooled answer of several copies, and what it cost.

    `inference` pools `fits`, those of the copies that could be fitted; `n_copies` is how many were tried,
    `n_failed` how many could not be fitted, for the `reasons` named (each once).
    """

    inference: Inference
    fits: tuple[Inference, ...]
    n_copies: int
    n_failed: int
    reasons: tuple[str, ...]

    def missing_information(self, contrast: Mapping[str, float] | Array) -> MissingInformation:
        """Tell what the missing answers cost one combination of coefficients; see `inference.pooling`."""
        return missing_information(self.fits, contrast)

    def diagnostics(
        self,
        terms: Mapping[str, Mapping[str, float] | Array],
        *,
        outcome: str,
        population: str,
        n_people: int | None = None,
    ) -> tuple[Diagnostic, ...]:
        """Tell the copies tried and failed, and of each term the fraction of missing information.

        A term whose fraction cannot be found (no standard error within the copies) has no value, and says so.
        """
        facts = [
            self._fact("imputations_analyzed", float(self.n_copies), "imputed copies analyzed"),
            self._fact(
                "imputations_failed", float(self.n_failed),
                "; ".join(self.reasons) or "every imputed copy could be analyzed",
            ),
        ]  # fmt: skip
        for term, contrast in terms.items():
            try:
                value: float | None = self.missing_information(contrast).fraction
                detail = "fraction of the information about the estimate that is missing with the answers"
            except NotIdentifiedError as reason:
                value, detail = None, str(reason)
            facts.append(self._fact(f"fraction_missing_{term}", value, detail))
        return tuple(
            Diagnostic(
                outcome=outcome, diagnostic=name, population=population, value=value, detail=detail,
                n_people=n_people,
            )
            for name, value, detail in facts
        )  # fmt: skip

    @staticmethod
    def _fact(name: str, value: float | None, detail: str) -> tuple[str, float | None, str]:
        return name, value if value is None or math.isfinite(value) else None, detail


def over_imputations(
    copies: Sequence[pl.DataFrame],
    fit: Callable[[pl.DataFrame], Inference],
    *,
    most_failed: float = MOST_FAILED,
) -> Pooled:
    """Analyze every copy with `fit` and pool the answers by Rubin's rules (`inference.pooling.pool`).

    A copy may have no answer (`NotIdentifiedError`); it is counted, and its reason kept. Where more than the
    share `most_failed` has none, there is no pooled answer: the copies that happen to be fitted would be
    chosen by their imputed values.

    Raises
    ------
    NotIdentifiedError
        Fewer than two copies; too many fail (the first reason is named); the fits differ in their terms.
    """
    if len(copies) < FEWEST_COPIES:
        raise NotIdentifiedError("pooling needs at least two imputed copies of the data")
    fits: list[Inference] = []
    reasons: list[str] = []
    for copy in copies:
        try:
            fits.append(fit(copy))
        except NotIdentifiedError as reason:
            reasons.append(str(reason))
    if reasons and (len(reasons) > most_failed * len(copies) or len(fits) < FEWEST_COPIES):
        share = f"more than {most_failed:.0%}" if len(fits) >= FEWEST_COPIES else "nearly all"
        raise NotIdentifiedError(f"{share} of the imputed copies have no answer: {reasons[0]}")
    if any(one.names != fits[0].names for one in fits):
        raise NotIdentifiedError("the imputed copies do not lead to a model with the same terms")
    return Pooled(
        inference=pool(fits), fits=tuple(fits), n_copies=len(copies), n_failed=len(reasons),
        reasons=tuple(dict.fromkeys(reasons)),
    )  # fmt: skip
