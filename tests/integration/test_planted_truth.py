"""What the whole pipeline estimates on the demo, beside the truth that the generator planted.

Read from the restricted results, before small cells are withheld; intervals of the comparisons and of what
came after them from the release, as a reader sees them. One data set: single intervals may miss, so what is
promised is that nearly all hold the truth, and that none is far from it. How many are nearly all: of N
intervals of 95%, the 1% quantile of binomial(N, 0.95), for each analysis and for all of them together.
Intervals of one analysis share people and are no independent draws, so that the quantile is a yardstick and
not the error of a test; what is planted was not tuned to what is found.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
import yaml
from scipy.stats import binom

from pipelines.codebook import load_codebook
from pipelines.demo.parameters import DIARY
from pipelines.settings import ROOT, Settings
from pipelines.warehouse import Warehouse

TRUTH = yaml.safe_load((ROOT / "data" / "raw" / "demo_truth.yaml").read_text(encoding="utf-8"))
FAR = 3.5  # standard errors; of some 60 true intervals the farthest lies near 2.6


@pytest.fixture(scope="module")
def estimates(demo: Path) -> pl.DataFrame:
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        found = warehouse.read_where("results.estimates", as_of="2026Q3", population="demo_collaborative")
    return found.filter(pl.col("estimate").is_not_null())


@pytest.fixture(scope="module")
def diagnostics(demo: Path) -> dict[str, float]:
    """By name, what W1 says of how its estimates were reached."""
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        found = warehouse.read_where("results.diagnostics", as_of="2026Q3", analysis="W1")
    return dict(found.select("diagnostic", "value").iter_rows())


@pytest.fixture(scope="module")
def waves(demo: Path) -> pl.DataFrame:
    """Each person's program model, and scores and roles of the three interviews side by side."""
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        tables = {
            name: warehouse.read(f"core.{name}", "2026Q3").filter(source=source)
            for name, source in {
                "programs": "demo_programs",
                "episodes": "demo_outcomes",
                "assessments": "demo_outcomes",
                "roles": "demo_outcomes",
            }.items()
        }
    held = tables["roles"].group_by("participant_id", "wave").agg(roles=pl.col("held").sum())
    people = tables["episodes"].join(tables["programs"].select("program_id", "model"), on="program_id")
    answers = tables["assessments"].join(held, on=["participant_id", "wave"], how="left")
    for wave in ("baseline", "month_6", "month_12"):
        own = answers.filter(wave=wave).select(pl.all().exclude("wave", "source", "delivered_quarter"))
        people = people.join(
            own.rename(lambda c, w=wave: c if c == "participant_id" else f"{c}_{w}"),
            on="participant_id",
            how="left",
        )
    return people


def one(estimates: pl.DataFrame, analysis: str, outcome: str, term: str) -> dict[str, float]:
    asked = (pl.col("analysis") == analysis) & (pl.col("outcome") == outcome) & (pl.col("term") == term)
    (row,) = estimates.filter(asked).to_dicts()
    return row


def distance(row: dict[str, float], truth: float) -> float:
    """How far the truth lies from the estimate, in standard errors read off the interval."""
    half = (row["ci_high"] - row["ci_low"]) / 2
    return abs(row["estimate"] - truth) / (half / 1.96)


def test_w1_finds_the_latent_slopes_behind_the_ceiling(estimates):
    for part in ("within", "between"):
        row = one(estimates, "W1", "meaningfulness", f"recovery_identity_{part}")
        assert "Tobit" in row["method"]
        assert row["ci_low"] <= TRUTH["W1"][part] <= row["ci_high"]


def test_w1_finds_in_its_linear_variant_what_a_linear_model_of_capped_answers_converges_to(
    estimates, diagnostics
):
    limits = TRUTH["W1"]["large_sample"]
    for part in ("within", "between"):
        headline = one(estimates, "W1", "meaningfulness", f"recovery_identity_{part}")
        linear = diagnostics[f"sensitivity_recovery_identity_{part}_linear"]
        assert distance(headline | {"estimate": linear}, limits[f"linear_random_slope_{part}"]) < 2
        assert linear < headline["estimate"], "the ceiling pulls a linear slope below the latent one"


def test_w1_finds_the_same_slope_in_programs_of_each_model_as_was_planted(estimates):
    for model in ("social", "clinical", "mixed"):
        row = one(estimates, "W1", "meaningfulness", f"recovery_identity_within_in_{model}_programs")
        assert row["ci_low"] <= TRUTH["W1"]["within"] <= row["ci_high"], model


