"""Who the rivals are, how each is started, and whether it is here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Rival:
    """A program that fits the same model to the same rows.

    `fits` are those of ours that start where it starts: at a data frame, or at arrays. `speaks` names the
    interpreter: R, Python (that of the rivals) or, for what this project installs itself, Python here.
    """

    name: str
    package: str
    speaks: Literal["R", "Python", "Python here"]
    fits: tuple[str, ...]
    model: str = ""

    def command(self, folder: Path, python: str) -> Sequence[str]:
        """How to start it on a written diary."""
        if self.speaks == "R":
            return ["Rscript", str(HERE / "rivals.R"), self.name, str(folder)]
        python = sys.executable if self.speaks == "Python here" else python
        return [python, str(HERE / "python_rivals.py"), self.name, str(folder)]

    def version(self, python: str) -> str | None:
        """Version installed; None where it, or the language, is absent."""
        if self.speaks == "R":
            ask = [
                "Rscript", "-e",
                f"for (p in c('jsonlite', '{self.package}')) stopifnot(requireNamespace(p, quietly = TRUE));"
                f"cat(as.character(packageVersion('{self.package}')))",
            ]  # fmt: skip
        else:
            python = sys.executable if self.speaks == "Python here" else python
            ask = [python, "-c", f"from importlib.metadata import version as v; print(v('{self.package}'))"]
        try:
            found = subprocess.run(ask, capture_output=True, text=True, check=True, env=os.environ)
        except (OSError, subprocess.CalledProcessError):
            return None
        return found.stdout.strip()


FRAME = ("frame-compiled", "frame-numpy")
ARRAYS = ("arrays-compiled", "arrays-numpy")
LINEAR = (
    Rival("glmm-arrays", "glmm", "Python", ARRAYS),
    Rival("glmm", "glmm", "Python", FRAME),
    Rival("lme4", "lme4", "R", FRAME),
    Rival("nlme", "nlme", "R", FRAME),
    Rival("statsmodels", "statsmodels", "Python here", FRAME),
)
AUTOREGRESSIVE = (Rival("nlme-ar1", "nlme", "R", FRAME, "corAR1(form = ~ day | person)"),)
TOBIT = (
    Rival("tmb", "TMB", "R", FRAME, "Laplace, own template"),
    Rival("glmmadaptive", "GLMMadaptive", "R", FRAME, "11 points a dimension"),
)

# Rival's seconds over ours that the project asked of itself, by rival and persons.
AIMS = {
    "glmm": {91: 1.0, 1_000: 1.0, 10_000: 1.0, 100_000: 1.0},
    "glmm-arrays": {91: 1.0, 1_000: 1.0, 10_000: 1.0, 100_000: 1.0},
    "lme4": {91: 20.0, 1_000: 200.0, 10_000: 500.0, 100_000: 600.0},
    "nlme-ar1": {91: 20.0, 1_000: 600.0},
    "glmmadaptive": {91: 400.0},
    "tmb": {1_000: 100.0},
}
