"""Simulated collaboratives for the comparison of social and clinical programs, analyzed as the pipeline does.

    python tests/simulation/whole_comparison.py FOLDER [sets]

draws and answers the sets that FOLDER does not hold yet (some five seconds of one core each, with nothing
else running; a second such process shares the work), and writes whole_comparison.json beside this file of
all that it then holds. Each set is a collaborative of 600 people in twelve programs by the law of the
demonstration data, in two worlds: `main`, in which programs work and their people differ, and `placebo`, in
which programs change nothing and their people differ just as much. Everything missing is imputed at once,
twenty times; all ten outcomes at 12 months are answered, gates and claims included. Only seeds are the set's
own.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np
import yaml

import models.comparison.comparison_rows as rows
import models.comparison.social_and_clinical as analysis
from models.comparison import claim_rows
from models.comparison.claims import TESTS, Difference, Seen, judged
from models.comparison.comparison_rows import Told
from models.comparison.doubly_robust import LOG_ODDS, TERMS
from models.comparison.imputed_cohort import IMPUTATIONS, imputed_cohort
from models.comparison.margins import margin_of
from models.comparison.multiplicity import holm
from models.comparison.outcome_answers import MAIN, UNADJUSTED
from models.inference.coefficients import Inference
from models.inference.contrast import contrast_of
from models.refusal import NotIdentifiedError
from pipelines.demo import large_sample
from pipelines.demo.collaborative import draw

STORED: Final = Path(__file__).with_name("whole_comparison.json")
TRUTHS: Final = yaml.safe_load(Path(large_sample.__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
WAVE, PEOPLE, SETS = "month_12", 600, 500
SEED: Final = {"main": 700_000, "placebo": 900_000}
TABLES: Final = ("participants", "episodes", "programs", "assessments")
COLUMNS: Final = tuple(outcome.column for outcome in analysis.outcomes(WAVE))
TRUE_TERMS: Final = {
    UNADJUSTED: "ate", MAIN: "ate_trimmed", TERMS["att"]: "att", TERMS["overlap"]: "overlap",
    LOG_ODDS: "odds_ratio",
}  # fmt: skip
LEVEL: Final = 0.05
FIRST_KEPT: Final = 4  # sets whose answers are stored one by one
KINDS: Final[dict[str, tuple[str, ...]]] = {
    "better or worse": ("better", "worse"), **{test: (test,) for test in TESTS}
}  # fmt: skip
Set = dict[str, Any]


def answered(number: int, world: str) -> Set:
    """All that is kept of one set: by outcome the answers before any gate, the claims, and what was shown.

    An answer is its estimate, standard error, degrees of freedom, limits and p-value. Coefficients are caught
    on their way to the rows of the analysis; what is claimed and shown is read from those rows. For time,
    complete cases, the negative control and the bias that undoes a claim are left out: nothing hangs on them.
    """
    seed = SEED[world] + number
    drawn = draw(seed, PEOPLE, effects=world == "main")
    frames = [drawn[name] for name in TABLES]
    told: dict[str, Told] = {}
    reached: dict[str, Inference] = {}

    def keep_told(of: Any, outcome: Any, **named: Any) -> Told:
        told[outcome.column] = rows.told_outcome(of, outcome, **named)
        return told[outcome.column]

    weighted = rows.attrition_weighted

    def keep_reached(of: Any, outcome: Any) -> Inference:
        reached[outcome.column] = weighted(of, outcome)
        return reached[outcome.column]

    with (
        mock.patch.object(analysis, "WAVES", (WAVE,)),
        mock.patch.object(analysis, "told_outcome", keep_told),
        mock.patch.object(rows, "attrition_weighted", keep_reached),
        mock.patch.object(rows, "complete_cases", _left_out),
        mock.patch.object(analysis, "control_facts", lambda *_, **__: ()),
        mock.patch.object(claim_rows, "undone_by", lambda *_: None),
    ):
        found = analysis.analyse(
            *frames, population="simulated", seed=seed, imputed=imputed_cohort(*frames, seed=seed)
        )
    facts = {(fact.outcome, fact.diagnostic): fact for fact in found.diagnostics}
    common = ("imputation_sweeps", "people_compared", "balance_largest_ate", "effective_sample_size_ate")
    kept: Set = {name: facts[WAVE, name].value for name in common if (WAVE, name) in facts}
    kept["outcomes"] = {column: _outcome(column, told, reached, found, facts) for column in COLUMNS}
    return kept


def _left_out(*_: Any, **__: Any) -> Any:
    raise NotIdentifiedError("left out, for time")


def _outcome(
    column: str, told: dict[str, Told], reached: dict[str, Inference], found: Any, facts: dict[Any, Any]
) -> Set:
    shown = {row.term: row for row in found.estimates if row.outcome == column}
    own = {name: fact.value for (outcome, name), fact in facts.items() if outcome == column}
    kept_facts = ("claim_", "holm_p_", "margin_", "monte_carlo_", "rubin_", "fraction_", "gate_", "bias_that",
                  "answered_rate")  # fmt: skip
    kept: Set = {
        "held back": sorted(term for term, row in shown.items() if row.estimate is None),
        "note": (shown[MAIN].note or "").split(":")[0]
        if shown[MAIN].estimate is not None
        else shown[MAIN].note,
        "words": (shown[MAIN].note or "")[:110],
        "facts": {name: value for name, value in own.items() if name.startswith(kept_facts)},
        "answers": {},
    }
    plain = (
        next((row for row in told[column].estimates if row.term == UNADJUSTED), None)
        if column in told
        else None
    )
    if plain is not None and plain.estimate is not None:
        kept["answers"]["unadjusted"] = {
            UNADJUSTED: [
                plain.estimate,
                plain.std_error,
                plain.df,
                plain.ci_low,
                plain.ci_high,
                plain.p_value,
            ]
        }
    answer = told[column].answer if column in told else None
    ways = {} if answer is None else {"main": answer.inference, "rubin": answer.rubin.inference}
    if column in reached:
        ways["attrition weighted"] = reached[column]
    for way, inference in ways.items():
        kept["answers"][way] = {
            name: _numbers(inference, name) for name in (*TERMS.values(), LOG_ODDS) if name in inference.names
        }
    return kept


def _numbers(inference: Inference, name: str) -> list[float] | str:
    try:
        one = contrast_of(inference, {name: 1.0})
    except NotIdentifiedError as reason:
        return str(reason)
    return [one.estimate, one.std_error, one.df, one.low, one.high, one.p_value]


def draw_into(folder: Path, numbers: Iterable[int]) -> None:
    """Answer what is lacking, both worlds in turn; a set begun elsewhere is passed over."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        for world in SEED:
            target = folder / f"{world}_{number}.json"
            begun = target.with_suffix(".begun")
            if target.exists():
                continue
            try:
                begun.touch(exist_ok=False)
            except FileExistsError:
                continue
            try:
                kept = answered(number, world)
                part = target.with_suffix(".part")
                part.write_text(json.dumps(kept), encoding="utf-8")
                part.rename(target)
            finally:
                begun.unlink()


