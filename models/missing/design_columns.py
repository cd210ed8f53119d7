"""The columns that predict: a constant, groups, the variables, and products of a group and a variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.inference.coefficients import Array
from models.missing.wide_frame import Index, Variable, WideFrame

CONSTANT: Final = ""  # owner of the columns that are made of no variable


class DesignColumns:
    """Layout of the design, a row for each column (q, n): variables standardized by the answers given.

    A number has one column, a category one for each level but the first, a constant none. A product is a
    group's indicator times a number's standardized column.
    """

    def __init__(self, wide: WideFrame, products: Sequence[str]) -> None:
        self._wide = wide
        self._first: dict[str, int] = {}
        self._center: dict[str, Array] = {}
        self._scale: dict[str, Array] = {}
        owners = [CONSTANT] * (1 + len(wide.groups))
        for variable in wide.variables:
            if variable.constant or np.all(variable.missing):
                continue
            raw = _raw(variable, variable.values[~variable.missing])
            self._first[variable.name] = len(owners)
            self._center[variable.name] = raw.mean(axis=1)
            self._scale[variable.name] = np.maximum(raw.std(axis=1), 1e-12)
            owners += [variable.name] * len(raw)
        self._products: dict[str, int] = {}
        for name in products:
            if name in self._first:
                self._products[name] = len(owners)
                owners += [name] * len(wide.groups)
        self.owner: NDArray[np.str_] = np.array(owners)
        self._rows = {name: np.flatnonzero(self.owner == name) for name in self._first}

    def first(self, name: str) -> int:
        """Row of a variable's first column."""
        return self._first[name]

    def rows(self, name: str) -> Index:
        """Rows of all columns made of a variable, products among them; none for a constant."""
        return self._rows.get(name, np.empty(0, dtype=np.intp))

    def made(self, values: dict[str, Array]) -> Array:
        """Design (q, n) from the current value (n,) of every variable."""
        design = np.empty((self.owner.size, self._wide.order.size))
        design[0] = 1.0
        design[1 : 1 + len(self._wide.groups)] = self._wide.groups
        everybody = np.arange(self._wide.order.size)
        for name in self._first:
            self.renew(design, name, everybody, values[name])
        return design

    def renew(self, design: Array, name: str, people: Index, values: Array) -> None:
        """Write what `people` now have in variable `name` (their values, (m,)) into the design."""
        if name not in self._first:
            return
        raw = _raw(self._wide.variable(name), values)
        scaled = (raw - self._center[name][:, None]) / self._scale[name][:, None]
        for row, column in enumerate(scaled, start=self._first[name]):
            design[row, people] = column
        if name in self._products:
            for place, group in enumerate(self._wide.groups):
                design[self._products[name] + place, people] = group[people] * scaled[0]


def _raw(variable: Variable, values: Array) -> Array:
    if not variable.levels:
        return values[None, :]
    indicators: Array = (values == np.arange(1, len(variable.levels))[:, None]).astype(float)
    return indicators
