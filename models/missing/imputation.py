"""Several complete copies of a wide frame, by multiple imputation by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from models.estimate import Diagnostic
from models.inference.coefficients import Array
from models.missing.conditional_models import Conditional, Predicts, conditionals
from models.missing.convergence import largest_allowed, scale_reduction
from models.missing.design_columns import DesignColumns
from models.missing.wide_frame import Variable, WideFrame, wide_frame
from models.refusal import NotIdentifiedError

if TYPE_CHECKING:
    from models.missing.chained_equations import Chain

# At first; then again as many until the chains agree. Looks at every fifth sweep were tried and rejected: the
# first that passes is then more often a chance where chains mix slowly (HELP trial, tests/reference/missing).
SWEEPS: Final = 10
MOST_SWEEPS: Final = 40
MANY: Final = 20_000  # people; from here half as many sweeps at a time, and threads, which else only wait
WORKERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputations:
    """The copies, and how they were come by.

    `copies` the frame given with its missing answers filled, one for each imputation; `n_missing` cells
    filled; `n_withheld` cells that stay empty (death, not yet due); `sweeps` of each chain; `reduction` the
    largest potential scale reduction and `reduction_allowed` its limit (1 where nothing was missing);
    `predictors_left_out` the columns that a variable could not use, at the worst.
    """

    copies: tuple[pl.DataFrame, ...]
    n_missing: int
    n_withheld: int
    sweeps: int
    reduction: float
    reduction_allowed: float
    predictors_left_out: int

    def diagnostics(self, *, outcome: str, population: str) -> tuple[Diagnostic, ...]:
        """Facts about the imputation, for `results.diagnostics`."""
        told = {
            "imputations": (len(self.copies), "imputed copies pooled"),
            "imputation_sweeps": (self.sweeps, "sweeps of the chained equations before a copy was kept"),
            "imputation_scale_reduction": (
                self.reduction, "largest potential scale reduction of the imputed answers' mean and spread"
            ),
            "imputation_predictors_left_out": (
                self.predictors_left_out, "predictors that the variable with the fewest answers could not use"
            ),
        }  # fmt: skip
        return tuple(
            Diagnostic(
                outcome=outcome, diagnostic=name, population=population, value=float(value), detail=detail,
                n_people=self.copies[0].height,
            )
            for name, (value, detail) in told.items()
        )  # fmt: skip


def imputed(
    frame: pl.DataFrame,
    *,
    variables: Sequence[str],
    cluster: str | None,
    groups: Sequence[str],
    n_imputations: int = 20,
    seed: int,
    products: Sequence[str] = (),
) -> tuple[pl.DataFrame, ...]:
    """Fill missing answers `n_imputations` times; see `imputations`, of which these are the copies."""
    return imputations(
        frame, variables=variables, cluster=cluster, groups=groups, n_imputations=n_imputations, seed=seed,
        products=products,
    ).copies  # fmt: skip


def every_other(predictor: str, target: str) -> bool:
    """Let every variable predict every other."""
    return predictor != target


def imputations(
    frame: pl.DataFrame,
    *,
    variables: Sequence[str],
    cluster: str | None,
    groups: Sequence[str],
    n_imputations: int = 20,
    seed: int,
    products: Sequence[str] = (),
    predicts: Predicts = every_other,
) -> Imputations:
    """Multiple imputation by chained equations (van Buuren 2018, Flexible Imputation of Missing Data, ch. 4).

    Each variable with missing answers is regressed on the others, of all waves, on the groups, and on levels
    of programs that vary at random (`posterior_draws.draw_regression`); its parameters are drawn from their
    posterior and each missing answer is taken from one of the five people with the closest prediction
    (predictive mean matching), so that it is an answer somebody gave: a whole number stays whole, and bounds
    hold. Categories are drawn from their probabilities (`draw_categories`). statsmodels' chained equations do
    the sweeping and matching, a chain for each copy; chains run until they agree (`convergence`). Assumes
    that answers are missing at random given the variables, groups and programs.

    A variable named `<variable>_<wave>` stays empty for people whose `status_<wave>` is deceased or not_due:
    there is no answer to impute. (Within the chains such cells are carried along, which leaves the other
    answers' distribution as it is; they are no donors, and no copy shows them.)

    Parameters
    ----------
    frame : pl.DataFrame
        One row for each person.
    variables : sequence of str
        Numbers, booleans and categories (text, categorical, enum), complete ones too: all that the analysis
        uses, and what predicts loss.
    cluster : str or None
        The column that names the program.
    groups : sequence of str
        Columns known of everybody whose levels are in every model (the program model).
    n_imputations : int
        Copies, two or more.
    seed : int
        The same frame and seed give the same copies, on any number of threads.
    products : sequence of str
        Numbers whose product with the groups is in the models of all other variables: what an analysis
        lets differ by group, the imputation must let differ as well.
    predicts : callable
        Whether the variable named first is in the model of the one named second; all are, where it is not
        given. A rule known before the answers are seen: with one predictor for every five answers, say,
        associations are drawn toward zero (Hardt, Herke & Leonhart 2012), and predictors picked by what they
        correlate with in the same answers do not mend it.

    Raises
    ------
    NotIdentifiedError
        Too few answers to a variable, an unknown program or group, or chains that do not come to agree.
    ValueError
        Columns that are not there or cannot be imputed; fewer than two copies.
    """
    if n_imputations < 2:
        raise ValueError("multiple imputation makes two copies or more")
    if unknown := sorted(set(products) - set(variables)):
        raise ValueError(f"products are of variables to be imputed, and these are not: {unknown}")
    wide = wide_frame(frame, variables=variables, cluster=cluster, groups=groups)
    if categories := [name for name in products if wide.variable(name).levels]:
        raise ValueError(f"products are of numbers, and these are categories: {categories}")
    columns = DesignColumns(wide, products)
    start = columns.made({variable.name: _at_mean(variable) for variable in wide.variables})
    models = conditionals(wide, columns, start, predicts)
    seeds = np.random.SeedSequence(seed).spawn(n_imputations)
    chains, reduction, allowed = _settled(wide, columns, models, start, seeds)
    filled: list[Chain | None] = [*chains] or [None] * n_imputations  # nothing to draw: copies alike
    return Imputations(
        copies=tuple(_copy(frame, wide, chain) for chain in filled),
        n_missing=int(sum((one.missing & ~one.withheld).sum() for one in wide.variables)),
        n_withheld=int(sum(one.withheld.sum() for one in wide.variables)),
        sweeps=len(chains[0].history) if chains else 0, reduction=reduction, reduction_allowed=allowed,
        predictors_left_out=max((model.left_out for model in models), default=0),
    )  # fmt: skip


def _settled(
    wide: WideFrame,
    columns: DesignColumns,
    models: tuple[Conditional, ...],
    start: Array,
    seeds: Sequence[np.random.SeedSequence],
) -> tuple[list[Chain], float, float]:
    """Run a chain for each copy until they agree; the largest scale reduction and its limit."""
    if not models:
        return [], 1.0, 1.0
    from models.missing.chained_equations import Chain  # noqa: PLC0415  # two seconds

    first = Chain(wide, columns, models, start, np.random.default_rng(seeds[0]))
    chains = [first, *(first.twin(np.random.default_rng(one)) for one in seeds[1:])]
    step, workers = (SWEEPS // 2, WORKERS) if wide.order.size >= MANY else (SWEEPS, 1)
    for sweeps in range(step, MOST_SWEEPS + 1, step):
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda chain: _sweep(chain, step), chains))
        history = np.array([chain.history for chain in chains])
        reduction = scale_reduction(history)
        allowed = largest_allowed(len(chains), sweeps, reduction.size)
        if float(reduction.max()) <= allowed:
            return chains, float(reduction.max()), allowed
    worst = models[int(np.argmax(reduction)) // 2].variable.name
    raise NotIdentifiedError(
        f"the chained equations did not come to agree on {worst}; a variable that is made of others must be "
        "made after imputing"
    )


def _sweep(chain: Chain, times: int) -> None:
    for _ in range(times):
        chain.update_all()


def _at_mean(variable: Variable) -> Array:
    """Values with missing numbers at their mean and missing categories at none."""
    if variable.levels or variable.constant:
        return np.nan_to_num(variable.values, nan=-1.0)
    return np.where(variable.missing, np.nanmean(variable.values), variable.values)


def _copy(frame: pl.DataFrame, wide: WideFrame, chain: Chain | None) -> pl.DataFrame:
    """Return the frame given with one chain's answers, in its own order and types."""
    filled = []
    for variable in wide.variables:
        wanted = variable.missing & ~variable.withheld
        if not wanted.any():
            continue
        if variable.constant:
            values = np.full(variable.values.size, np.nanmax(variable.values))
        else:
            assert chain is not None
            values = chain.values(variable.name)
        back = np.empty(values.size)
        back[wide.order] = np.where(variable.missing & variable.withheld, np.nan, values)
        filled.append(_typed(variable, back))
    return frame.with_columns(filled)


def _typed(variable: Variable, values: Array) -> pl.Series:
    column = pl.Series(variable.name, values, nan_to_null=True)
    if variable.levels:
        levels = dict(enumerate(variable.levels))
        return column.cast(pl.Int64).replace_strict(levels, return_dtype=pl.String).cast(variable.dtype)
    return column.cast(variable.dtype)
