"""Courses of many people as analysis frames, drawn fast: for simulation studies of helping and remission."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipelines.codebook import load_codebook
from pipelines.codebook.to_polars import enforce
from pipelines.demo.chance import Floats, stream
from pipelines.demo.collaborative import draw
from pipelines.demo.courses import COURSES, Courses, as_of, draw_course, landmarks

_SHORTEST, _LONGEST = (
    396,
    2096,
)  # days from entry to the end of the extract, as in the demo but for its last year


def draw_courses(
    seed: int, people: int, *, programs: int = 12, effects: bool = True, censored: bool = True
) -> Mapping[str, pl.DataFrame]:
    """Draw one collaborative with the courses of its people.

    Parameters
    ----------
    seed, people, programs
        As `collaborative.draw` takes them.
    effects
        False is the placebo world: helping and meetings change nothing, nor do programs.
    censored
        False follows everybody until death, as if nobody were lost and the extract came decades later.

    Returns
    -------
    mapping of str to polars.DataFrame
        The frames of `collaborative.draw`, with `outcome_times` and, of `justice_events`, the deaths that the
        extract covers; each with exactly the columns and types of the core table of that name.
    """
    frames = draw(seed, people, programs=programs, effects=effects)
    rng = stream(seed, "courses")
    deaths = frames["justice_events"].filter(pl.col("justice_measure") == "death")
    courses, death = course_of(rng, frames, effects=effects)
    through = rng.integers(_SHORTEST, _LONGEST + 1, people).astype(float)
    if not censored:
        courses, through = _always_seen(courses, death), np.full(people, np.inf)
    covered = pl.DataFrame({"participant_id": courses.participant_id, "through": through})
    known = (
        deaths.drop("extract_day")
        .join(covered, on="participant_id")
        .filter(pl.col("event_day") <= pl.col("through"))
    )
    last = pl.min_horizontal("through", pl.lit(10.0 * _LONGEST)).cast(pl.Int64).alias("extract_day")
    made = {
        "outcome_times": as_of(courses, through),
        "justice_events": known.with_columns(last).select(deaths.columns),
    }
    codebook = load_codebook()
    stamp = {name: frames["episodes"][name][0] for name in ("source", "delivered_quarter")}
    return {
        **frames,
        **{
            name: enforce(codebook, codebook.table(f"core.{name}"), frame.with_columns(**_literals(stamp)))
            for name, frame in made.items()
        },
    }


def course_of(
    rng: np.random.Generator, frames: Mapping[str, pl.DataFrame], *, effects: bool = True
) -> tuple[Courses, Floats]:
    """Draw the courses of a drawn collaborative's people, and return the days of their deaths beside them."""
    stays = frames["episodes"].select("participant_id", "exit_day", "exit_reason")
    deaths = frames["justice_events"].filter(pl.col("justice_measure") == "death")
    death = stays.join(deaths, on="participant_id", how="left", maintain_order="left")["event_day"]
    days = death.cast(pl.Float64).to_numpy()
    at = landmarks(frames["assessments"], stays.drop("exit_reason"))
    left = (stays["exit_reason"] != "died").to_numpy()
    truth = COURSES if effects else COURSES.without_effects()
    return draw_course(rng, at, days, left, truth), days


def _always_seen(courses: Courses, death: Floats) -> Courses:
    return Courses(
        courses.participant_id, courses.exit, courses.left, courses.first_use, courses.remission, death
    )


def _literals(stamp: Mapping[str, str]) -> dict[str, pl.Expr]:
    return {name: pl.lit(value) for name, value in stamp.items()}
