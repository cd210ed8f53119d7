import numpy as np
import polars as pl
import pytest

from models.estimate import Estimate, Findings
from models.survival.first_use import LANDMARK_DAY, analyse
from models.survival.first_use_cohort import first_use_cohort, indicators, pool_rare, split_at_link

RATIOS = (
    "friend_support_per_sd",
    "friend_support_per_sd_adjusted",
    "linked_to_care",
    "linked_to_care_adjusted",
    "assigned_to_intervention",
)
Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def _trial(people: int = 400, *, support_ratio: float = 0.7, followed: float = 1.0) -> Frames:
    """A made-up trial: more support from friends, later first use; link to care does nothing."""
    random = np.random.default_rng(29)
    person = [f"p{i}" for i in range(people)]
    support = random.integers(0, 15, people)
    standard = (support - support.mean()) / support.std(ddof=1) if people > 1 else support * 0.0
    use = np.ceil(random.exponential(60 / support_ratio**standard))
    lost = np.floor(random.uniform(150, 260, people))
    link = np.ceil(random.exponential(70, people))
    day, used = np.minimum(use, lost), use <= lost
    linked = link <= 200
    known = np.arange(people) < followed * people
    participants = pl.DataFrame(
        {
            "participant_id": person,
            "sex": random.choice(["female", "male"], people),
            "primary_substance": random.choice(["alcohol", "cocaine", "heroin"], people),
            "trial_arm": random.choice(["intervention", "usual_care"], people),
        },
        schema_overrides={"participant_id": pl.String},
    )
    assessments = pl.DataFrame(
        {"participant_id": person, "wave": "baseline", "friend_support": support},
        schema_overrides={"participant_id": pl.String},
    )
    first_use = pl.DataFrame(
        {
            "participant_id": person,
            "outcome": "first_use",
            "day_observed": np.where(known, day, np.nan),
            "event_observed": used,
        },
        schema_overrides={"participant_id": pl.String},
    ).with_columns(pl.col("day_observed").fill_nan(None))
    links = first_use.with_columns(
        outcome=pl.lit("link_to_primary_care"),
        day_observed=pl.Series(np.minimum(link, 200.0)),
        event_observed=pl.Series(linked),
    )
    return participants, assessments, pl.concat([first_use, links])


def _run(frames: Frames) -> Findings:
    return analyse(*frames, population="made_up")


def _by_term(findings: Findings) -> dict[str, Estimate]:
    return {row.term: row for row in findings.estimates}


def _facts(findings: Findings) -> dict[str, float | None]:
    return {row.diagnostic: row.value for row in findings.diagnostics}


def test_a_planted_hazard_ratio_lies_in_its_interval_and_a_missing_one_around_one() -> None:
    found = _by_term(_run(_trial()))

    for term, truth in (
        ("friend_support_per_sd", 0.7),
        ("friend_support_per_sd_adjusted", 0.7),
        ("linked_to_care", 1.0),
        ("assigned_to_intervention", 1.0),
    ):
        row = found[term]
        assert row.estimate is not None
        assert row.std_error is not None
        assert abs(np.log(row.estimate / truth)) < 3 * row.std_error / row.estimate, term
        assert row.std_error < 0.2


def test_people_with_more_support_have_the_longer_median() -> None:
    found = _by_term(_run(_trial()))
    lower, higher = (found[f"median_days_{which}_friend_support"] for which in ("lower", "higher"))

    assert lower.estimate is not None
    assert higher.estimate is not None
    assert lower.estimate < higher.estimate
    assert lower.n_people is not None
    assert higher.n_people is not None
    assert lower.n_people + higher.n_people == 400
    assert "the median of the people followed" in lower.note


def test_nobody_is_credited_with_link_before_it_happened() -> None:
    participants, assessments, _ = _trial(3)
    times = pl.DataFrame(
        {
            "participant_id": ["p0", "p1", "p2"] * 2,
            "outcome": ["first_use"] * 3 + ["link_to_primary_care"] * 3,
            "day_observed": [100.0, 30.0, 80.0, 40.0, 30.0, 50.0],
            "event_observed": [True, True, True, True, True, False],
        }
    )
    rows = split_at_link(first_use_cohort(participants, assessments, times))

    assert rows.select("participant_id", "start", "stop", "event", "linked_now").rows() == [
        ("p0", -np.inf, 40.0, False, 0.0),
        ("p0", 40.0, 100.0, True, 1.0),
        ("p1", -np.inf, 30.0, True, 0.0),  # linked on the very day of use: not linked before it
        ("p2", -np.inf, 50.0, False, 0.0),  # whether linked is known to day 50 only
    ]


