"""The digits of a curve, and of what is read off it, do not tell how many people left or died."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from models.disclosure.curve_digits import TOLD, round_curves, round_read_off, step_from
from models.disclosure.protected_rows import ProtectedRows

GROUP = {"analysis": "H1", "outcome": "first_use", "population": "p", "as_of": "2026Q3"}
FEW = 10
Z = float(norm.ppf(0.975))


def share_and_limits(at_risk: np.ndarray) -> np.ndarray:
    """Product-limit share without the event and its log-log limits, from people at risk at each event."""
    share = np.prod((at_risk - 1) / at_risk, axis=-1)
    error = np.sqrt(np.sum(1 / (at_risk * (at_risk - 1.0)), axis=-1)) / np.abs(np.log(share))
    return np.stack([share, share ** np.exp(Z * error), share ** np.exp(-Z * error)], axis=-1)


def ways_to_leave(start: int, events: int, most: int) -> dict[int, np.ndarray]:
    """By the number who left: share and limits if they left before one event, or before two."""
    found = {}
    one, other = np.triu_indices(events + 1)
    for left in range(most + 1):
        ways = []
        for first in sorted({0, left // 4, left // 2, 3 * left // 4, left}):
            leaving = np.zeros((one.size, events + 1), dtype=np.int64)
            np.add.at(leaving, (np.arange(one.size), one), first)
            np.add.at(leaving, (np.arange(one.size), other), left - first)
            ways.append(leaving)
        at_risk = start - np.cumsum(np.concatenate(ways)[:, :events], axis=1) - np.arange(events)
        found[left] = share_and_limits(at_risk[(at_risk > 1).all(axis=1)])
    return found


def numbers_that_fit(start: int, events: int, told: np.ndarray, most: int, step: float) -> list[int]:
    """How many may have left, for all that is told; more ways to leave could only add to it."""
    ways = ways_to_leave(start, events, most)
    return [left for left, values in ways.items() if (np.abs(values - told) <= step / 2).all(axis=1).any()]


def ways_that_fit(start: int, events: int, share: float, most: int) -> list[tuple[int, ...]]:
    """All ways, people who left before each event, that give a share to twelve digits."""
    found = []

    def follow(at_risk: int, so_far: float, left: tuple[int, ...]) -> None:
        if len(left) == events:
            found.extend([left] if abs(so_far - share) < 1e-12 else [])
            return
        for leaving in range(most - sum(left) + 1):
            now = at_risk - leaving
            follow(now - 1, so_far * (now - 1) / now, (*left, leaving))

    follow(start, 1.0, ())
    return found


def curve(
    at_risk: tuple[int, ...], shares: list[tuple[float, float, float]], **change: object
) -> pl.DataFrame:
    rows = [
        GROUP | {"curve": "helpers", "x": float(x), "x_unit": "days", "estimate": share, "ci_low": low,
                 "ci_high": high, "n_at_risk": n, "n_events": 11 * x, "suppressed": False} | change
        for x, (n, (share, low, high)) in enumerate(zip(at_risk, shares, strict=True))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"n_events": pl.Int64})


LEFT = (0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0)  # before each of 11 events, of 43 people


def test_the_attack_finds_the_one_way_in_which_four_of_forty_three_left_and_after_the_rule_finds_eleven():
    at_risk = 43 - np.cumsum(LEFT) - np.arange(11)
    told = share_and_limits(at_risk)
    assert ways_that_fit(43, 11, float(told[0]), 7) == [LEFT], "of all ways in which up to seven may leave"
    rounded = round_curves(curve((43, 28), [(1.0, 1.0, 1.0), tuple(told)]), maximum=10).row(1, named=True)
    shown = np.array([rounded[name] for name in ("estimate", "ci_low", "ci_high")])
    assert np.allclose(shown, [0.74, 0.56, 0.84])
    assert len(numbers_that_fit(43, 11, shown, 24, step_from(43))) > FEW


@pytest.mark.parametrize(("start", "events"), [(40, 11), (60, 16), (100, 16), (163, 40), (600, 40)])
def test_eleven_numbers_of_people_who_left_or_more_fit_what_is_told_of_a_group(start: int, events: int):
    draw = np.random.default_rng(20260930)
    step = step_from(start)
    for _ in range(8):
        left = np.bincount(draw.integers(0, events, draw.integers(1, FEW + 1)), minlength=events)
        told = share_and_limits(start - np.cumsum(left) - np.arange(events))
        shown = np.round(np.round(told / step) * step, 2)
        assert len(numbers_that_fit(start, events, shown, min(24, start - events - 2), step)) > FEW


@pytest.mark.parametrize(
    ("people", "step"), [(1445, 0.01), (75, 0.01), (74, 0.02), (38, 0.02), (37, 0.05), (5, 0.1), (None, 0.1)]
)
def test_the_step_is_three_quarters_of_a_share_of_one_person_or_more(people: int | None, step: float):
    assert step_from(people) == step


def test_a_curve_that_counts_no_events_keeps_its_digits():
    means = curve((90, 90), [(3.271, 3.1, 3.4), (3.274, 3.1, 3.4)], n_events=None)
    assert round_curves(means, maximum=10).equals(means)


def test_without_a_threshold_nothing_is_rounded():
    points = curve((43, 28), [(1.0, 1.0, 1.0), (0.7300245, 0.5647, 0.8408)])
    assert round_curves(points, maximum=0).equals(points)
    before = read_off()
    after = round_read_off(before, maximum=0)
    assert after.estimates.equals(before.estimates)
    assert after.diagnostics.equals(before.diagnostics)


ALIVE = 0.98726  # 7 of 598 died before the day on which 146 of the 465 still followed reached it


def read_off() -> ProtectedRows:
    share = ALIVE * 146 / 465
    row = {
        "estimate": share, "std_error": 0.0213, "ci_low": 0.2704, "ci_high": 0.3539, "p_value": 0.04,
        "n_people": 598, "scale": "probability", "note": "as entered", "suppressed": False,
    }  # fmt: skip
    rows = [
        GROUP | {"analysis": "S1", "term": "within_1_year"} | row,
        GROUP | {"analysis": "S1", "term": "hazard"} | row | {"scale": "hazard ratio"},
        GROUP | {"analysis": "R1", "term": "reliably_worse_month_6"} | row | {"estimate": 0.0481836},
    ]
    fact = {"ci_low": 0.2739, "ci_high": 0.3583, "n_people": 598, "detail": "words", "suppressed": False}
    facts = [
        GROUP | {"analysis": "S1", "diagnostic": name, "value": value} | fact
        for name, value in (
            ("sensitivity_within_1_year_if_nobody_died", 146 / 465), ("died_before_within_1_year", 1 - ALIVE),
            ("restricted_mean_helpers", 216.180762), ("restricted_mean_ratio", 1.406412),
            ("sensitivity_hazard_by_program", 0.581937), ("follow_up", 2.584531),
        )
    ] + [
        GROUP | {"analysis": "R1", "diagnostic": name, "value": value} | fact | {"n_people": 523}
        for name, value in (("sensitivity_reliably_worse_month_6_limit_high", 0.0461759),)
    ]  # fmt: skip
    estimates, diagnostics = pl.DataFrame(rows), pl.DataFrame(facts)
    return ProtectedRows(
        estimates=estimates, diagnostics=diagnostics,
        original_estimates=estimates, original_diagnostics=diagnostics,
    )  # fmt: skip


def rounded() -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    after = round_read_off(read_off(), maximum=10)
    return (
        {row["term"]: row for row in after.estimates.to_dicts()},
        {row["diagnostic"]: row for row in after.diagnostics.to_dicts()},
    )


def deaths_that_fit(share: float, without_death: float, half: float) -> list[int]:
    """Deaths among 598 followed to 465 whose survivors give two shares, each known to half a step."""
    low, high = (share - half) / (without_death + half), (share + half) / max(without_death - half, 1e-9)
    return [n for n in range(40) if low <= (1 - 1 / 598) ** n and (1 - 1 / 465) ** n <= high]


def test_a_share_less_its_share_in_a_world_without_death_no_longer_counts_the_deaths():
    assert deaths_that_fit(ALIVE * 146 / 465, 146 / 465, 1e-9) == [6, 7], "the attack works on all digits"
    rows, facts = rounded()
    share, other = rows["within_1_year"], facts["sensitivity_within_1_year_if_nobody_died"]
    assert (share["estimate"], share["ci_low"], share["ci_high"]) == (0.31, 0.27, 0.35)
    assert (share["std_error"], share["p_value"]) == (None, None)
    assert len(deaths_that_fit(share["estimate"], other["value"], 0.005)) > FEW
    of_counts = [n for n in range(40) if round(146 / 465 * (1 - 1 / 598) ** n, 2) == share["estimate"]]
    assert len(of_counts) > FEW, "nor do the counts of the curve's own point"


def test_two_shares_of_the_same_people_told_in_steps_do_not_differ_by_one_person():
    rows, facts = rounded()
    exact = 523 * (rows["reliably_worse_month_6"]["estimate"] - 0.0461759)
    assert abs(exact - 1.05) < 0.01, "before the rule they do"
    shown = facts["sensitivity_reliably_worse_month_6_limit_high"]
    assert shown["value"] == 0.05
    assert 2 * 0.005 * 523 > 5, "people between two neighboring shares"


def test_an_area_under_a_curve_is_told_in_whole_days_and_other_numbers_keep_their_digits():
    rows, facts = rounded()
    told = {name: row["value"] for name, row in facts.items()}
    assert (told["restricted_mean_helpers"], told["restricted_mean_ratio"]) == (216.0, 1.41)
    assert (told["sensitivity_hazard_by_program"], told["follow_up"]) == (0.581937, 2.584531)
    assert rows["hazard"]["std_error"] == 0.0213
    assert rows["reliably_worse_month_6"]["estimate"] == 0.0481836
    assert facts["died_before_within_1_year"]["value"] == 0.01


def test_what_is_told_in_steps_says_so():
    rows, facts = rounded()
    assert rows["within_1_year"]["note"] == f"as entered. {TOLD}"
    assert facts["restricted_mean_helpers"]["detail"] == f"words. {TOLD}"
    assert facts["follow_up"]["detail"] == "words"
