"""What is said of identity and the meaning of a day: slopes within and between people."""

from __future__ import annotations

from reports.words import meaning, slopes
from tests.unit.reports.words.answers import SLOPE, answer


def test_the_within_person_slope_is_said_of_days_per_ten_points() -> None:
    said = meaning.within(answer("recovery_identity_within", 0.71, 0.64, 0.78))
    assert said == (
        "On days when recovery was more a part of who they are than usual, people rated the day as more "
        "meaningful: for each 10 points, about 7.1 points higher on a scale of 0 to 100 "
        "(between 6.4 and 7.8; 240 people)."
    )


def test_a_negative_slope_is_said_as_less_with_a_range_in_rising_order() -> None:
    said = meaning.within(answer("recovery_identity_within", -0.30, -0.42, -0.18))
    assert "less meaningful" in said
    assert "about 3.0 points lower on a scale of 0 to 100 (between 1.8 and 4.2; 240 people)" in said


def test_a_slope_whose_range_holds_zero_is_not_called_a_link() -> None:
    unclear = answer("recovery_identity_within", 0.05, -0.04, 0.14)
    assert meaning.within(unclear) == (
        "We cannot tell whether days on which recovery was more a part of who people are than usual were "
        "more or less meaningful: for each 10 points, anything from 0.4 points lower to 1.4 points higher is "
        "in keeping with the diaries (240 people)."
    )
    assert meaning.headline(unclear).startswith("No clear link")


def test_the_between_person_slope_compares_people_and_denies_change() -> None:
    said = meaning.between_people(answer("recovery_identity_between", 0.9, 0.6, 1.2))
    assert "than for others" in said
    assert said.endswith("it does not say that anyone changed.")
    assert "days when" not in said


def test_slopes_of_two_kinds_of_programs_are_compared_without_a_reason_for_the_difference() -> None:
    term = "recovery_identity_within_social_minus_clinical"
    said = meaning.social_less_clinical(answer(term, 0.2, 0.05, 0.35, n_people=None, **SLOPE))
    assert said.startswith(
        "The link was stronger in social than in clinical programs: for each 10 points, about"
    )
    assert "2.0 points more (between 0.5 and 3.5)" in said
    assert said.endswith("so the two groups may differ in other ways.")
    unclear = meaning.social_less_clinical(answer(term, -0.06, -0.2, 0.08, n_people=None, **SLOPE))
    assert unclear.startswith("There is not enough to say")
    assert "from 2.0 points weaker to 0.8 points stronger in social programs" in unclear


def test_ten_points_are_set_beside_an_ordinary_evening() -> None:
    assert meaning.how_large(11.04, 0.34) == (
        "How large are 10 points? A person's identity spreads over their evenings by about 11 points around "
        "what is usual for them (one standard deviation); on 34 of every 100 evenings it lay 10 or more away."
    )
    assert meaning.how_large(11.04, None).endswith("(one standard deviation).")
    assert meaning.how_large(None, 0.34) == ""


TOBIT = {"scale": "points per point", "method": "multilevel Tobit, maximum likelihood"}


def test_what_the_answers_did_is_said_before_what_a_model_finds_beyond_the_slider() -> None:
    model = answer("recovery_identity_within", 0.83, 0.77, 0.89, **TOBIT)
    plain = answer("observed_scale_recovery_identity_within", 0.568, 0.517, 0.618, **TOBIT)
    said = meaning.within(model, meaning.AsGiven(plain, 0.306))
    assert said.endswith(
        "for each 10 points, about 5.7 points higher on a scale of 0 to 100 (between 5.2 and 6.2; "
        "240 people). The slider ends at 100, where 31 of every 100 evenings stood, so it may hide how good "
        "the best days were. Allowing for that, we estimate about 8.3 points higher (between 7.7 and 8.9)."
    )


def test_a_slope_beyond_the_slider_is_never_said_to_lie_on_its_scale() -> None:
    model = answer("recovery_identity_within", 0.83, 0.77, 0.89, **TOBIT)
    for said in (meaning.within(model), meaning.between_people(model)):
        assert "on a scale of 0 to 100" not in said
        assert "allow" in said
    linear = answer("recovery_identity_within", 0.6, 0.5, 0.7, **SLOPE)
    for said in (meaning.within(linear), meaning.between_people(linear)):
        assert "on a scale of 0 to 100" in said
        assert "allow" not in said


def test_a_slope_without_a_range_is_said_without_one() -> None:
    assert slopes.brief("Days", answer("t", 0.83)) == "Days: 8.3 points for each 10 (240 people)."
    assert slopes.size(answer("t", -0.5, n_people=None)) == "about 5.0 points lower on a scale of 0 to 100"