def truth(world: str, column: str, term: str) -> float:
    """What is so in a world; odds ratios as logarithms."""
    if world == "placebo":
        return 0.0
    value = float(TRUTHS[f"C1_{column}"][TRUE_TERMS[term]])
    return float(np.log(value)) if term == LOG_ODDS else value


def gain(world: str, column: str) -> float:
    """Find how much better everybody would truly fare in social programs."""
    return truth(world, column, MAIN) * (1.0 if margin_of(column).better == "higher" else -1.0)


def is_so(test: str, world: str, column: str) -> bool:
    """Whether a claim is so; no scale differs in truth, so that points need no margin."""
    true, margin = gain(world, column), margin_of(column).size
    return {"better": true > 0.0, "worse": true < 0.0,
            "not worse": true > -margin, "not better": true < margin}[test]  # fmt: skip


def summarized(rows: list[list[float]], true: float) -> dict[str, float]:
    """Bias and its Monte Carlo error, spread, mean standard error, degrees of freedom and coverage over sets.

    `below` and `above` are the shares of intervals that lie wholly on one side of the truth. Of rows without
    an interval (NaN) only the estimate counts; `with_interval` are the others.
    """
    values = np.array(rows, dtype=float)
    estimate, (_, error, df, low, high, p) = values[:, 0], values[np.isfinite(values).all(axis=1)].T
    spread = float(estimate.std(ddof=1))
    told = {
        "truth": true, "bias": float(estimate.mean()) - true,
        "monte_carlo_error": spread / float(np.sqrt(len(estimate))), "spread": spread,
        "standard_error": float(np.sqrt((error**2).mean())), "df": float(df.mean()),
        "coverage": float(((low <= true) & (true <= high)).mean()), "below": float((high < true).mean()),
        "above": float((low > true).mean()), "p_below_05": float((p < LEVEL).mean()),
        "sets": len(estimate), "with_interval": len(error),
    }  # fmt: skip
    return {name: round(value, 5) for name, value in told.items()}


