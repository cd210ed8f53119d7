"""What is said of days with a meeting, and of the day after."""

from __future__ import annotations

from reports.words import meetings, yesterday
from tests.unit.reports.words.answers import SLOPE, answer


def test_the_link_on_days_with_a_meeting_is_said_as_weaker_or_stronger_or_not_at_all() -> None:
    term = meetings.MEETING.difference
    weaker = meetings.difference(meetings.MEETING, answer(term, -0.27, -0.5, -0.04, **SLOPE))
    assert "was weaker on days with a recovery meeting than on other days" in weaker
    assert "about 2.7 points less (between 0.4 and 5.0; 240 people)" in weaker
    unclear = meetings.difference(meetings.CENTER, answer(term, -0.11, -0.38, 0.16, **SLOPE))
    assert "not enough to say whether the link was weaker or stronger on days with a visit" in unclear
    refused = meetings.difference(meetings.CENTER, answer(term, None, note="Fewer than 10 people had both."))
    assert refused.startswith("We cannot say yet whether the link is weaker or stronger on days with a visit")


def test_days_with_a_meeting_are_said_as_more_or_less_meaningful_or_not_at_all() -> None:
    term, points = meetings.MEETING.level, {"scale": "points", "method": "multilevel Tobit"}
    more = meetings.more_meaningful(meetings.MEETING, answer(term, 3.83, 1.91, 5.75, **points))
    assert more.startswith(
        "Days with a recovery meeting were more meaningful than the same people's other days"
    )
    assert "by about 3.8 points, allowing for the end of the slider (between 1.9 and 5.8; 240 people)" in more
    assert more.endswith("People choose on which days they go.")
    less = meetings.more_meaningful(meetings.CENTER, answer(term, -2.0, -3.0, -1.0))
    assert "less meaningful" in less
    assert "by about 2.0 points (between 1.0 and 3.0; 240 people)" in less
    unclear = meetings.more_meaningful(meetings.CENTER, answer(term, 1.0, -0.5, 2.5))
    assert "from 0.5 points less to 2.5 points more is in keeping" in unclear
    refused = meetings.more_meaningful(
        meetings.CENTER, answer(term, None, note="Fewer than 10 people had both.")
    )
    assert refused.startswith("We cannot say yet whether days with a visit to a recovery center are more")
    bare = meetings.more_meaningful(meetings.CENTER, answer(term, 1.0))
    assert bare == "Days with a visit to a recovery center: 1.0 points against other days (240 people)."


def test_a_figure_of_meeting_days_is_headed_by_what_is_clear_alone() -> None:
    clear = {meetings.MEETING.difference: answer("x", -0.27, -0.5, -0.04)}
    both = clear | {meetings.CENTER.difference: answer("y", 0.0, -0.2, 0.2)}
    assert meetings.headline(both) == "The link was weaker on days with a recovery meeting"
    assert meetings.headline({meetings.CENTER.difference: both[meetings.CENTER.difference]}).startswith(
        "No clear"
    )
    assert meetings.headline({}).startswith("Recovery identity and the meaning of a day")


def test_the_day_after_is_compared_with_the_day_after_an_equally_meaningful_one() -> None:
    said = yesterday.meaning_after(answer("t", 0.1, 0.02, 0.18, **SLOPE))
    assert said.startswith(
        "The day after a day of stronger recovery identity was more meaningful than the day"
    )
    assert "another, equally meaningful day" in said
    unclear = yesterday.identity_after(answer("t", 0.0, -0.1, 0.1, **SLOPE))
    assert unclear.startswith("The other way round, there is not enough to say")