def test_associations_are_worded_so_and_the_randomized_line_says_what_chance_decided() -> None:
    found = _by_term(_run(_trial()))

    for term in RATIOS[:4]:
        assert "not an effect" in found[term].note
    assert "Chance decided who was assigned" in found["assigned_to_intervention"].note
    assert "only the people who could be followed" in found["assigned_to_intervention"].note
    assert "intention to treat" in found["assigned_to_intervention"].method


def test_people_not_followed_are_left_out_counted_and_compared_at_baseline() -> None:
    frames = _trial(followed=0.6)
    findings = _run(frames)
    facts = _facts(findings)
    support = frames[1]["friend_support"].to_numpy()

    assert facts["follow_up"] == pytest.approx(0.6)
    assert facts["friend_support_followed"] == pytest.approx(support[:240].mean())
    assert facts["friend_support_lost"] == pytest.approx(support[240:].mean())
    assert _by_term(findings)["friend_support_per_sd"].n_people == 240


def test_people_whose_link_is_unknown_leave_the_link_lines_alone() -> None:
    participants, assessments, times = _trial()
    unknown = (pl.col("outcome") == "link_to_primary_care") & pl.col("participant_id").is_in(
        ["p1", "p2", "p3"]
    )
    findings = _run((participants, assessments, times.filter(~unknown)))
    found = _by_term(findings)

    assert _facts(findings)["people_with_unknown_link"] == 3
    assert found["linked_to_care"].n_people == 397
    assert found["friend_support_per_sd"].n_people == 400


def test_every_ratio_has_its_proportional_hazards_check() -> None:
    facts = _facts(_run(_trial()))

    for term in RATIOS:
        value = facts[f"proportional_hazards_p_{term}"]
        assert value is not None
        assert 0 <= value <= 1
    for ending in ("sex", "primary_substance", "global"):
        for term in ("friend_support_per_sd_adjusted", "linked_to_care_adjusted"):
            assert facts[f"proportional_hazards_p_{term}_{ending}"] is not None


def test_curves_by_support_start_at_zero_and_those_by_link_at_the_landmark() -> None:
    curves = _run(_trial()).curves
    first = {}
    for point in curves:
        first.setdefault(point.curve, point)

    assert set(first) == {
        "lower_friend_support", "higher_friend_support",
        f"linked_by_day_{LANDMARK_DAY}", f"not_linked_by_day_{LANDMARK_DAY}",
    }  # fmt: skip
    assert first["lower_friend_support"].x == 0
    assert first["linked_by_day_60"].x == LANDMARK_DAY
    assert first["linked_by_day_60"].estimate == 0
    assert {point.x_unit for point in curves} == {"days"}


def test_a_median_that_was_not_reached_is_refused() -> None:
    participants, assessments, times = _trial()
    nobody = times.with_columns(event_observed=pl.col("event_observed") & (pl.col("day_observed") < 10))
    found = _by_term(_run((participants, assessments, nobody)))

    for which in ("lower", "higher"):
        row = found[f"median_days_{which}_friend_support"]
        assert row.estimate is None
        assert "median was not reached" in row.note


@pytest.mark.parametrize("people", [0, 1, 9])
def test_fewer_than_ten_people_are_refused_everywhere(people: int) -> None:
    kept = [f"p{i}" for i in range(people)]
    participants, assessments, times = (
        frame.filter(pl.col("participant_id").is_in(kept)) for frame in _trial(10)
    )
    findings = _run((participants, assessments, times))

    assert [row.term for row in findings.estimates][2:] == list(RATIOS)
    assert all(row.estimate is None for row in findings.estimates)
    assert all("Fewer than 10" in row.note for row in findings.estimates)
    assert findings.curves == ()