def answers_of(world: str, sets: list[Set]) -> dict[str, dict[str, float]]:
    """Summary of every answer, `<outcome> <term> <way>`, before gates."""
    rows: dict[tuple[str, str, str], list[list[float]]] = {}
    for one in sets:
        for column, own in one["outcomes"].items():
            for way, terms in own["answers"].items():
                for term, numbers in terms.items():
                    if not isinstance(numbers, str):
                        rows.setdefault((column, term, way), []).append(numbers)
    return {
        f"{column} {term} {way}": summarized(rows[column, term, way], truth(world, column, term))
        for column, term, way in sorted(rows)
    }


def holds(own: Set, test: str) -> bool:
    """Whether one outcome of a set is claimed to pass a test."""
    return own["facts"].get(f"claim_{test.replace(' ', '_')}_{MAIN}", 0.0) == 1.0


def claims_of(world: str, sets: list[Set]) -> dict[str, Any]:
    """How often something false is claimed of any of the ten outcomes, and how often each what is so."""
    told: dict[str, Any] = {"sets": len(sets)}
    told["any false"] = {
        kind: _share(
            any(
                holds(own, test) and not is_so(test, world, column)
                for column, own in one["outcomes"].items() for test in tests
            )
            for one in sets
        )
        for kind, tests in KINDS.items()
    }  # fmt: skip
    null = [column for column in COLUMNS if gain(world, column) == 0.0]
    told["any of those that do not differ below .05"] = {
        "by its own p-value": _share(
            any(_p(one["outcomes"][column]) < LEVEL for column in null) for one in sets
        ),
        "by Holm's rule on the main row alone": _share(
            any(
                one["outcomes"][column]["facts"].get(f"holm_p_{MAIN}", 1.0) < LEVEL for column in null
            )
            for one in sets
        ),
    }  # fmt: skip
    told["by outcome"] = {
        column: {"gain": round(gain(world, column), 5)}
        | {test: _share(holds(one["outcomes"][column], test) for one in sets) for test in TESTS}
        | {"similar": _share(
            holds(one["outcomes"][column], "not worse") and holds(one["outcomes"][column], "not better")
            and not holds(one["outcomes"][column], "better") and not holds(one["outcomes"][column], "worse")
            for one in sets
        )}
        for column in COLUMNS
    }  # fmt: skip
    words = Counter(own["words"].split(". ")[0] for one in sets for own in one["outcomes"].values())
    told["words"] = {text[:80]: round(n / len(sets) / len(COLUMNS), 5) for text, n in words.most_common()}
    return told


def by_rubin_alone(world: str, sets: list[Set]) -> dict[str, Any]:
    """How often anything false passes the part of the rule that asks Rubin's rules: no claim passes without.

    So an upper bound on false claims, and on power. Beside it what the same rule on differences would say of
    the groups as they stand, not made alike.
    """
    passed = [_passed(one) for one in sets]
    null = [column for column in COLUMNS if gain(world, column) == 0.0]
    return {
        "sets": len(sets),
        "any false": {
            kind: _share(
                any(
                    test in one[column] and not is_so(test, world, column)
                    for column in COLUMNS
                    for test in tests
                )
                for one in passed
            )
            for kind, tests in KINDS.items()
        },
        "by outcome": {
            column: {test: _share(test in one[column] for one in passed) for test in TESTS}
            for column in COLUMNS
        },
        "any false difference of unadjusted means": _share(
            any(p < LEVEL for column, p in _holm_unadjusted(one).items() if column in null) for one in sets
        ),
    }


