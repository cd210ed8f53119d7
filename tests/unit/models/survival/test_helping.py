import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.estimate import Diagnostic, Estimate, Findings
from models.survival import helping
from models.survival.landmark import REASONS
from pipelines.demo.drawn_courses import draw_courses

Make = Callable[..., dict[str, pl.DataFrame]]
TABLES = ("participants", "episodes", "programs", "assessments", "outcome_times")
TERMS = ["helpers_12_months", "others_12_months", "helping", "helping_adjusted", "restricted_mean_difference"]
CUT = 40.0


def _run(frames: dict[str, pl.DataFrame], **settings: Any) -> Findings:
    chosen = {name: frames[name] for name in TABLES}
    return helping.analyse(**chosen, population="made up", helping_cut=CUT, n_imputations=3, **settings)


def _found(findings: Findings) -> dict[str, Estimate]:
    return {row.term: row for row in findings.estimates}


def _told(findings: Findings) -> dict[str, Diagnostic]:
    return {row.diagnostic: row for row in findings.diagnostics}


def _number(value: float | None) -> float:
    assert value is not None
    return value


def _days(n: int, share: float) -> np.ndarray:
    """Days to first use of n people, evenly of a constant hazard; `share` of them last 12 months."""
    return np.ceil(365 * np.log(1 - (np.arange(n) + 0.5) / n) / np.log(share))


