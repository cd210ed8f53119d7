"""A cold process of small problems never pays for the compiler."""

import subprocess
import sys

SMALL = """
import sys
import numpy as np, polars as pl
from models.within_person.design.rows import used_rows
from models.within_person.design.terms import Design, between, within
from models.within_person.linear.bootstrap import person_bootstrap
from models.within_person.linear.fit import fit_design, fit_rows
from models.within_person.linear.sums import person_sums
from models.within_person.design.terms import model_rows

draw = np.random.default_rng(1)
who = np.repeat(np.arange(200), 30)
x = draw.normal(size=who.size)
y = x + draw.normal(size=200)[who] + draw.normal(size=200)[who] * x + draw.normal(size=who.size)
frame = pl.DataFrame({"who": who, "day": np.tile(np.arange(30), 200), "x": x, "y": y})
rows = used_rows(frame, person="who", day="day", columns=("x", "y"))
design = Design("y", (within("x"), between("x")), (within("x"),))
assert fit_design(rows, design).outcome == fit_rows(model_rows(rows, design)).outcome == "converged"
person_bootstrap(person_sums(model_rows(rows, design)), 5, 1)
loaded = "numba" in sys.modules
print("loaded" if loaded else "left alone")
"""


def test_fits_of_a_small_study_leave_the_compiler_alone_unless_asked_for_it() -> None:
    found = subprocess.run([sys.executable, "-c", SMALL], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "left alone"
