from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from models.survival.landmark import REASONS, AtLandmark, at_landmark

Make = Callable[..., dict[str, pl.DataFrame]]


def _at(core_frames: Make, *people: dict[str, Any]) -> AtLandmark:
    return at_landmark(**core_frames(people))


def test_days_count_from_the_interview_and_what_it_says_of_helping_is_taken(core_frames: Make) -> None:
    at = _at(core_frames, {"helps": 44.0, "use": (150.0, True)}, {"use": (400.0, False)})

    assert at.followed.select("landmark", "day", "used", "sos").rows() == [
        (110.0, 40.0, True, 44.0),
        (110.0, 290.0, False, 20.0),
    ]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"program": "elsewhere", "use": (300.0, True)}, "people_without_known_program"),
        ({"reason": "died", "status": None}, "people_died_in_treatment"),
        ({"exit": None, "reason": None, "use": (300.0, True)}, "people_still_in_treatment"),
        ({"status": "not_located", "asked": None, "use": (300.0, True)}, "people_lost_before_landmark"),
        ({"status": "refused", "asked": None, "use": (300.0, True)}, "people_lost_before_landmark"),
        ({"asked": 99.0, "use": (300.0, True)}, "people_without_landmark"),
        ({"status": None, "use": (300.0, True)}, "people_without_landmark"),
        ({"status": "deceased", "asked": None, "use": (300.0, True)}, "people_without_landmark"),
        ({"asked": None, "use": (300.0, True)}, "people_without_landmark"),
        ({"use": None}, "people_without_record_of_use"),
        ({"use": (float("nan"), True)}, "people_without_record_of_use"),
        ({"use": (109.0, True)}, "people_used_before_landmark"),
        ({"use": (110.0, True)}, "people_used_before_landmark"),
        ({"use": (110.0, False)}, "people_not_followed_after_landmark"),
    ],
)
def test_each_person_who_is_not_followed_is_counted_with_the_reason(
    core_frames: Make, told: dict[str, Any], reason: str
) -> None:
    at = _at(core_frames, {"use": (300.0, True)}, told)

    assert at.followed.height == 1
    assert {name: n for name, n in at.left_out.items() if n} == {reason: 1}
    assert reason in REASONS


def test_an_interview_on_the_day_of_the_exit_counts_and_a_later_one_does_not_move_it(
    core_frames: Make,
) -> None:
    later = {"wave": "month_12", "followup_status": "completed", "assessment_day": 200.0, "sos": 50.0}
    at = _at(core_frames, {"asked": 100.0, "use": (300.0, True), "also": later})

    assert at.followed.select("landmark", "sos").row(0) == (100.0, 20.0)


def test_an_interview_in_treatment_leaves_the_landmark_to_the_next(core_frames: Make) -> None:
    later = {"wave": "month_12", "followup_status": "completed", "assessment_day": 370.0, "sos": 50.0}
    at = _at(core_frames, {"asked": 90.0, "use": (400.0, True), "also": later})

    assert at.followed.select("landmark", "day", "sos").row(0) == (370.0, 30.0, 50.0)


def test_who_missed_one_interview_and_came_to_the_next_was_reached(core_frames: Make) -> None:
    later = {"wave": "month_12", "followup_status": "completed", "assessment_day": 370.0}
    at = _at(core_frames, {"status": "missed", "asked": None, "use": (400.0, True), "also": later})

    assert at.followed.height == 1
    assert at.out["came"].to_list() == [True]


def test_the_first_stay_decides_when_treatment_ended(core_frames: Make) -> None:
    frames = core_frames([{"use": (300.0, True)}])
    again = frames["episodes"].with_columns(
        episode_id=pl.lit("E-again"), entry_day=pl.lit(150.0), exit_day=pl.lit(290.0)
    )
    frames["episodes"] = pl.concat([again, frames["episodes"]])

    assert at_landmark(**frames).followed["exit_day"].to_list() == [100.0]


def test_everybody_is_followed_or_counted_once_whatever_is_missing(core_frames: Make) -> None:
    people = [
        {"exit": end, "asked": asked, "status": status, "use": use}
        for end in (None, 100.0)
        for asked in (None, 50.0, 100.0)
        for status in (None, "completed", "missed", "deceased")
        for use in (None, (30.0, True), (100.0, False), (200.0, True))
    ]
    at = _at(core_frames, *people)

    assert at.followed.height + sum(at.left_out.values()) == len(people)
    assert at.followed["day"].min() > 0  # type: ignore[operator]


def test_nobody_at_all_is_nobody_followed(core_frames: Make) -> None:
    at = _at(core_frames)

    assert at.followed.is_empty()
    assert not any(at.left_out.values())


def test_two_deliveries_of_one_person_are_refused(core_frames: Make) -> None:
    frames = core_frames([{"use": (300.0, True)}])
    frames["outcome_times"] = pl.concat([frames["outcome_times"]] * 2)

    with pytest.raises(ValueError, match="repeats its key"):
        at_landmark(**frames)
