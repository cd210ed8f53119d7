"""Write the rows of every case to a temporary folder and have R fit them; the tests read what it found.

python tests/reference/within_person/linear/generate.py
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from cases import CASES, rows

HERE = Path(__file__).parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            used = rows(case)
            frame = pl.DataFrame({f"x{j}": used.x[:, j] for j in range(used.x.shape[1])}).with_columns(
                y=pl.Series(used.y),
                person=pl.Series(used.person),
                w=pl.Series(np.ones(used.y.size) if used.weights is None else used.weights),
            )
            frame.write_csv(Path(folder) / f"{name}.csv", float_precision=17)
        told = {
            name: {"random": list(case.random), "structure": case.structure, "method": case.method,
                   "weighted": case.weighted, "small": case.small}
            for name, case in CASES.items()
        }  # fmt: skip
        (Path(folder) / "cases.json").write_text(json.dumps(told))
        subprocess.run(["Rscript", str(HERE / "generate.R"), folder, str(HERE / "results.json")], check=True)


if __name__ == "__main__":
    main()
