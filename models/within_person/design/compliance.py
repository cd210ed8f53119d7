"""How much of what was asked of each person could be used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.within_person.design.rows import Rows


def shares_used(rows: Rows) -> NDArray[np.float64]:
    """Rows used over rows expected, by person (n_people,), between 0 and 1.

    Expected is what the frame held of the person before rows were dropped, so it must hold a row for each
    day asked about, answered or not.
    """
    return np.bincount(rows.person, minlength=rows.n_people) / rows.expected
