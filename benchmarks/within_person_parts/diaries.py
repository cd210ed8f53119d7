"""Made-up diaries of known truth, written once for every contestant, as plain binary columns.

A folder holds `<column>.bin` (float64; `person` and `day` int32, all little-endian) and `size.json`. R reads
them with readBin and numpy with fromfile: the same bits for all, and no parser in anybody's time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIXED = {"intercept": 5.0, "time": 0.1, "xw": 0.4, "xb": 0.7, "meeting": 0.3, "xw_x_meeting": -0.2}
SD_INTERCEPT, SD_SLOPE, CORRELATION, SIGMA = 1.2, 0.3, -0.3, 1.0
AUTOCORRELATION = 0.4
CEILING = 7.0
MISSING_OF_GAPPED = 0.15
PEOPLE_AT_A_TIME = 100_000
SHORTS = ("person", "day")
DOUBLES = ("y", "capped", "time", "xw", "xb", "meeting")


@dataclass(frozen=True)
class Size:
    """Persons and days of a diary."""

    people: int
    days: int

    @property
    def name(self) -> str:
        """For folders and tables."""
        return f"{self.people}x{self.days}"


def parse_size(text: str) -> Size:
    """`91x10`, `1kx30` or `1Mx30`."""
    people, days = text.lower().replace("k", "000").replace("m", "000000").split("x")
    return Size(int(people), int(days))


def simulate(size: Size, *, gapped: bool, seed: int, first_person: int = 0) -> dict[str, NDArray[np.generic]]:
    """Rows of one diary; `gapped` leaves out days at random and correlates the residuals day by day."""
    draw = np.random.default_rng([seed, first_person, size.people, size.days, int(gapped)])
    people, days = size.people, size.days
    n = people * days
    person = np.repeat(np.arange(people), days)
    day = np.tile(np.arange(1, days + 1), people)
    usual = draw.normal(0, 1, people)
    predictor = usual[person] + draw.normal(0, 1, n)
    meeting = (draw.random(n) < 0.3).astype(float)
    effect = draw.normal(size=(people, 2))
    intercept = SD_INTERCEPT * effect[:, 0]
    slope = SD_SLOPE * (CORRELATION * effect[:, 0] + np.sqrt(1 - CORRELATION**2) * effect[:, 1])
    residual = draw.normal(0, SIGMA, (people, days))
    if gapped:
        for later in range(1, days):
            residual[:, later] *= np.sqrt(1 - AUTOCORRELATION**2)
            residual[:, later] += AUTOCORRELATION * residual[:, later - 1]
    kept = draw.random(n) >= MISSING_OF_GAPPED if gapped else np.ones(n, dtype=bool)
    kept[::days] = True
    person, day, predictor, meeting = person[kept], day[kept], predictor[kept], meeting[kept]
    count = np.bincount(person)
    mean = np.bincount(person, predictor) / count
    within = predictor - mean[person]
    between = mean[person]
    time = day / 10
    y = (
        FIXED["intercept"]
        + FIXED["time"] * time
        + FIXED["xw"] * within
        + FIXED["xb"] * between
        + FIXED["meeting"] * meeting
        + FIXED["xw_x_meeting"] * within * meeting
        + intercept[person]
        + slope[person] * within
        + residual.ravel()[kept]
    )
    columns = {"y": y, "capped": np.minimum(y, CEILING), "time": time, "xw": within, "xb": between}
    return {
        "person": (person + first_person).astype("<i4"),
        "day": day.astype("<i4"),
        **{name: values.astype("<f8") for name, values in columns.items()},
        "meeting": meeting.astype("<f8"),
    }


def write(folder: Path, size: Size, *, gapped: bool, seed: int = 20261122) -> Path:
    """Write the diary of one size, some persons at a time, so that memory stays flat."""
    folder.mkdir(parents=True)
    rows = 0
    for first in range(0, size.people, PEOPLE_AT_A_TIME):
        some = Size(min(PEOPLE_AT_A_TIME, size.people - first), size.days)
        for name, values in (columns := simulate(some, gapped=gapped, seed=seed, first_person=first)).items():
            with (folder / f"{name}.bin").open("ab") as out:
                values.tofile(out)
        rows += columns["y"].size
    size_of = {"rows": rows, "people": size.people, "days": size.days, "ceiling": CEILING}
    (folder / "size.json").write_text(json.dumps(size_of))
    return folder


def read(folder: Path, *names: str) -> dict[str, NDArray[np.generic]]:
    """Columns of a written diary."""
    return {name: np.fromfile(folder / f"{name}.bin", "<i4" if name in SHORTS else "<f8") for name in names}
