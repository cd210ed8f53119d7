"""The whole synthetic county: everything that is true, before any file is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.codebook.spec import Codebook
from pipelines.demo.checkups import checkup_rows, make_courses
from pipelines.demo.civic import make_civic
from pipelines.demo.courses import Courses
from pipelines.demo.diary import Evening, make_diaries
from pipelines.demo.encode import Record
from pipelines.demo.interviews import BASELINE, MONTH_12, Interview, make_interviews
from pipelines.demo.justice import Career, episode_as_of, make_careers, make_extract, stay_end
from pipelines.demo.people import Person, make_people
from pipelines.demo.programs import Program, make_costs, make_programs
from pipelines.demo.quarters import first_day, last_day
from pipelines.demo.survey import draw_respondents
from pipelines.demo.ties import make_ties

SURVEYED_PER_PARTICIPANT = 2.5


@dataclass(frozen=True, slots=True)
class County:
    """Programs, people and all that happens to them; an export shows what was recorded by its day."""

    quarters: tuple[str, ...]
    programs: tuple[Program, ...]
    costs: dict[str, list[Record]]
    people: tuple[Person, ...]
    careers: dict[str, Career]
    interviews: list[Interview]
    ties: dict[tuple[str, str], list[tuple[str, str]]]
    civic: dict[str, dict[tuple[str, ...], Record]]
    diaries: dict[str, list[Evening]]
    courses: Courses
    survey: pl.DataFrame

    def known_people(self, quarter: str) -> list[Person]:
        """People whose intake was recorded by the end of a quarter."""
        return [i.person for i in self.interviews if i.wave == BASELINE and i.recorded <= last_day(quarter)]

    def justice_rows(self, quarter: str) -> list[Record]:
        """Rows of the extract that the justice agency sends for a quarter."""
        return make_extract(self.known_people(quarter), self.careers, through=last_day(quarter))

    def checkups(self, quarter: str) -> list[Record]:
        """Rows of the checkups' file of a quarter: all people known by then, as known at its end."""
        rows = checkup_rows(self.courses, self.people, through=last_day(quarter))
        return [
            {**rows[p.participant_id], "participant_id": p.participant_id} for p in self.known_people(quarter)
        ]

    def recorded(self, quarter: str) -> Iterator[tuple[Interview, Record | None]]:
        """Interviews that a quarter delivers, those at entry with the stay as it is known by then.

        The first quarter delivers all so far, a later one what was recorded in it, and again the intake of
        people whose stay ended in it.
        """
        end = last_day(quarter)
        start = date.min if quarter == self.quarters[0] else first_day(quarter)
        for interview in self.interviews:
            new = start <= interview.recorded <= end
            if interview.wave != BASELINE:
                if new:
                    yield interview, None
                continue
            career = self.careers[interview.person.participant_id]
            left = start <= stay_end(interview.person, career)[0] <= end
            if new or (left and interview.recorded < start):
                yield interview, episode_as_of(interview.person, career, end)

    def civic_answers(self, interview: Interview) -> dict[tuple[str, ...], Record]:
        """Life in Recovery answers that were given in an interview; empty at other waves."""
        if interview.wave != MONTH_12 or not interview.completed:
            return {}
        return self.civic[interview.person.participant_id]


def make_county(seed: int, participants: int, quarters: tuple[str, ...], codebook: Codebook) -> County:
    """Draw the county from a seed."""
    programs = make_programs(seed, codebook)
    people = make_people(seed, participants, quarters=quarters, programs=programs, codebook=codebook)
    careers = make_careers(seed, people, codebook)
    interviews = make_interviews(seed, people, careers, codebook)
    return County(
        quarters=quarters,
        programs=programs,
        costs=make_costs(seed, programs, quarters, codebook),
        people=people,
        careers=careers,
        interviews=interviews,
        ties=make_ties(seed, interviews, codebook),
        civic=make_civic(seed, interviews, codebook),
        diaries=make_diaries(seed, people, careers, interviews, quarters),
        courses=make_courses(seed, people, interviews, careers, codebook),
        survey=draw_respondents(seed, round(SURVEYED_PER_PARTICIPANT * participants)),
    )
