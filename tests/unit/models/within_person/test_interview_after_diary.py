"""Which interview is the next after a diary, and which days it told of."""

import polars as pl

from models.within_person.hours_odds_and_ranks import PREDICTORS
from models.within_person.interview_after_diary import next_interviews


def test_the_next_interview_is_the_first_held_after_the_diary() -> None:
    days = pl.DataFrame(
        {
            "participant_id": ["a", "a", "b", "b", "c", "c"], "day": [1, 3, 1, 3, 1, 3],
            "evening_day": [101.0, 103.0, None, 53.0, 11.0, 13.0],
            "peer_hours": [1.0, 2.0, None, 4.0, 1.0, 1.0],
            "meaningful_hours": [1.0, 2.0, None, 4.0, 1.0, 1.0],
        }
    )  # fmt: skip
    asked = pl.DataFrame(
        {
            "participant_id": ["a", "a", "a", "b", "c"],
            "wave": ["baseline", "month_6", "month_12", "month_6", "month_6"],
            "followup_status": ["completed", "missed", "completed", "partial", "completed"],
            "assessment_day": [0.0, 180.0, 365.0, 53.0, 100.0], "abstinent_days_30": [4, 30, 29, 30, 30],
        }
    )  # fmt: skip
    told = next_interviews(days, asked, PREDICTORS)
    assert told["abstinent"].to_list() == [0.0, None, 1.0]  # b's was held on the last evening: not after it
    assert told["days_until"].to_list() == [262.0, None, 87.0]
    assert told["abstinent_days_before"].to_list() == [4.0, None, None]
