"""What is concluded from a number worked out in several ways."""

from __future__ import annotations

from models.within_person.identity_and_craving import SENSITIVITY as CRAVING_VARIANTS
from models.within_person.sensitivity import VARIANTS
from reports.words import sensitivity


def told(way: str, value: float, low: float, high: float) -> sensitivity.Told:
    return sensitivity.Told(way, value, low, high)


def test_the_ways_of_working_out_a_number_are_concluded_from() -> None:
    above = told("", 0.83, 0.77, 0.89)
    ends = told("linear", 0.6, 0.54, 0.66)
    assert sensitivity.verdict("Days", above, [ends, told("tobit_intercept_only", 0.82, 0.76, 0.88)]) == (
        "Days: the direction holds in every way, the size does not. The figures lie between 6.0 and 8.3 "
        "points, and it is clearly smaller where the ends of the scale are not allowed for."
    )
    other = told("without_least_compliant", 1.2, 1.1, 1.3)
    assert sensitivity.verdict("Days", above, [other]).endswith("and it is clearly of another size.")
    assert sensitivity.verdict("Days", above, [told("separate", 0.8, 0.7, 0.9)]).endswith(
        "every range meets that above."
    )


def test_a_number_that_is_clear_in_some_ways_alone_is_said_not_to_hold_in_all() -> None:
    above = told("", -0.14, -0.23, -0.05)
    said = sensitivity.verdict("Days", above, [told("gamma", -0.003, -0.006, 0.0)])
    assert "does not hold in every way; 1 of 2 ways show a clear link" in said
    assert "opposite directions" in sensitivity.verdict("Days", above, [told("log", 0.01, 0.005, 0.02)])
    none = told("", 0.0, -0.1, 0.1)
    assert sensitivity.verdict("Days", none, [none]) == "Days: no way shows a clear link."
    # A way in percent speaks for the direction; it is on another scale, and not for the size.
    assert sensitivity.verdict("Days", above, [told("log", -0.01, -0.02, -0.005)]) == (
        "Days: the direction holds in every way."
    )


def test_every_way_of_the_sensitivity_sets_has_words_and_the_longest_name_counts() -> None:
    made = [f"x_{way}" for way in (*VARIANTS, *CRAVING_VARIANTS, "centered_at_person_mean")]
    assert [sensitivity.parts(f"sensitivity_{name}") for name in made] == [
        ("x", name.removeprefix("x_")) for name in made
    ]
    assert sensitivity.parts("sensitivity_x_by_y_unheard_of") == ("x_by_y_unheard_of", "")


def test_slopes_of_logarithms_are_said_in_percent() -> None:
    assert sensitivity.write("log", -0.0105) == "−10%"
    assert sensitivity.write("linear", -0.0105) == "−0.1"