def test_w2_finds_the_planted_change_of_the_slope_on_days_with_a_meeting_and_with_a_visit(estimates):
    for moderator in ("attended_meeting", "visited_center"):
        row = one(estimates, "W2", "meaningfulness", f"recovery_identity_by_{moderator}")
        assert row["ci_low"] <= TRUTH["W1"][f"interaction_{moderator}"] <= row["ci_high"], moderator


def test_w2_finds_by_how_much_days_with_a_meeting_and_with_a_visit_were_planted_as_more_meaningful(estimates):
    for moderator, truth in (("attended_meeting", DIARY.meeting), ("visited_center", DIARY.center)):
        row = one(estimates, "W2", "meaningfulness", f"{moderator}_within")
        assert row["ci_low"] <= truth <= row["ci_high"], moderator


def test_w3_finds_the_planted_slopes_of_craving_and_how_its_two_parts_go_together(estimates):
    truth = TRUTH["W3"]["parameters"]
    points = truth["points_per_unit"]
    planted = {
        "any_recovery_identity_within": truth["any_within"],
        "any_recovery_identity_between": truth["any_between"],
        "extent_recovery_identity_between": points * truth["extent_between"],
        "extent_recovery_identity_by_attended_meeting": points * truth["extent_within_by_meeting"],
        "person_effects_correlation": truth["person_correlation"],
    }
    rows = {term: one(estimates, "W3", "craving", term) for term in planted}
    assert {term for term in planted if distance(rows[term], planted[term]) > FAR} == set()
    held = [rows[term]["ci_low"] <= value <= rows[term]["ci_high"] for term, value in planted.items()]
    assert sum(held) >= len(held) - 1


def test_w4_finds_no_link_from_one_day_to_the_next_where_none_was_planted(estimates):
    rows = estimates.filter(pl.col("analysis") == "W4", pl.col("term").str.starts_with("yesterday_"))
    assert rows.height == 4
    assert all(distance(row, 0.0) < FAR for row in rows.to_dicts())
    assert sum(row["ci_low"] <= 0 <= row["ci_high"] for row in rows.to_dicts()) >= 3


def test_v1_intervals_hold_the_planted_rates_differences_and_ratios(estimates):
    held, asked = 0, 0
    for item, terms in TRUTH["V1"]["rates"].items():
        for term, truth in terms.items():
            row = one(estimates, "V1", item, term)
            held, asked = held + (row["ci_low"] <= truth <= row["ci_high"]), asked + 1
            assert distance(row, truth) < FAR or term == "ratio", f"{item}, {term}"
    assert asked == 17 * 4
    assert held / asked >= 0.9


def test_j1_intervals_hold_the_planted_share_returned_at_every_horizon(estimates):
    for years, truth in TRUTH["J1"]["return_incidence"].items():
        term = "within_1_year" if years == 1 else f"within_{years}_years"
        row = one(estimates, "J1", "return_to_prison", term)
        assert row["ci_low"] <= truth <= row["ci_high"], f"{years} years"


def test_a_naive_rate_of_returns_on_record_would_be_too_low(estimates):
    """Returns over people, as bare percentages do, forgets those not followed for the whole three years."""
    row = one(estimates, "J1", "return_to_prison", "within_3_years")
    assert row["n_events"] / row["n_people"] < row["ci_low"]


def test_roles_go_before_civic_activities_as_was_planted_and_not_the_other_way_round(waves):
    for before, after in (("baseline", "month_6"), ("month_6", "month_12")):
        columns = [f"civic_activities_30_{before}", f"roles_{before}"]
        given = waves.drop_nulls([*columns, f"civic_activities_30_{after}", f"roles_{after}"])
        models = given["model"].to_dummies(drop_first=True).to_numpy()
        x = np.column_stack([np.ones(given.height), given.select(columns).to_numpy(), models])
        inverse = np.linalg.inv(x.T @ x)
        planted = (("civic_activities_30", 2, "roles_to_engagement"), ("roles", 1, "engagement_to_roles"))
        for outcome, at, name in planted:
            y = given[f"{outcome}_{after}"].to_numpy().astype(float)
            slopes = inverse @ x.T @ y
            error = np.sqrt(((y - x @ slopes) ** 2).sum() / (len(y) - x.shape[1]) * inverse[at, at])
            assert abs(slopes[at] - TRUTH["V2"][name]) < FAR * error, (name, after)