def test_nobody_linked_is_refused_and_the_other_lines_stand() -> None:
    participants, assessments, times = _trial()
    nobody = times.with_columns(
        event_observed=pl.col("event_observed") & (pl.col("outcome") == "first_use"),
        day_observed=pl.when(pl.col("outcome") == "first_use").then("day_observed").otherwise(300.0),
    )
    found = _by_term(_run((participants, assessments, nobody)))

    for term in ("linked_to_care", "linked_to_care_adjusted"):
        assert found[term].estimate is None
        assert "Fewer than 10 people linked to care" in found[term].note
    assert found["friend_support_per_sd"].estimate is not None


def test_a_study_without_arms_refuses_the_randomized_line_alone() -> None:
    participants, assessments, times = _trial()
    found = _by_term(_run((participants.with_columns(trial_arm=None), assessments, times)))

    assert found["assigned_to_intervention"].estimate is None
    assert found["friend_support_per_sd"].estimate is not None


def test_the_same_support_in_everybody_is_refused() -> None:
    participants, assessments, times = _trial()
    found = _by_term(_run((participants, assessments.with_columns(friend_support=7), times)))

    assert found["friend_support_per_sd"].estimate is None
    assert "Fewer than 10 people had another friend support" in found["friend_support_per_sd"].note
    for which in ("lower", "higher"):
        row = found[f"median_days_{which}_friend_support"]
        assert row.estimate is None
        assert "no two groups" in row.note


def _linked(frames: Frames, people: int) -> Frames:
    """The trial with links of the first `people` on day 1, and of nobody else."""
    participants, assessments, times = frames
    is_link = pl.col("outcome") == "link_to_primary_care"
    few = pl.col("participant_id").is_in([f"p{i}" for i in range(people)])
    return (
        participants,
        assessments,
        times.with_columns(
            event_observed=pl.when(is_link).then(few).otherwise("event_observed"),
            day_observed=pl.when(is_link)
            .then(pl.when(few).then(1.0).otherwise(400.0))
            .otherwise("day_observed"),
        ),
    )


@pytest.mark.parametrize(("people", "given"), [(1, False), (9, False), (14, True)])
def test_a_ratio_never_rests_on_fewer_than_ten_linked_people(people: int, given: bool) -> None:
    found = _by_term(_run(_linked(_trial(), people)))

    assert (found["linked_to_care"].estimate is not None) == given
    assert (found["linked_to_care_adjusted"].estimate is not None) == given


@pytest.mark.parametrize(("people", "given"), [(1, False), (9, False), (14, True)])
def test_a_ratio_never_rests_on_fewer_than_ten_people_of_an_arm(people: int, given: bool) -> None:
    participants, assessments, times = _trial()
    few = pl.col("participant_id").is_in([f"p{i}" for i in range(people)])
    arms = participants.with_columns(
        trial_arm=pl.when(few).then(pl.lit("intervention")).otherwise(pl.lit("usual_care"))
    )

    assert (
        _by_term(_run((arms, assessments, times)))["assigned_to_intervention"].estimate is not None
    ) == given


@pytest.mark.parametrize(("people", "given"), [(1, False), (9, False), (10, True)])
def test_a_ratio_never_rests_on_fewer_than_ten_people_whose_support_differs(people: int, given: bool) -> None:
    participants, assessments, times = _trial()
    few = pl.col("participant_id").is_in([f"p{i}" for i in range(people)])
    supports = assessments.with_columns(friend_support=pl.when(few).then(9).otherwise(7))
    found = _by_term(_run((participants, supports, times)))

    assert (found["friend_support_per_sd"].estimate is not None) == given
    assert (found["median_days_lower_friend_support"].estimate is not None) is False


def test_a_third_arm_is_pooled_into_neither_of_the_two() -> None:
    participants, assessments, times = _trial()
    third = pl.col("participant_id").is_in([f"p{i}" for i in range(100)])
    arms = participants.with_columns(
        trial_arm=pl.when(third).then(pl.lit("waiting_list")).otherwise("trial_arm")
    )
    with_third = _by_term(_run((arms, assessments, times)))["assigned_to_intervention"]
    kept = [frame.filter(~third) for frame in (participants, assessments, times)]
    without = _by_term(_run((kept[0], kept[1], kept[2])))["assigned_to_intervention"]

    assert with_third.n_people == 300
    assert with_third.estimate == without.estimate


