"""Have R integrate and maximize the cases named, or all of them; the test reads what it found.

python tests/reference/within_person/tobit/generate.py [case ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import CASES, table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"


def main(names: list[str]) -> None:
    """Replace the results of these cases."""
    for name in names or list(CASES):
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            rows, found = Path(folder) / "rows.csv", Path(folder) / "found.json"
            table(case).write_csv(rows, float_precision=17)
            bounds = ["NA" if bound is None else repr(bound) for bound in (case.floor, case.ceiling)]
            command = ["Rscript", str(HERE / "generate.R"), str(rows), *bounds, case.structure, str(found)]
            subprocess.run(command, check=True)
            results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            results[name] = json.loads(found.read_text())
        in_order = {key: results[key] for key in CASES if key in results}
        RESULTS.write_text(json.dumps(in_order, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