def test_recovery_capital_grows_by_what_was_planted(waves):
    for outcome, truth in TRUTH["R1"]["outcomes"].items():
        for wave in ("month_6", "month_12"):
            change = waves.select(pl.col(f"{outcome}_{wave}") - pl.col(f"{outcome}_baseline")).to_series()
            error = change.std() / np.sqrt(change.count())
            assert abs(change.mean() - truth[f"change_{wave}"]) < FAR * error, (outcome, wave)


def test_bare_percentages_of_those_reached_mislead_as_far_as_was_planted(waves):
    """Differences by program model, people reached: near the naive truth in each outcome and wave."""
    for outcome, truth in TRUTH["C1"]["outcomes"].items():
        name, wave = outcome.split("_month_")
        if name in ("barc10", "eurohis_qol8"):
            value = pl.col(outcome)
        elif name == "abstinent":
            value = pl.col(f"abstinent_days_30_month_{wave}") == 30
        else:
            value = pl.col(outcome.replace("any_problem", "asi")) > 0
        told = waves.select("model", value=value.cast(pl.Float64)).drop_nulls()
        social, clinical = (told.filter(model=model)["value"] for model in ("social", "clinical"))
        error = np.sqrt(social.var() / len(social) + clinical.var() / len(clinical))
        assert abs(social.mean() - clinical.mean() - truth["naive_reached"]) < FAR * error, outcome


def planted() -> dict[str, dict[tuple[str, str], float]]:
    """By analysis, the true value of each main term by outcome and term."""
    direct = ("total", "direct", "indirect")
    mediated = tuple(f"indirect_{m}" for m in ("twelve_step_activities", "network_support_abstinence"))
    h1, p1, q1, v2 = (TRUTH[name] for name in ("H1", "P1", "Q1", "V2"))
    large = h1["large_sample"]
    social, clinical = (TRUTH["M1"]["models"][kind] for kind in ("social", "clinical"))
    groups = {"": "everybody", "_with_center": "with_center", "_without_center": "without_center"}
    slopes = {
        "civic_activities_30": ("roles_to_engagement", v2["roles_to_engagement"]),
        "roles_held": ("engagement_to_roles", v2["engagement_to_roles"]),
    }
    return {
        "C1": {
            (outcome, "social_minus_clinical"): truth["ate_trimmed"]
            for outcome, truth in TRUTH["C1"]["outcomes"].items()
        },
        "C2": {
            (outcome, term): truth[term]
            for outcome, truth in TRUTH["C2"]["outcomes"].items()
            for term in (*direct, *mediated)
        },
        "C3": {
            (outcome, "smps_total_per_10_points"): truth["log_odds_per_10_points"]
            for outcome, truth in TRUTH["C3"]["outcomes"].items()
        },
        "H1": {
            ("first_use", "helping_adjusted"): h1["helping_adjusted"],
            ("first_use", "helping"): large["hazard_ratio_without_meetings"],
            **{
                ("first_use", term): large[term]
                for term in ("helpers_12_months", "others_12_months", "restricted_mean_difference")
            },
        },
        "S1": {
            ("sustained_remission", f"within_{years}"): TRUTH["S1"]["large_sample"][f"within_{years}"]
            for years in ("1_year", "3_years", "5_years")
        },
        "P1": {
            ("evening_without_craving", f"{hours}_{part}_per_sd"): p1[f"{hours}_{part}_per_sd"]
            for hours in ("peer_hours", "meaningful_hours")
            for part in ("within", "between")
        }
        | {
            ("abstinent_at_next_interview", f"{hours}_per_sd"): p1[f"{hours}_abstinent_later_per_sd"]
            for hours in ("peer_hours", "meaningful_hours")
        },
        "R1": {
            (outcome, term): value
            for outcome, truth in TRUTH["R1"]["outcomes"].items()
            for term, value in truth.items()
            if term.startswith(("change_", "reliably_", "at_least_"))
        },
        "Q1": {
            ("eurohis_qol8", f"{term}{group}"): q1[name][term]
            for group, name in groups.items()
            for term in ("dip_depth", "turning_point_years", "crossing_years")
        },
        "V2": {
            (outcome, f"{term}{wave}"): value
            for outcome, (term, value) in slopes.items()
            for wave in ("", "_month_6", "_month_12")
        },
        "M1": {
            (wave, f"reciprocity{end}"): value
            for wave in ("month_6", "month_12")
            for end, value in {
                "_in_social_programs": social["reciprocity"],
                "_in_clinical_programs": clinical["reciprocity"],
                "_social_minus_clinical": social["reciprocity"] - clinical["reciprocity"],
            }.items()
        },
    }