def test_a_rare_category_of_an_adjustment_does_not_refuse_the_adjusted_ratio() -> None:
    """One person with a substance of their own and no first use: that category has no finite ratio."""
    participants, assessments, times = _trial()
    alone = pl.col("participant_id") == "p0"
    rare = participants.with_columns(
        primary_substance=pl.when(alone).then(pl.lit("other")).otherwise("primary_substance")
    )
    nothing = times.with_columns(
        event_observed=pl.col("event_observed") & ~(alone & (pl.col("outcome") == "first_use"))
    )
    found = _by_term(_run((rare, assessments, nothing)))

    for term in ("friend_support_per_sd_adjusted", "linked_to_care_adjusted"):
        assert found[term].estimate is not None
        assert found[term].n_people == 400


def test_rare_categories_count_with_the_next_rarest() -> None:
    frame = pl.DataFrame({"sex": ["a"] * 12 + ["b"] * 11 + ["c"] * 6 + ["d"] * 3})
    pooled = pool_rare(frame, ("sex",), 10)["sex"].value_counts().rows()

    assert set(pooled) == {("a", 12), ("b", 20)}  # d with c, and both, still nine, with b
    assert pool_rare(frame.head(5), ("sex",), 10)["sex"].to_list() == ["a"] * 5


@pytest.mark.parametrize("day", [0, 50])
def test_first_uses_all_on_one_day_are_refused_without_a_crash(day: int) -> None:
    participants, assessments, times = _trial()
    is_use = pl.col("outcome") == "first_use"
    one_day = times.with_columns(
        day_observed=pl.when(is_use).then(float(day)).otherwise("day_observed"),
        event_observed=is_use | pl.col("event_observed"),
    )
    found = _by_term(_run((participants, assessments, one_day)))

    for term in ("friend_support_per_sd", "assigned_to_intervention"):
        assert found[term].estimate is None
        assert "nobody to compare" in found[term].note


def test_a_drift_that_cannot_be_tested_has_a_reason_and_no_number() -> None:
    participants, assessments, times = _trial()
    is_use = pl.col("outcome") == "first_use"
    early = pl.col("day_observed") < 40
    one_day = times.with_columns(
        day_observed=pl.when(is_use)
        .then(pl.when(early).then(40.0).otherwise(90.0))
        .otherwise("day_observed"),
        event_observed=pl.when(is_use).then(early).otherwise("event_observed"),
    )
    findings = _run((participants, assessments, one_day))
    check = next(
        row
        for row in findings.diagnostics
        if row.diagnostic == "proportional_hazards_p_friend_support_per_sd"
    )

    assert _by_term(findings)["friend_support_per_sd"].estimate is not None
    assert check.value is None
    assert "no time over which a ratio could drift" in check.detail


def test_the_step_of_support_is_given_in_points() -> None:
    frames = _trial()

    assert _facts(_run(frames))["friend_support_sd"] == pytest.approx(frames[1]["friend_support"].std())


def test_answers_that_are_not_numbers_are_missing_answers() -> None:
    participants, assessments, times = _trial()
    alone = pl.col("participant_id") == "p0"
    support = pl.col("friend_support").cast(pl.Float64)
    holes = [
        assessments.with_columns(friend_support=pl.when(alone).then(hole).otherwise(support))
        for hole in (float("nan"), None)
    ]
    found, expected = (_by_term(_run((participants, frame, times))) for frame in holes)

    assert found == expected
    assert found["friend_support_per_sd"].n_people == 399


def test_indicators_leave_out_the_most_frequent_category() -> None:
    frame = pl.DataFrame({"sex": ["m", "m", "f"], "substance": ["x", "y", "y"]})

    assert indicators(frame, ("sex", "substance")).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert indicators(frame, ()).shape == (3, 0)
    assert indicators(frame.with_columns(sex=pl.lit("m")), ("sex",)).shape == (3, 0)


def test_a_participant_delivered_twice_is_an_error_that_shows_no_value() -> None:
    participants, assessments, times = _trial(20)

    with pytest.raises(ValueError, match="repeats its key") as error:
        _run((pl.concat([participants, participants.head(1)]), assessments, times))
    assert "p0" not in str(error.value)