def _course(days: np.ndarray, **told: Any) -> list[dict[str, Any]]:
    return [
        told | {"use": (110.0 + min(day, 500.0), bool(day <= 500)), "sex": ("male", "female")[i % 2],
                "severity": 0.2 + 0.02 * (i % 9), "meetings": float(i % 14),
                "age_band": ("18-24", "25-34")[i % 3 > 0]}
        for i, day in enumerate(days)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def published(core_frames: Make) -> Findings:
    """The published shares without use at 12 months: 40% of 100 who help, 22% of 200 who do not."""
    people = _course(_days(100, 0.40), helps=45.0) + _course(_days(200, 0.22), helps=30.0)
    return _run(core_frames(people, programs=7))


def test_published_shares_of_40_and_22_percent_are_found_again_with_the_ratio_they_imply(
    published: Findings,
) -> None:
    found = _found(published)

    assert list(found) == TERMS
    assert found["helpers_12_months"].estimate == pytest.approx(0.40, abs=0.0051)
    assert found["others_12_months"].estimate == pytest.approx(0.22, abs=0.0051)
    assert found["helping"].estimate == pytest.approx(np.log(0.40) / np.log(0.22), abs=0.01)
    assert found["helping"].estimate == pytest.approx(0.61, abs=0.01)
    assert found["helping_adjusted"].estimate == pytest.approx(0.61, abs=0.02)


def test_days_without_use_are_the_area_between_the_curves(published: Findings) -> None:
    rates = [-np.log(share) / 365 for share in (0.40, 0.22)]
    areas = [(1 - np.exp(-rate * 365)) / rate for rate in rates]
    found = _found(published)["restricted_mean_difference"]

    assert found.estimate == pytest.approx(areas[0] - areas[1], abs=1.0)
    told = _told(published)
    assert told["restricted_mean_helpers"].value == pytest.approx(areas[0], abs=1.0)
    assert told["restricted_mean_ratio"].value == pytest.approx(areas[0] / areas[1], abs=0.01)


def test_each_group_has_a_curve_of_the_share_without_use_that_ends_with_its_estimate(
    published: Findings,
) -> None:
    found = _found(published)
    for name in ("helpers", "others"):
        points = [point for point in published.curves if point.curve == name]
        row = found[f"{name}_12_months"]
        assert (points[0].x, points[0].estimate, points[0].n_events) == (0.0, 1.0, 0)
        assert points[0].n_at_risk == row.n_people
        last = points[-1]
        assert (last.x, last.estimate, last.ci_low, last.ci_high, last.n_events) == (
            365.0, row.estimate, row.ci_low, row.ci_high, row.n_events,
        )  # fmt: skip
        assert all(later.x - earlier.x >= 7 for earlier, later in itertools.pairwise(points))


def test_counts_of_the_groups_add_up_to_those_of_the_ratio(published: Findings) -> None:
    found, told = _found(published), _told(published)

    assert [found[term].n_people for term in TERMS] == [100, 200, 300, 300, 300]
    assert _number(found["helpers_12_months"].n_events) + _number(
        found["others_12_months"].n_events
    ) == _number(found["helping"].n_events)
    assert told["people_at_landmark"].value == 300
    assert told["helpers_at_landmark"].value == 100
    assert told["follow_up"].value == 1.0


def test_with_every_answer_known_nothing_is_imputed_and_complete_cases_say_the_same(
    published: Findings,
) -> None:
    found, told = _found(published), _told(published)

    assert "imputations" not in told
    assert told["sensitivity_helping_adjusted_complete_cases"].value == pytest.approx(
        found["helping_adjusted"].estimate
    )
    assert told["sensitivity_helping_by_person"].value == pytest.approx(found["helping"].estimate)


def test_no_interval_is_narrower_than_that_of_people_alone(published: Findings) -> None:
    found, told = _found(published), _told(published)

    row, alone = found["helping"], told["sensitivity_helping_by_person"]
    assert _number(row.ci_low) <= _number(alone.ci_low) + 1e-12
    assert _number(row.ci_high) >= _number(alone.ci_high) - 1e-12


def _of_unlike_programs(programs: int) -> list[dict[str, Any]]:
    """Two hundred people of programs whose people use again at rates that lie far apart."""
    random = np.random.default_rng(6)
    people = []
    for number in range(200):
        place = number % programs
        share = 0.04 + 0.8 * place / max(programs - 1, 1)
        day = float(np.ceil(365 * np.log(1 - random.random()) / np.log(share)))
        told = _course(np.array([day]), helps=45.0 if random.random() < 0.4 else 30.0)[0]
        people.append(told | {"meetings": float(number % 13), "sex": ("male", "female")[number % 3 > 0]})
    return people


def test_programs_that_differ_widen_the_intervals_of_shares(core_frames: Make) -> None:
    findings = _run(core_frames(_of_unlike_programs(10), programs=10))
    alone = _run(core_frames(_of_unlike_programs(10), programs=1))
    found, less = _found(findings), _found(alone)

    row, narrow = found["others_12_months"], less["others_12_months"]
    widths = [_number(one.ci_high) - _number(one.ci_low) for one in (row, narrow)]
    assert widths[0] > 1.2 * widths[1]
    assert row.df is not None
    assert 4 < row.df < 10
    assert "10 clusters" in row.small_sample
    assert (narrow.df, found["others_12_months"].estimate) == (None, pytest.approx(narrow.estimate))
    assert "does not allow for programs that differ" in narrow.note
    assert "does not allow for programs that differ" not in row.note


def test_too_few_programs_that_differ_are_not_enough_to_say(core_frames: Make) -> None:
    findings = _run(core_frames(_of_unlike_programs(3), programs=3))

    assert _told(findings)["gate_degrees_of_freedom"].value == 0.0
    assert all("too few programs" in row.note for row in findings.estimates)
    assert findings.curves == ()


def test_degrees_of_freedom_too_many_to_tell_from_the_normal_distribution_are_not_told(
    core_frames: Make,
) -> None:
    people = _course(_days(100, 0.40), helps=45.0) + _course(_days(120, 0.22), helps=30.0)
    people[0]["meetings"] = None
    found = _found(_run(core_frames(people, programs=1)))["helping_adjusted"]

    assert found.df is None
    assert found.small_sample.startswith("normal, no degrees of freedom")


def test_with_nobody_lost_weights_for_those_lost_change_nothing_much(published: Findings) -> None:
    found, told = _found(published), _told(published)

    for term in ("helpers_12_months", "others_12_months", "helping"):
        weighted = told[f"sensitivity_{term}_attrition_weighted"]
        assert weighted.value == pytest.approx(found[term].estimate, rel=0.02), term


def test_everybody_having_every_check_means_no_reason_in_place_of_a_number(published: Findings) -> None:
    for row in published.diagnostics:
        assert row.value is not None, row.diagnostic


def _lost(people: list[dict[str, Any]], n: int) -> list[dict[str, Any]]:
    return people + [{"status": "not_located", "asked": None, "use": (250.0, True), "severity": 0.8}] * n


def test_fewer_than_half_interviewed_is_not_enough_to_say(core_frames: Make) -> None:
    people = _course(_days(40, 0.40), helps=45.0) + _course(_days(60, 0.22), helps=30.0)
    findings = _run(core_frames(_lost(people, 101)))

    assert all(row.estimate is None for row in findings.estimates)
    assert all(row.note.startswith("Not enough to say") for row in findings.estimates)
    assert findings.curves == ()
    told = _told(findings)
    assert told["gate_follow_up"].value == 0.0
    assert told["people_lost_before_landmark"].value == 101
    assert told["follow_up"].value == pytest.approx(100 / 201)
    # Nothing but counts is left: no mean, no test, no number worked out otherwise.
    assert set(told) == {
        "follow_up", "people_at_landmark", "helpers_at_landmark", "gate_follow_up", *REASONS,
        "people_without_helping_score", "gate_degrees_of_freedom",
    }  # fmt: skip


def test_those_like_the_lost_weigh_more(core_frames: Make) -> None:
    """People of high severity are lost, and use at once: weighted, fewer are without use than plainly."""
    calm = _course(_days(60, 0.5), helps=45.0) + _course(_days(60, 0.5), helps=30.0)
    hard = _course(_days(30, 0.02), helps=45.0) + _course(_days(30, 0.02), helps=30.0)
    people = [told | {"severity": 0.1} for told in calm] + [told | {"severity": 0.8} for told in hard]
    findings = _run(core_frames(_lost(people, 60)))
    weighted = _told(findings)["sensitivity_helpers_12_months_attrition_weighted"]

    assert _number(weighted.value) < _number(_found(findings)["helpers_12_months"].estimate) - 0.03


def test_missing_meetings_and_severity_are_imputed_and_lose_nobody(core_frames: Make) -> None:
    people = _course(_days(100, 0.40), helps=45.0) + _course(_days(120, 0.22), helps=30.0)
    for i, person in enumerate(people):
        person.update({"meetings": None} if i % 6 == 0 else {"severity": None} if i % 6 == 1 else {})
    findings = _run(core_frames(people, programs=7))
    found, told = _found(findings)["helping_adjusted"], _told(findings)

    assert found.n_people == 220
    assert "imputed copies" in found.small_sample
    assert told["imputations"].value == 3
    assert told["fraction_missing_helping_adjusted"].value is not None
    complete = told["sensitivity_helping_adjusted_complete_cases"]
    assert complete.n_people == 220 - sum(i % 6 < 2 for i in range(220))
    assert _number(found.estimate) == pytest.approx(_number(complete.value), rel=0.3)


def test_the_same_frames_give_the_same_numbers(core_frames: Make) -> None:
    people = _course(_days(60, 0.40), helps=45.0) + _course(_days(60, 0.22), helps=30.0)
    for told in people[::5]:
        told["meetings"] = None
    frames = core_frames(people)
    turned = {name: frame.reverse() for name, frame in frames.items()}

    assert _run(frames) == _run(frames)
    for one, two in zip(_run(frames).estimates[:3], _run(turned).estimates[:3], strict=True):
        assert one.estimate == pytest.approx(two.estimate)


def test_people_without_a_helping_score_are_counted_and_in_neither_group(core_frames: Make) -> None:
    people = _course(_days(40, 0.40), helps=45.0) + _course(_days(60, 0.22), helps=30.0)
    findings = _run(core_frames([*people, *_course(_days(15, 0.5), helps=None)]))

    assert _told(findings)["people_without_helping_score"].value == 15
    assert _found(findings)["helping"].n_people == 100


def test_a_population_never_asked_about_helping_has_no_rows(core_frames: Make) -> None:
    findings = _run(core_frames(_course(_days(40, 0.40), helps=None)))

    assert findings == Findings(analysis="H1", estimates=())


@pytest.mark.parametrize(
    ("people", "refused", "words"),
    [
        (
            _course(_days(9, 0.4), helps=45.0) + _course(_days(60, 0.22), helps=30.0),
            {"helpers_12_months", "helping", "helping_adjusted", "restricted_mean_difference"},
            "Fewer than 10 helpers",
        ),
        (
            [told | {"use": (110.0 + 100, False)} for told in _course(_days(40, 0.4), helps=45.0)]
            + _course(_days(60, 0.22), helps=30.0),
            {"helpers_12_months", "restricted_mean_difference", "helping", "helping_adjusted"},
            "",
        ),
        (
            [told | {"use": (900.0, False)} for told in _course(_days(80, 0.4), helps=45.0)]
            + [told | {"use": (900.0, False)} for told in _course(_days(80, 0.4), helps=30.0)],
            {"helping", "helping_adjusted", "restricted_mean_difference"},
            "Fewer than 10 first uses",
        ),
        (
            [told | {"use": (900.0, False)} for told in _course(_days(80, 0.4), helps=45.0)]
            + [
                told | {"use": (111.0 + i, True)}
                for i, told in enumerate(_course(_days(80, 0.4), helps=30.0))
            ],
            {"helping", "helping_adjusted"},
            "separates",
        ),
        ([], set(TERMS), ""),
    ],
    ids=["few helpers", "helpers not followed", "nobody used", "only others used", "nobody"],
)
def test_what_cannot_be_known_is_refused_with_its_reason(
    core_frames: Make, people: list[dict[str, Any]], refused: set[str], words: str
) -> None:
    someone = {"helps": 20.0, "use": (105.0, True)}  # asked, but had used before
    findings = _run(core_frames([*people, someone]))
    without = {row.term: row.note for row in findings.estimates if row.estimate is None}

    assert set(without) == refused
    assert any(words in note for note in without.values())
    assert all(note.endswith(".") for note in without.values())


def test_everybody_without_use_is_a_share_of_one_without_an_interval(core_frames: Make) -> None:
    people = _course(_days(40, 0.4), helps=30.0)
    people += [told | {"use": (900.0, False)} for told in _course(_days(40, 0.4), helps=45.0)]
    found = _found(_run(core_frames(people)))["helpers_12_months"]

    assert (found.estimate, found.ci_low, found.ci_high, found.n_events) == (1.0, None, None, 0)
    assert "No interval" in found.note


def test_helping_that_does_nothing_looks_helpful_when_counted_from_the_exit() -> None:
    """The placebo world: no effect. Helpers by what they ever said before they used: immortal time."""
    frames = draw_courses(21, 1500, effects=False)
    findings = _run(dict(frames))
    ratio, naive = _found(findings)["helping"], _told(findings)["sensitivity_helping_ever_helped"]

    assert _number(ratio.ci_low) < 1.0 < _number(ratio.ci_high)
    assert _number(naive.ci_high) < 0.8


def test_no_reason_or_detail_holds_a_persons_id_or_day(core_frames: Make) -> None:
    people = _course(_days(5, 0.4), helps=45.0) + _course(_days(5, 0.22), helps=30.0)
    findings = _run(core_frames(people))
    words = " ".join([row.note for row in findings.estimates] + [row.detail for row in findings.diagnostics])

    assert "A000" not in words
    assert "45" not in words


def test_any_small_or_spoiled_frame_has_a_named_outcome(core_frames: Make) -> None:
    random = np.random.default_rng(13)

    def some(*values: Any) -> Any:
        return values[int(random.integers(len(values)))]

    for _ in range(40):
        n = int(random.integers(0, 45))
        people = [
            {
                "helps": some(None, 20.0, 45.0, float("nan"), float("inf")),
                "meetings": some(None, 3.0, 8.0, float("nan")),
                "severity": some(None, 0.2, 0.5),
                "use": some(
                    None, (130.0, True), (130.0, True), (300.0, False), (700.0, False), (120.0, True)
                ),
                "status": some("completed", "completed", "completed", "missed", None),
                "asked": some(110.0, 110.0, None, 90.0),
                "exit": some(100.0, 100.0, None),
                "sex": some("male", "female", None),
            }
            for _ in range(n)
        ]
        findings = _run(core_frames(people, programs=int(random.integers(1, 8))), minimum_people=some(2, 10))
        for row in findings.estimates:
            assert row.estimate is not None or row.note
        for fact in findings.diagnostics:
            assert fact.value is not None or fact.detail
