"""Where things are, and the few settings of a refresh. One frozen object, passed down; nothing is global."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

COMMAND = "recovery-outcomes"
DATA = "RECOVERY_OUTCOMES_DATA"
PUBLISHED = "RECOVERY_OUTCOMES_PUBLISHED"
CMS_MAXIMUM = 10  # Centers for Medicare & Medicaid Services: no cell of 1 to 10 is shown

SMALL_CELL_MAXIMUM = "RECOVERY_OUTCOMES_SMALL_CELL_MAXIMUM"


def command() -> str:
    """Return the command as whoever runs this program can write it from where they are."""
    called = Path(sys.argv[0]).absolute()
    if called.name != COMMAND or shutil.which(COMMAND) == str(called):
        return COMMAND
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_relative_to(here) else called)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Paths and thresholds.

    `data_raw` holds the sources; `curated` the restricted database and the release; `published` the
    reports. Counts of 1 to `small_cell_maximum` people are withheld from what is released.
    """

    data_raw: Path
    curated: Path
    published: Path
    small_cell_maximum: int = CMS_MAXIMUM

    def __post_init__(self) -> None:
        if self.small_cell_maximum < 0:
            raise ValueError(f"{SMALL_CELL_MAXIMUM} must be 0 or more; it was {self.small_cell_maximum}")

    @classmethod
    def load(
        cls,
        *,
        data: Path | None = None,
        published: Path | None = None,
        small_cell_maximum: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Settings:
        """Arguments first, then the environment, then the repository's own folders.

        Parameters
        ----------
        data
            Folder with `raw/` in it; `curated/` is made beside it.
        published
            Folder that holds one report per quarter; where the data lie elsewhere, `published` beside them,
            so that two sites never write over each other's reports.
        small_cell_maximum
            Largest count of people that is withheld.
        environment
            Variables to read; the process's own by default.

        Raises
        ------
        ValueError
            The threshold is not a whole number of 0 or more.
        """
        said = os.environ if environment is None else environment
        own = ROOT / "data"
        folder = data or Path(said.get(DATA) or own)
        beside = ROOT / "reports" / "published" if folder.resolve() == own else folder / "published"
        reports = published or Path(said.get(PUBLISHED) or beside)
        if small_cell_maximum is None:
            text = said.get(SMALL_CELL_MAXIMUM) or str(CMS_MAXIMUM)
            if not text.isdecimal():
                raise ValueError(f"{SMALL_CELL_MAXIMUM} must be a whole number of 0 or more")
            small_cell_maximum = int(text)
        return cls(
            data_raw=folder.resolve() / "raw",
            curated=folder.resolve() / "curated",
            published=reports.resolve(),
            small_cell_maximum=small_cell_maximum,
        )

    @property
    def restricted(self) -> Path:
        """The working database: it holds people and never leaves."""
        return self.curated / "restricted.duckdb"

    @property
    def warehouse(self) -> Path:
        """The released database."""
        return self.curated / "warehouse.duckdb"

    @property
    def failures(self) -> Path:
        """Where failed runs leave their notes."""
        return self.curated / "failures"