@pytest.fixture(scope="module")
def released(demo: Path) -> dict[tuple[str, str, str], dict[str, float]]:
    """Intervals of the release by analysis, outcome and term; none where it shows none."""
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with duckdb.connect(settings.warehouse, read_only=True) as connection:
        found = connection.sql(
            "SELECT * FROM results.estimates WHERE as_of = '2026Q3' AND ci_low IS NOT NULL "
            "AND population IN ('demo_collaborative', 'demo_survey')"
        ).pl()
    return {(row["analysis"], row["outcome"], row["term"]): row for row in found.to_dicts()}


def holds(row: dict[str, float], truth: float) -> bool:
    """Whether an interval holds a value; one without an upper limit has none."""
    return row["ci_low"] <= truth and (row["ci_high"] is None or truth <= row["ci_high"])


def held(released: dict[tuple[str, str, str], dict[str, float]], analysis: str) -> list[bool]:
    terms = planted()[analysis]
    shown = {key: released[analysis, *key] for key in terms if (analysis, *key) in released}
    assert len(shown) >= 0.8 * len(terms), "the release shows most of them"
    return [holds(row, terms[key]) for key, row in shown.items()]


@pytest.mark.parametrize("analysis", sorted(planted()))
def test_nearly_all_released_intervals_hold_the_planted_truth(released, analysis):
    found = held(released, analysis)
    assert sum(found) >= binom.ppf(0.01, len(found), 0.95)


def test_of_all_released_intervals_together_nearly_all_hold_the_planted_truth(released):
    found = [one for analysis in planted() for one in held(released, analysis)]
    assert len(found) > 110
    assert sum(found) >= binom.ppf(0.01, len(found), 0.95)


def test_confounding_pulls_bare_differences_its_own_way_and_leaves_ours_where_they_are(released):
    """Over outcomes as a whole: single ones err by chance as far as confounding pulls them.

    The pull is known for each outcome, by its size and its sign. Errors are taken along it, in shares of it;
    their mean is 1 for bare percentages of those reached, and 0 where confounding is taken out.
    """
    pulled: dict[str, list[float]] = {"social_minus_clinical": [], "unadjusted_social_minus_clinical": []}
    weights = []
    for outcome, truth in TRUTH["C1"]["outcomes"].items():
        pull = truth["naive_reached"] - truth["ate_trimmed"]
        if outcome.startswith(("barc10", "eurohis")) or abs(pull) < 0.03:
            continue
        weights.append(pull)
        for term, errors in pulled.items():
            errors.append(released["C1", outcome, term]["estimate"] - truth["ate_trimmed"])
    assert len(weights) == 12
    along = {term: np.dot(errors, weights) / np.dot(weights, weights) for term, errors in pulled.items()}
    assert abs(along["social_minus_clinical"]) < 0.5 * along["unadjusted_social_minus_clinical"]
    assert along["unadjusted_social_minus_clinical"] > 0.4


def test_engagement_goes_not_before_roles_where_none_was_planted_and_roles_do_go_before_it(released):
    back, forth = (
        released["V2", outcome, term]
        for outcome, term in (
            ("roles_held", "engagement_to_roles"), ("civic_activities_30", "roles_to_engagement"),
        )
    )  # fmt: skip
    assert TRUTH["V2"]["engagement_to_roles"] == 0.0
    assert holds(back, 0.0)
    assert forth["ci_low"] > 0.0
    assert holds(forth, TRUTH["V2"]["roles_to_engagement"])


def test_as_many_people_of_each_kind_of_program_give_and_receive_as_was_planted(estimates):
    """Waves put together, as the truth is: with fewer interviewed at 12 months, fewer do both."""
    for kind in ("social", "clinical"):
        rows = [
            one(estimates, "M1", wave, f"share_give_and_receive_in_{kind}_programs")
            for wave in ("month_6", "month_12")
        ]
        both, people = (sum(row[name] for row in rows) for name in ("n_events", "n_people"))
        error = max(row["std_error"] for row in rows)
        truth = TRUTH["M1"]["models"][kind]["give_and_receive"]
        assert abs(both / people - truth) < FAR * error, kind


def test_help_goes_both_ways_beyond_chance_where_returning_it_was_planted(released):
    for wave in ("month_6", "month_12"):
        social, apart = (
            released["M1", wave, f"reciprocity_beyond_chance_{end}"]
            for end in ("in_social_programs", "social_minus_clinical")
        )
        assert social["ci_low"] > 0.0
        assert apart["estimate"] > 0.0
