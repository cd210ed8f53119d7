"""Our side of the matches: rows for both sides, and the fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from comparison_family_parts.match import Match
from comparison_family_parts.our_analyses import COHORT, Tables
from models.comparison.cluster_sums import codes_of
from models.comparison.clusters import influence_inference
from models.comparison.cohort import AREAS, PROGRAM, cohort
from models.comparison.doubly_robust import TERMS, doubly_robust, expected_outcomes, folds
from models.comparison.penalized_regression import fit as fit_regression
from models.comparison.penalized_regression import predict
from models.comparison.program_scale_fits import SLOPE, ProgramRows, slope_of
from models.mediation.mediator_laws import Law
from models.mediation.natural_effects import How, People
from models.mediation.program_bootstrap import bootstrapped
from models.missing.imputation import imputations
from models.network.acquaintance import pairs_of
from models.network.by_chance import DRAWS, STEPS_BETWEEN
from models.network.degree_preserving_null import draw_null
from models.network.tie_tables import networks
from models.scales import recovery_capital
from models.scales.invariance import measurement_change
from models.scales.item_answers import item_answers
from models.scales.reliability import omega
from models.scales.wide_scores import MODEL, PREDICTORS, WAVES, wide_scores
from models.survival import cox
from models.survival.aalen_johansen import aalen_johansen, incidence_by
from models.survival.helping import ADJUSTED_FOR
from models.survival.helping_answers import arrays, design, in_window, with_covariates
from models.survival.landmark import at_landmark
from models.survival.remission import REMISSION, followed
from models.trajectory.group_curves import Way, group_curves
from models.trajectory.survey_people import survey_people
from models.within_person.hours_odds_and_ranks import PREDICTORS as HOURS
from models.within_person.hours_rows import evenings, model_rows
from models.within_person.two_part.mixed_logistic import fit_logistic
from pipelines.cleaning.scores import spec_of
from pipelines.codebook import load_codebook

REPLICATES = 2000
R_REPLICATES = 100  # of the curves: R is asked for a twentieth of ours
COPIES = 5
POINTS = 9  # of R's quadrature: about as many as ours settles at
DRAWS_OF_MEDIATION = 100
YEARS = 3 * 365.25
COVARIATES = (*(f"asi_{area}_baseline" for area in AREAS), "k6_baseline")
MEDIATOR, OUTCOME = "network_support_abstinence_month_6", "any_problem_alcohol_month_12"
PENALTY = 0.0


def _numbered(x: np.ndarray) -> dict[str, np.ndarray]:
    """Columns x1, x2, ... without the constant."""
    return {f"x{place}": column for place, column in enumerate(x.T, start=1)}


def hazard_ratio(folder: Path) -> Match:
    """H1: the adjusted hazard ratio of those with every answer."""
    at = at_landmark(*Tables(folder).of(*COHORT, "outcome_times"))
    cut = load_codebook().instruments["sos"].cutoff
    assert cut is not None, "the codebook says from which score a person counts as a helper"
    people = with_covariates(in_window(at.followed), cut).drop_nulls(["helper", *ADJUSTED_FOR])
    days, used = arrays(people)
    x = np.column_stack(list(design(people, ADJUSTED_FOR).values()))
    program = codes_of(people[PROGRAM].to_numpy(), "program")

    def fit() -> list[float]:
        found = cox.fit(stop=days, event=used, x=x)
        cox.robust_covariance(found, program)
        drift = cox.proportional_hazards_p(found, range(x.shape[1]))
        assert drift is not None, "events lie on many days"
        return [float(found.beta[0]), float(np.sqrt(found.covariance[0, 0])), drift]

    return Match(
        analysis="H1", ours="Cox, Efron ties, program-robust, drift test", call="cox", settings={}, fit=fit,
        theirs="survival: coxph(cluster), cox.zph",
        rows=pl.DataFrame({"day": days, "used": used.astype(int), "program": program, **_numbered(x)}),
    )  # fmt: skip


def incidence(folder: Path) -> Match:
    """S1: cumulative incidence of remission, death competing."""
    tables = Tables(folder)
    people = followed(tables["outcome_times"], tables["justice_events"], tables["episodes"], None)

    def fit() -> list[float]:
        found = incidence_by(aalen_johansen(people.exits, people.cause), REMISSION, YEARS)
        assert found.std_error is not None, "some reach remission"
        return [found.value, found.std_error]

    return Match(
        analysis="S1", ours="Aalen-Johansen and its error at 3 years", theirs="survival: survfit, summary",
        call="incidence", settings={"day": YEARS}, fit=fit,
        rows=pl.DataFrame({"exit": people.exits, "cause": people.cause}),
    )  # fmt: skip


def imputing(folder: Path) -> Match | None:
    """R1: the scores of three waves, five copies."""
    participants, episodes, programs, assessments = Tables(folder).of(*COHORT)
    people = wide_scores(participants, episodes, programs, assessments, recovery_capital.OUTCOMES)
    if people[PROGRAM].n_unique() > 50:  # a hundred indicators in each of R's regressions take hours
        return None
    scores = [f"{outcome}_{wave}" for outcome in recovery_capital.OUTCOMES for wave in WAVES]
    sweeps = 0

    def fit() -> list[float]:
        nonlocal sweeps
        made = imputations(
            people, variables=(*scores, *PREDICTORS), cluster=PROGRAM, groups=(MODEL,), n_imputations=COPIES,
            seed=1,
        )  # fmt: skip
        sweeps = made.sweeps
        return [float(np.mean([copy["barc10_month_12"].drop_nulls().mean() for copy in made.copies]))]

    fit()
    rows = people.select(PROGRAM, *PREDICTORS, *scores)
    return Match(
        analysis="R1", ours=f"{COPIES} copies, {sweeps} sweeps, levels of programs, until chains agree",
        theirs=f"mice: m = {COPIES}, maxit = {sweeps}, pmm, program a factor", call="impute", rows=rows,
        settings={"copies": COPIES, "sweeps": sweeps}, fit=fit,
        compared="by chance, and R imputes for the dead",
    )  # fmt: skip


def _answers(folder: Path) -> dict[str, np.ndarray]:
    tables = Tables(folder)
    spec = spec_of(load_codebook().instruments["barc10"])
    people = tables["participants"]["participant_id"]
    return item_answers(tables["assessment_items"], {"barc10": spec}, people, WAVES)["barc10"]


def _items(answers: np.ndarray, letter: str) -> dict[str, pl.Series]:
    return {
        f"{letter}{place}": pl.Series(column, nan_to_null=True)
        for place, column in enumerate(answers.T, start=1)
    }


def one_factor(folder: Path) -> Match:
    """R1: omega of BARC-10 at entry, with gaps."""
    answers = _answers(folder)["baseline"]

    def fit() -> list[float]:
        found = omega(answers)
        return [found.value, found.std_error]

    return Match(
        analysis="R1", ours="omega of 10 items with gaps, robust error", call="omega", settings={}, fit=fit,
        theirs='lavaan: missing = "ml", MLR', rows=pl.DataFrame(_items(answers, "a")),
    )  # fmt: skip


def two_waves(folder: Path) -> Match:
    """R1: measurement change of BARC-10 between entry and 12 months."""
    told = _answers(folder)
    first, second = told["baseline"], told["month_12"]

    def fit() -> list[float]:
        return [step.scaled for step in measurement_change(first, second).steps]

    return Match(
        analysis="R1", ours="three levels of measurement change, 20 items with gaps, scaled tests",
        theirs='lavaan: three fits, missing = "ml", MLR, lavTestLRT', call="invariance", settings={}, fit=fit,
        rows=pl.DataFrame({**_items(first, "a"), **_items(second, "b")}),
    )  # fmt: skip


def next_evening(folder: Path) -> Match:
    """P1: no craving after hours with peers and hours of activity."""
    rows = model_rows(evenings(Tables(folder)["diary_days"], HOURS), within=HOURS, between=HOURS)

    def fit() -> list[float]:
        found = fit_logistic(rows)
        return [float(found.beta[1]), float(np.sqrt(found.covariance[1, 1]))]

    return Match(
        analysis="P1", ours="mixed logistic, points raised until still", call="evenings", fit=fit,
        theirs=f"lme4: glmer, nAGQ = {POINTS}", settings={"points": POINTS},
        rows=pl.DataFrame({"y": rows.y, "person": rows.person, **_numbered(rows.x[:, 1:])}),
    )  # fmt: skip


def curves(folder: Path) -> Match:
    """Q1: bootstrap of the curves of three groups and their crossing years."""
    survey = survey_people(Tables(folder)["recovery_surveys"])

    def fit() -> list[float]:
        made = group_curves(survey, {"main": Way()}, replicates=REPLICATES, seed=1)["main"]
        curve = made.groups["without_center"]
        assert not isinstance(curve, str), "there are enough people"
        return [float(np.median(curve.drawn.crossing))]

    told = Tables(folder)["recovery_surveys"].drop_nulls("eurohis_qol8")
    return Match(
        analysis="Q1", ours=f"{REPLICATES} replicates of three splines, knots anew, exact roots",
        theirs=f"Hmisc's basis, lm.wfit, roots on a grid: {R_REPLICATES} replicates, times 20", call="curves",
        settings={"replicates": R_REPLICATES}, share=R_REPLICATES / REPLICATES, fit=fit,
        compared="by chance, and roots on a grid",
        rows=told.select(
            years="years_in_recovery", center=pl.col("attended_center").cast(pl.Int8), score="eurohis_qol8",
            weight="survey_weight",
        ),
    )  # fmt: skip


def _complete(folder: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """People of both arms with every answer, and a design with a constant and standardized covariates."""
    people = (
        cohort(*Tables(folder).of(*COHORT))
        .drop_nulls(["social", "smps_total", OUTCOME, MEDIATOR, *COVARIATES])
        .sort(PROGRAM)
    )
    x = people.select(pl.col(COVARIATES).cast(pl.Float64)).to_numpy()
    return people, np.column_stack([np.ones(people.height), (x - x.mean(axis=0)) / x.std(axis=0)])


def weighted_comparison(folder: Path) -> Match:
    """C1: doubly robust difference of one outcome."""
    people, x = _complete(folder)
    y, social = people[OUTCOME].cast(pl.Float64).to_numpy(), people["social"].cast(pl.Boolean).to_numpy()
    program = codes_of(people[PROGRAM].to_numpy(), "program")
    fold = folds(program, seed=1)

    def fit() -> list[float]:
        expected = expected_outcomes(
            x, y, social, np.ones(y.size, dtype=bool), fold, family="logistic", penalty=PENALTY
        )
        beta = fit_regression(x, social.astype(float), family="logistic", penalty=PENALTY)
        score = predict(x, beta, "logistic")
        found = doubly_robust(y, social, score, expected, family="logistic")
        contrast = influence_inference(found.names, found.estimates, found.influence, program, social)
        contrast.df(np.eye(len(found.names))[0])
        return [float(found.estimates[found.names.index(TERMS["ate"])])]

    return Match(
        analysis="C1", ours="one outcome: AIPW in 5 folds (ATE, ATT, ATO, odds ratio), CR2", call="aipw",
        theirs="glm in 5 folds, AIPW (ATE alone), clubSandwich CR2", fit=fit, settings={},
        rows=pl.DataFrame({
            "y": y, "arm": social.astype(int), "fold": fold, "program": program, **_numbered(x[:, 1:])
        }),
    )  # fmt: skip


def mediated(folder: Path) -> Match:
    """C2: one mediator, one outcome, a hundred resamples."""
    people, x = _complete(folder)
    y, social = people[OUTCOME].cast(pl.Float64).to_numpy(), people["social"].cast(pl.Float64).to_numpy()
    m = people[MEDIATOR].cast(pl.Float64).to_numpy() / 100.0
    of = People(
        exposed=social, covariates=x[:, 1:], mediators=(m,), laws=(Law("normal"),), weights=np.ones(y.size),
        target=np.ones(y.size),
    )  # fmt: skip
    program = people[PROGRAM].to_numpy()

    def fit() -> list[float]:
        found = bootstrapped(of, {"y": y}, ("m",), program, how=How(), draws=DRAWS_OF_MEDIATION, seed=1)["y"]
        assert not isinstance(found, Exception), str(found)
        return [float(found.beta[found.names.index(name)]) for name in ("total", "indirect")]

    return Match(
        analysis="C2", ours=f"total and natural effects, {DRAWS_OF_MEDIATION} draws of programs",
        theirs=f"mediation: mediate(boot), {DRAWS_OF_MEDIATION} draws of people", call="mediate", fit=fit,
        settings={"draws": DRAWS_OF_MEDIATION}, compared="simulated in R",
        rows=pl.DataFrame({"y": y, "arm": social, "m": m, **_numbered(x[:, 1:])}),
    )  # fmt: skip


def by_scale(folder: Path) -> Match:
    """C3: one outcome on the scale's total, a level for each program."""
    people, x = _complete(folder)
    y, score = people[OUTCOME].cast(pl.Float64).to_numpy(), people["smps_total"].to_numpy() / 10.0
    program = codes_of(people[PROGRAM].to_numpy(), "program").astype(np.intp)
    whole = np.column_stack([x[:, 0], score - score.mean(), x[:, 1:]])
    names = ("constant", SLOPE, *(f"x{place}" for place in range(1, x.shape[1])))
    rows = ProgramRows(y=y, x=whole, program=program, names=names)

    def fit() -> list[float]:
        found = slope_of(rows, "logistic").slope
        return [float(found.beta[0]), float(np.sqrt(found.covariance[0, 0]))]

    return Match(
        analysis="C3", ours="one outcome: mixed logistic, 25 points, average difference", call="fidelity",
        theirs="lme4: glmer, nAGQ = 25", fit=fit, settings={"points": 25},
        rows=pl.DataFrame({
            "y": y, "score": score - score.mean(), "program": program, **_numbered(x[:, 1:])
        }),
    )  # fmt: skip


