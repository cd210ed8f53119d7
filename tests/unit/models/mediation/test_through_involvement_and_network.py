"""C2 end to end: what it tells of a collaborative, and that it names a reason where it cannot tell."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from models.estimate import Findings
from models.inference.coefficients import Inference
from models.mediation.mediation_answers import NAMES, OUTCOMES
from models.mediation.mediation_rows import SHARE, TERMS, estimates_of, share_mediated
from models.mediation.through_involvement_and_network import analyse
from models.refusal import NotIdentifiedError
from pipelines.demo.collaborative import draw

Frames = dict[str, pl.DataFrame]


def findings(frames: Frames) -> Findings:
    return analyse(
        frames["participants"], frames["episodes"], frames["programs"], frames["assessments"],
        population="simulated", n_imputations=2, draws=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def frames() -> Frames:
    return dict(draw(11, 420))


@pytest.fixture(scope="module")
def told(frames: Frames) -> Findings:
    return findings(frames)


def row(told: Findings, outcome: str, term: str):
    (one,) = [one for one in told.estimates if (one.outcome, one.term) == (outcome, term)]
    return one


def test_every_outcome_has_every_term_once_as_a_probability_or_a_reason(told):
    assert told.analysis == "C2"
    keys = [(one.outcome, one.term) for one in told.estimates]
    assert sorted(keys) == sorted((outcome, term) for outcome in OUTCOMES for term in (*TERMS, SHARE))
    for one in told.estimates:
        assert one.estimate is not None or one.note
        if one.estimate is not None and one.term != SHARE:
            assert -1 < one.ci_low < one.estimate < one.ci_high < 1
            assert one.df is not None and one.df <= 8


def test_direct_and_indirect_parts_add_up_to_the_total_after_pooling(told):
    for outcome in OUTCOMES:
        value = {term: row(told, outcome, term).estimate for term in TERMS}
        assert value["direct"] + value["indirect"] == pytest.approx(value["total"], abs=1e-12)
        assert sum(value[f"path_{name}"] for name in NAMES) == pytest.approx(value["indirect"], abs=1e-12)


def test_sensitivity_stands_beside_every_effect(told):
    names = {(one.outcome, one.diagnostic): one for one in told.diagnostics}
    for outcome in OUTCOMES:
        for term in TERMS:
            for way in ("complete_cases", "attrition_weighted"):
                one = names[outcome, f"sensitivity_{term}_{way}"]
                assert one.value is not None and one.ci_low < one.value < one.ci_high
        for name in NAMES:
            assert -1 < names[outcome, f"correlation_to_cancel_indirect_{name}"].value < 1
        needed = names[outcome, "confounding_to_cancel_indirect"].value
        assert needed**2 == pytest.approx(abs(row(told, outcome, "indirect").estimate), abs=1e-12)
    assert any(one.diagnostic.startswith("gate_") for one in told.diagnostics)


def test_the_same_data_give_the_same_answer(frames, told):
    again = findings(frames)
    assert [one.estimate for one in again.estimates] == [one.estimate for one in told.estimates]
    assert [one.ci_low for one in again.estimates] == [one.ci_low for one in told.estimates]


def test_a_mediator_few_answered_holds_back_every_outcome_though_all_were_interviewed(frames):
    few = with_assessments(
        frames,
        at_wave(
            "month_6", "network_support_abstinence",
            pl.when(pl.int_range(pl.len()) % 5 > 1).then(None).otherwise("network_support_abstinence"),
        ),
    )  # fmt: skip
    told = findings(few)
    gates = {(one.outcome, one.diagnostic): one.value for one in told.diagnostics}
    for outcome in OUTCOMES:
        assert gates[outcome, "gate_follow_up"] == 1.0
        assert gates[outcome, "gate_answers"] == 0.0
        assert row(told, outcome, "total").estimate is None
        assert "answered this question" in row(told, outcome, "total").note


def inference(total: float, indirect: float, *, error: float = 0.02) -> Inference:
    beta = np.zeros(len(TERMS))
    beta[TERMS.index("total")], beta[TERMS.index("indirect")] = total, indirect
    return Inference(
        names=TERMS,
        beta=beta,
        covariance=np.eye(len(TERMS)) * error**2,
        df=lambda contrast: 8.0,
        rule="given",
    )


def test_a_share_is_told_with_fiellers_interval_where_the_total_is_clear():
    share, low, high = share_mediated(inference(-0.12, -0.06))
    assert share == pytest.approx(0.5)
    critical = 2.306004
    for limit in (low, high):  # at either limit, indirect - limit total is exactly at its critical value
        assert abs(-0.06 + 0.12 * limit) / (0.02 * np.hypot(1, limit)) == pytest.approx(critical, abs=1e-5)
    assert low < share < high


@pytest.mark.parametrize(
    ("total", "indirect", "reason"),
    [(-0.04, -0.02, "not clearly different"), (-0.12, 0.03, "opposite"), (-0.12, -0.14, "opposite")],
)
def test_a_share_without_meaning_is_refused(total, indirect, reason):
    with pytest.raises(NotIdentifiedError, match=reason):
        share_mediated(inference(total, indirect))
    rows = estimates_of(inference(total, indirect), "any", population="p", n_people=50, n_rows=40)
    assert rows[-1].term == SHARE and rows[-1].estimate is None and reason in rows[-1].note


def with_assessments(frames: Frames, *columns: pl.Expr) -> Frames:
    return frames | {"assessments": frames["assessments"].with_columns(*columns)}


def without_wave(frames: Frames, wave: str) -> Frames:
    return frames | {"assessments": frames["assessments"].filter(pl.col("wave") != wave)}


def at_wave(wave: str, column: str, value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("wave") == wave).then(value).otherwise(pl.col(column)).alias(column)


NONE = pl.lit(None, pl.Float64)
SPOILED: dict[str, Callable[[Frames], Frames]] = {
    "nobody": lambda f: {name: frame.clear() for name, frame in f.items()},
    "ten people": lambda f: f | {"participants": f["participants"].head(10)},
    "no clinical program": lambda f: f | {"programs": f["programs"].filter(pl.col("model") != "clinical")},
    "one program of a kind": lambda f: f | {
        "programs": f["programs"].filter((pl.col("model") != "social") | (pl.col("program_id") == "P01"))
    },
    "two programs of a kind": lambda f: f | {
        "programs": f["programs"].filter(~pl.col("program_id").is_in(["P03", "P04", "P05"]))
    },
    "no second follow-up": lambda f: without_wave(f, "month_12"),
    "no first follow-up": lambda f: without_wave(f, "month_6"),
    "nobody told of the network": lambda f: with_assessments(
        f, at_wave("month_6", "network_support_abstinence", NONE)
    ),
    "a network alike for all": lambda f: with_assessments(
        f, at_wave("month_6", "network_support_abstinence", pl.lit(50.0))
    ),
    "activities beyond their range": lambda f: with_assessments(
        f, at_wave("month_6", "twelve_step_activities", pl.col("twelve_step_activities") * 1e6)
    ),
    "answers that are no numbers": lambda f: with_assessments(
        f, at_wave("month_6", "network_support_abstinence", pl.lit(float("nan"))),
        at_wave("month_12", "asi_alcohol", pl.lit(float("inf"))),
    ),
    "everybody abstinent": lambda f: with_assessments(
        f, at_wave("month_12", "abstinent_days_30", pl.lit(30)),
    ),
    "no baseline": lambda f: without_wave(f, "baseline"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_frames_that_cannot_tell_get_reasons_and_no_traceback(frames, case):
    found = findings(SPOILED[case](frames))
    assert len(found.estimates) == len(OUTCOMES) * (len(TERMS) + 1)
    for one in found.estimates:
        assert one.estimate is not None or one.note.endswith(".")
    refused = {one.outcome for one in found.estimates if one.term == "total" and one.estimate is None}
    if case == "everybody abstinent":
        assert refused == {"abstinent_month_12"}
    elif case != "no baseline":
        assert refused == set(OUTCOMES)
