"""The range that the values of a column may have."""

from __future__ import annotations

from pipelines.codebook.spec import Variable


def bounds(variable: Variable) -> tuple[float | None, float | None]:
    """Return the smallest and the largest value a column may hold, inclusive; null where there is no limit.

    The range of a category that is made by bands is that of the number before banding: the column has none.
    """
    if variable.type not in ("integer", "number"):
        return None, None
    return variable.minimum, variable.maximum
