"""One chain of statsmodels' chained equations, run on arrays and on levels of programs.

Imported only where answers are imputed: statsmodels and pandas take two seconds.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import numpy as np
import pandas as pd
from statsmodels.imputation.mice import MICEData

from models.inference.coefficients import Array
from models.missing.conditional_models import Conditional
from models.missing.design_columns import DesignColumns
from models.missing.posterior_draws import draw_categories, draw_regression
from models.missing.running_moments import RunningMoments
from models.missing.wide_frame import Index, WideFrame

DONORS: Final = 5  # people from whom an answer is borrowed
FIRST_RATIO: Final = 9.0  # of residual to program variance where a chain starts: a tenth between programs
JITTER: Final = 1e-8  # of a standard deviation, so that donors who tie are chosen by chance
# So many people without an answer are handed to the library in the order of their predictions: its search
# among the donors then takes a tenth of the time. (Chance falls to them in that order.)
MANY_WANTING: Final = 5_000
EVERYBODY: Final = "(everybody)"  # a column without gaps: the library drops people who answered nothing


class HandedOn:
    """A model in the library's sense, of predictions made beforehand."""

    def predict(self, params: Array, exog: Array) -> Array:
        """Return the predictions `exog` (n,) as they are."""
        del params
        return exog


class Chain(MICEData):  # type: ignore[misc]
    """One chain over a wide frame.

    From the library: the order of variables (fewest missing first), the sweep, donors by predictive mean
    matching, the history. Ours, at the places it names for it: the conditional models (`perturb_params`),
    what they predict (`get_split_data`), and categories (`impute`).
    """

    def __init__(
        self,
        wide: WideFrame,
        columns: DesignColumns,
        models: tuple[Conditional, ...],
        start: Array,
        random: np.random.Generator,
    ) -> None:
        gaps = {model.variable.name: model.variable.values for model in models}
        super().__init__(
            pd.DataFrame({EVERYBODY: np.arange(wide.order.size, dtype=float), **gaps}),
            k_pmm=DONORS, rng=random, history_callback=imputed_means,
        )  # fmt: skip
        # The library's own copies of all that is kept in arrays below: half the memory of a chain.
        self.data = pd.DataFrame()
        self.ix_obs: dict[str, Index] = {}
        self.ix_miss: dict[str, Index] = {}
        self._wide, self._columns = wide, columns
        self.conditional = {model.variable.name: model for model in models}
        self._ratio = dict.fromkeys(self.conditional, FIRST_RATIO)
        self._predicted: tuple[Array, Array] = (np.empty(0), np.empty(0))
        self._wanting = np.empty(0, dtype=np.intp)  # whose answers come next, in that order
        self._values = {name: model.variable.values.copy() for name, model in self.conditional.items()}
        self._design = start.copy()
        numbers = [model for model in models if not model.variable.levels]
        self._running = RunningMoments(
            wide, self._design, numbers, [columns.first(one.variable.name) for one in numbers]
        )
        # The first sweep draws each variable from those known or drawn before it. So a chain starts at a draw
        # from their joint distribution, exactly so where those lost to a wave are lost to all of it.
        self._drawn = ~np.isin(columns.owner, [*self.conditional])

    def twin(self, random: np.random.Generator) -> Chain:
        """Return a chain at the same start with chances of its own; making one from pandas takes longer.

        Only before the first sweep.
        """
        assert not self.history, "a chain that has begun has no twin at its start"
        other = copy.copy(self)
        other.rng = random
        other.history, other.params, other.models = [], {}, {}
        other._ratio, other._design = self._ratio.copy(), self._design.copy()
        other._values = {name: values.copy() for name, values in self._values.items()}
        other._drawn, other._running = self._drawn.copy(), self._running.twin()
        return other

    def values(self, vname: str) -> Array:
        """Return the values (n,) of a variable, imputed ones among them; people in the order of programs."""
        return self._values[vname]

    def update(self, vname: str) -> None:
        """Draw the parameters of one variable's model, then the missing answers."""
        super().update(vname)
        wanted = self.conditional[vname].wanted
        self._columns.renew(self._design, vname, wanted, self.values(vname)[wanted])
        rows = self._columns.rows(vname)
        self._drawn[rows] = True
        self._running.renew(self._design, rows)

    def perturb_params(self, vname: str) -> None:
        """Draw the parameters of a number's model; those of a category are drawn with it in `impute`."""
        model = self.conditional[vname]
        self._wanting = model.wanted
        if model.variable.levels:
            return
        used = model.predictors[self._drawn[model.predictors]]
        answer = self._columns.first(vname)
        moments = self._running.of(self._design, model, answer)
        draw = draw_regression(moments, answer, used, self._ratio[vname], self.rng)
        self._ratio[vname] = draw.ratio
        coefficients = np.zeros((2, len(self._design)))
        coefficients[:, used] = draw.estimate, draw.drawn
        # Donors are predicted at the estimate and those without an answer at the draw: with the draw on both
        # sides one predictor would give everybody the same donors each time (van Buuren 2018, section 3.4.2).
        donors, wanting = (each @ self._design for each in coefficients)  # faster than both in one product
        if model.programs is not None:
            donors, wanting = (
                donors + draw.levels[self._wide.program],
                wanting + draw.drawn_levels[self._wide.program],
            )
        self._predicted = (
            donors[model.answered] + JITTER * self.rng.standard_normal(model.answered.size),
            wanting[model.wanted] + JITTER * self.rng.standard_normal(model.wanted.size),
        )
        if model.wanted.size >= MANY_WANTING:
            order = np.argsort(self._predicted[1])
            self._wanting = model.wanted[order]
            self._predicted = self._predicted[0], self._predicted[1][order]
        self.params[vname], self.models[vname] = draw.drawn, HandedOn()

    def get_split_data(self, vname: str) -> tuple[Array, Array, Array, dict[str, Any], dict[str, Any]]:
        """Return the answers given, and the predictions for those who gave them and those who did not."""
        return self.conditional[vname].answers, *self._predicted, {}, {}

    def impute(self, vname: str) -> None:
        """Impute a number by matching, a category by its probabilities."""
        model = self.conditional[vname]
        if not model.variable.levels:
            super().impute(vname)
            return
        used = self._design[model.predictors[self._drawn[model.predictors]]]
        codes = model.answers.astype(np.intp)
        shares = self._shares(model, codes)
        drawn = draw_categories(used[:, model.answered], codes, used[:, model.wanted], shares, self.rng)
        self._store_changes(vname, drawn.astype(float))

    def _shares(self, model: Conditional, codes: Index) -> Array:
        """Shares of the categories where each person without an answer is: drawn, Dirichlet.

        A program's shares are drawn toward those of all, which weigh as much as one person for each category.
        """
        kinds = len(model.variable.levels)
        counts = np.bincount(codes, minlength=kinds)
        overall = self.rng.dirichlet(counts + 0.5)
        if self._wide.program is None:
            return np.tile(overall, (model.wanted.size, 1))
        table = np.zeros((self._wide.n_programs, kinds))
        np.add.at(table, (self._wide.program[model.answered], codes), 1.0)
        gamma = np.maximum(self.rng.standard_gamma(table + kinds * overall), 1e-300)
        drawn: Array = (gamma / gamma.sum(axis=1, keepdims=True))[self._wide.program[model.wanted]]
        return drawn

    def _store_changes(self, col: str, vals: Array) -> None:
        """Keep what was imputed in an array: writing into the pandas frame took a third of the time."""
        self._values[col][self._wanting] = vals


def imputed_means(chain: Chain) -> Array:
    """Mean and standard deviation (2 x variables,) of the imputed cells, by which chains are compared."""
    filled = [chain.values(name)[model.wanted] for name, model in chain.conditional.items()]
    return np.array([summary(cells) for cells in filled for summary in (np.mean, np.std)])
