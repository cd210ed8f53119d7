"""Recovery checkups: the courses of the demo's participants, and what each extract tells of them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from models.scales.score import score
from pipelines.cleaning.scores import spec_of
from pipelines.codebook.spec import Codebook, Instrument
from pipelines.demo.chance import stream
from pipelines.demo.courses import Courses, as_of, draw_course, landmarks
from pipelines.demo.encode import Record, Value
from pipelines.demo.interviews import Interview
from pipelines.demo.justice import Career, stay_end
from pipelines.demo.people import Person

_ANSWERS = {
    "participant_id": pl.String,
    "followup_status": pl.String,
    "assessment_day": pl.Int64,
    "sos": pl.Float64,
    "twelve_step_meetings_30": pl.Int64,
    "abstinent_days_30": pl.Int64,
}


def make_courses(
    seed: int,
    people: tuple[Person, ...],
    interviews: list[Interview],
    careers: dict[str, Career],
    codebook: Codebook,
) -> Courses:
    """Draw the course of every participant, given the stay and what the interviews will have said."""
    ends = [stay_end(person, careers[person.participant_id]) for person in people]
    exits = pl.DataFrame(
        {
            "participant_id": [person.participant_id for person in people],
            "exit_day": [(end - person.entry).days for person, (end, _) in zip(people, ends, strict=True)],
        }
    )
    return draw_course(
        stream(seed, "courses"),
        landmarks(told_at_interviews(interviews, codebook), exits),
        death=np.array([(careers[p.participant_id].death - p.entry).days for p in people], dtype=float),
        left=np.array([reason != "died" for _, reason in ends]),
    )


def told_at_interviews(interviews: list[Interview], codebook: Codebook) -> pl.DataFrame:
    """Return what `landmarks` needs of completed interviews, scores made of the items as delivered."""
    scale = codebook.instruments["sos"]
    return pl.DataFrame([_answers(i, scale) for i in interviews if i.completed], schema=_ANSWERS)


def checkup_rows(courses: Courses, people: tuple[Person, ...], *, through: date) -> dict[str, Record]:
    """Return what an extract through a day tells of each participant, by participant id.

    Records hold `use_day` and `used`, `remission_day` and `remission`: a date and whether it is that of the
    outcome or the last on which the person was known to be without it. None where nothing is known yet.
    """
    days = np.array([(through - person.entry).days for person in people], dtype=float)
    entries = {person.participant_id: person.entry for person in people}
    rows: dict[str, dict[str, Value]] = {}
    for participant, outcome, day, event in as_of(courses, days).iter_rows():
        at, whether = ("use_day", "used") if outcome == "first_use" else ("remission_day", "remission")
        row = rows.setdefault(participant, dict.fromkeys(("use_day", "used", "remission_day", "remission")))
        row |= {at: entries[participant] + timedelta(days=int(day)), whether: bool(event)}
    return dict(rows)


def _answers(interview: Interview, scale: Instrument) -> dict[str, object]:
    def given(value: object) -> float:
        return float(value) if isinstance(value, int) else float("nan")

    record, person = interview.record, interview.person
    held = record["assessment_day"]
    assert isinstance(held, date), "a completed interview has its day"
    helping = float(score([[given(a) for a in interview.items[scale.name]]], spec_of(scale))[0])
    counts = {name: record[name] for name in ("twelve_step_meetings_30", "abstinent_days_30")}
    return {
        "participant_id": person.participant_id,
        "followup_status": record["followup_status"],
        "assessment_day": (held - person.entry).days,
        "sos": None if np.isnan(helping) else helping,
        **{name: value if isinstance(value, int) else None for name, value in counts.items()},
    }