def _passed(one: Set) -> dict[str, frozenset[str]]:
    """Tests that each outcome of a set passes by Rubin's rules, with Holm's allowance."""
    family: dict[str, Difference | None] = {}
    for column, own in one["outcomes"].items():
        numbers = own["answers"].get("rubin", {}).get(MAIN)
        if numbers is None or isinstance(numbers, str) or MAIN in own["held back"]:
            family[column] = None
            continue
        seen = Seen(estimate=numbers[0], std_error=numbers[1], df=numbers[2])
        family[column] = Difference(
            main=seen, rubin=seen, drawn=0.0, margin=own["facts"].get(f"margin_{MAIN}"),
            better=margin_of(column).better,
        )  # fmt: skip
    return {column: frozenset(found.holds) for column, found in judged(family).items()}


def _share(those: Any) -> float:
    return round(float(np.mean([bool(one) for one in those])), 5)


def _p(own: Set) -> float:
    found = own["answers"].get("main", {}).get(MAIN)
    return 1.0 if found is None or isinstance(found, str) else float(found[5])


def _holm_unadjusted(one: Set) -> dict[str, float]:
    p = {
        column: float(own["answers"]["unadjusted"][UNADJUSTED][5]) if "unadjusted" in own["answers"] else 1.0
        for column, own in one["outcomes"].items()
    }
    return dict(zip(p, holm([*p.values()]), strict=True))


def stored_of(by_world: dict[str, list[Set]]) -> dict[str, Any]:
    """Everything that is stored."""
    told: dict[str, Any] = {
        "command": "python tests/simulation/whole_comparison.py FOLDER", "people": PEOPLE, "wave": WAVE,
        "copies": IMPUTATIONS, "sets": {world: len(sets) for world, sets in by_world.items()},
    }  # fmt: skip
    for world, sets in by_world.items():
        back = Counter(
            own["note"] for one in sets for own in one["outcomes"].values() if MAIN in own["held back"]
        )
        told[world] = {
            "outcomes held back": dict(sorted(back.items())),
            "answers": answers_of(world, sets),
            "first sets": [
                {column: own["answers"]["main"][MAIN][:2] for column, own in one["outcomes"].items()}
                for one in sets[:FIRST_KEPT]
            ],
            "claims": claims_of(world, [one for one in sets if not one.get("before")]),
            "claims by Rubin's rules alone": by_rubin_alone(world, sets),
        }
    return told


def kept_in(folder: Path) -> dict[str, list[Set]]:
    """Sets of a folder by world, in the order of their numbers."""
    have = {
        world: sorted(int(path.stem.split("_")[1]) for path in folder.glob(f"{world}_*.json"))
        for world in SEED
    }
    return {
        world: [
            json.loads((folder / f"{world}_{number}.json").read_text(encoding="utf-8")) for number in numbers
        ]
        for world, numbers in have.items()
    }


def in_lines(told: Any, depth: int = 0) -> str:
    """JSON of which every innermost table is a line."""
    if not isinstance(told, dict) or not any(isinstance(value, dict) for value in told.values()):
        return json.dumps(told)
    pad = " " * (depth + 1)
    inner = ",\n".join(
        f"{pad}{json.dumps(name)}: {in_lines(value, depth + 1)}" for name, value in told.items()
    )
    return f"{{\n{inner}\n{' ' * depth}}}"


if __name__ == "__main__":
    draw_into(Path(sys.argv[1]), range(int(sys.argv[2]) if len(sys.argv) > 2 else SETS))
    STORED.write_text(in_lines(stored_of(kept_in(Path(sys.argv[1])))) + "\n", encoding="utf-8")