def mutual_by_chance(folder: Path) -> Match:
    """M1: mutual pairs in networks with everybody's numbers of ties."""
    ties = networks(*Tables(folder).of(*COHORT, "support_ties"))
    pairs, kept = pairs_of(ties, "whoever_entered_when")
    odds = np.ones(pairs.classes)
    r_draws = max(1, min(DRAWS, 40_000 // len(kept.giver)))

    def fit() -> list[float]:
        found = draw_null(kept, pairs, odds, draws=DRAWS, steps_between=STEPS_BETWEEN, seed=1)
        return [float(found.mutual.sum(axis=1).mean())]

    return Match(
        analysis="M1", ours=f"{DRAWS} networks of the same degrees, all houses at once", call="null", fit=fit,
        theirs=f"igraph: rewire(keeping_degseq) by house; {r_draws} networks, times {DRAWS / r_draws:.0f}",
        settings={"draws": r_draws}, share=r_draws / DRAWS, compared="by chance",
        rows=pl.DataFrame({
            "giver": kept.giver, "receiver": kept.receiver, "network": kept.network[kept.giver],
        }),
    )  # fmt: skip


PREPARED = (
    weighted_comparison, mediated, by_scale, hazard_ratio, incidence, next_evening, imputing, one_factor,
    two_waves, curves, mutual_by_chance,
)  # fmt: skip
