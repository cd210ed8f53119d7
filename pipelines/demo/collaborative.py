"""One collaborative as analysis frames, drawn fast: for simulation studies that need hundreds of them.

The laws are those by which the files of the demo are written. Here everybody has been followed for a year,
nothing is spoiled, and nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.scales.score import score
from pipelines.cleaning.scores import spec_of
from pipelines.codebook import load_codebook
from pipelines.codebook.spec import Codebook, Instrument
from pipelines.codebook.to_polars import enforce
from pipelines.demo.chance import Floats, stream
from pipelines.demo.followup import ANSWERED, SKIPPED, Occasion, draw_occasions
from pipelines.demo.interviews import scored_instruments
from pipelines.demo.justice import Fates, draw_fates
from pipelines.demo.measures import Bools, Entrants, draw_waves
from pipelines.demo.parameters import WORLD, World
from pipelines.demo.people import HOUSES, Intake, draw_intake
from pipelines.demo.programs import draw_scales, levels_of_care, model_names

POPULATION = "demo_collaborative"
_SOURCE, _QUARTER = "drawn_collaborative", "2026Q3"
_STAMP = ("source", "delivered_quarter")


def draw(
    seed: int, people: int, *, programs: int = 12, effects: bool = True, items: bool = False
) -> Mapping[str, pl.DataFrame]:
    """Draw one collaborative.

    Parameters
    ----------
    seed
        Seed of all random numbers; the same arguments draw the same frames.
    people
        How many participants, all of them with a first episode and a year behind them.
    programs
        How many programs. Beyond twelve, models and levels of care repeat in the order of the twelve.
    effects
        False draws the placebo world (`World.without_effects`): confounding and loss to follow-up stay.
    items
        Whether to add `assessment_items`, the answers behind the scores.

    Returns
    -------
    mapping of str to polars.DataFrame
        `participants`, `episodes`, `programs`, `justice_events` (releases, returns and deaths, with the last
        death as the end of the extract), `assessments`, `roles`, and with `items` also `assessment_items`,
        each with exactly the columns and types of the core table of that name.

    Raises
    ------
    ValueError
        Nobody is asked for, or fewer than twelve programs, of which some model may have none.
    """
    if people < 1 or programs < len(model_names()):
        raise ValueError(f"a collaborative needs people, and at least {len(model_names())} programs")
    codebook, world = load_codebook(), WORLD if effects else WORLD.without_effects()
    rng = stream(seed, "collaborative")
    models, levels = _repeated(model_names(), programs), _repeated(levels_of_care(), programs)
    domains = [name for name in codebook.table("core.programs").variables if name.startswith("smps_")]
    scales = draw_scales(rng, models, len(domains) - 1, world.programs)
    intake = draw_intake(rng, people, models=models, levels=levels, codebook=codebook, world=world)
    entrants = intake.entrants(
        smps=scales[:, -1],
        dose=np.array([dict(world.programs.dose)[model] for model in models]),
        own_effect=rng.normal(0, world.programs.sd_program, programs),
        in_house=np.array([level in HOUSES for level in levels]),
    )
    fates = draw_fates(rng, intake.from_prison)
    program_ids = pl.Series([f"P{n:02d}" for n in range(1, programs + 1)])
    ids = pl.Series("participant_id", [f"S{n:06d}" for n in range(1, people + 1)])
    frames = {
        "programs": _programs(program_ids, models, levels, dict(zip(domains, scales.T, strict=True))),
        "participants": _participants(ids, intake, codebook),
        "episodes": _episodes(ids, program_ids, intake, fates),
        "justice_events": _justice_events(ids, fates, intake.from_prison),
        **_interviews(rng, ids, entrants, fates, codebook, world=world, items=items),
    }
    return {
        name: enforce(
            codebook,
            codebook.table(f"core.{name}"),
            frame.with_columns(source=pl.lit(_SOURCE), delivered_quarter=pl.lit(_QUARTER)),
        )
        for name, frame in frames.items()
    }


def _repeated(names: Sequence[str], n: int) -> list[str]:
    return [names[i % len(names)] for i in range(n)]


def _programs(
    ids: pl.Series, models: Sequence[str], levels: Sequence[str], scales: Mapping[str, Floats]
) -> pl.DataFrame:
    return pl.DataFrame(
        {"program_id": ids, "program_name": ids, "model": models, "level_of_care": levels, **scales}
    ).with_columns(county_fips=pl.lit(None, pl.String))


def _participants(ids: pl.Series, intake: Intake, codebook: Codebook) -> pl.DataFrame:
    own = codebook.table("core.participants").variables
    frame = pl.DataFrame({ids.name: ids, **{n: v for n, v in intake.answers.items() if n in own}})
    age = codebook.variables["age_band"]
    band = np.searchsorted(np.array(age.bands), frame["age_band"].to_numpy(), side="right") - 1
    return frame.with_columns(
        age_band=pl.Series(np.array(list(age.values or {}))[band]),
        population=pl.lit(POPULATION),
        trial_arm=pl.lit(None, pl.String),
    )


def _episodes(ids: pl.Series, program_ids: pl.Series, intake: Intake, fates: Fates) -> pl.DataFrame:
    ends = np.column_stack([intake.planned_days, fates.death, fates.returned])
    exit_day = ends.min(axis=1).astype(np.int64)
    planned = np.array(intake.answers["exit_reason"])
    why = np.choose(
        ends.argmin(axis=1), [planned, np.full(len(ids), "died"), np.full(len(ids), "incarcerated")]
    )
    return pl.DataFrame({
        "episode_id": ids + "-E1",
        "participant_id": ids,
        "program_id": program_ids.gather(intake.program),
        "entry_day": np.zeros(len(ids), dtype=np.int64),
        "exit_day": exit_day,
        "stay_days": exit_day,
        "exit_reason": why,
        "referral_source": intake.answers["referral_source"],
    })  # fmt: skip


def _justice_events(ids: pl.Series, fates: Fates, from_prison: Bools) -> pl.DataFrame:
    """Release, return to prison and death, on their days however late: nothing is cut off by an extract."""
    days = {
        "release": np.where(from_prison, fates.released, np.inf),
        "return_to_prison": fates.returned,
        "death": fates.death,
    }
    return pl.concat(
        pl.DataFrame({"participant_id": ids, "event_day": day}).with_columns(
            event_id=ids + f"-{measure}",
            justice_measure=pl.lit(measure),
            severity=pl.lit(None, pl.String),
            extract_day=pl.lit(float(days["death"].max())),
        )
        for measure, day in days.items()
    ).filter(pl.col("event_day").is_finite())


def _interviews(
    rng: np.random.Generator, ids: pl.Series, people: Entrants, fates: Fates, codebook: Codebook, *,
    world: World, items: bool,
) -> dict[str, pl.DataFrame]:  # fmt: skip
    instruments = scored_instruments(codebook)
    roles = list(codebook.variables["role"].values or {})
    waves = draw_waves(rng, people, instruments, world)
    occasions = draw_occasions(
        rng, people, waves, returned=fates.returned, death=fates.death, truth=world.programs
    )
    found: dict[str, list[pl.DataFrame]] = {"assessments": [], "roles": [], "assessment_items": []}
    for name, occasion in occasions.items():
        wave = occasion.measured
        answers = {
            i.name: np.where(
                occasion.came[:, None] & (occasion.why_items[i.name] == ANSWERED), wave.items[i.name], np.nan
            )
            for i in instruments
        }
        scores = {i.score: score(answers[i.name], spec_of(i)) for i in instruments}
        found["assessments"].append(_assessments(ids, occasion, scores))
        who = ids.filter(occasion.came)
        found["roles"].append(_long(who, name, "role", roles, held=wave.roles[occasion.came]))
        for scale in instruments if items else ():
            why, given = occasion.why_items[scale.name][occasion.came], answers[scale.name][occasion.came]
            found["assessment_items"].append(_items(who, name, scale, given, why))
    declared = codebook.table("core.assessments").variables
    frames = {name: pl.concat(parts) for name, parts in found.items() if parts}
    asked = frames["assessments"]
    frames["assessments"] = asked.with_columns(
        pl.lit(None).alias(name) for name in declared if name not in (*asked.columns, *_STAMP)
    )
    return frames


def _assessments(ids: pl.Series, occasion: Occasion, scores: Mapping[str, Floats]) -> pl.DataFrame:
    shown = {
        variable: np.where(occasion.came & (occasion.why_values[variable] == ANSWERED), values, np.nan)
        for variable, values in occasion.measured.values.items()
    }
    return pl.DataFrame({
        "participant_id": ids,
        "wave": np.full(len(ids), occasion.wave),
        "followup_status": occasion.status,
        "assessment_day": np.where(occasion.came, occasion.held, np.nan),
        **shown,
        **scores,
    })  # fmt: skip


def _items(
    who: pl.Series, wave: str, scale: Instrument, given: Floats, why: NDArray[np.int8]
) -> pl.DataFrame:
    return _long(
        who, wave, "item", [item.name for item in scale.items], answer=given, missing_reason=why
    ).with_columns(
        instrument=pl.lit(scale.name),
        missing_reason=pl.col("missing_reason").replace_strict(
            dict(enumerate(SKIPPED)), default=None, return_dtype=pl.String
        ),
    )


def _long(
    ids: pl.Series, wave: str, name: str, codes: Sequence[str], **columns: NDArray[np.generic]
) -> pl.DataFrame:
    """One row for each person and code, from matrices (people, codes)."""
    return pl.DataFrame({
        "participant_id": ids.gather(np.repeat(np.arange(len(ids)), len(codes))),
        name: np.tile(np.array(codes), len(ids)),
        **{column: matrix.ravel() for column, matrix in columns.items()},
    }).with_columns(wave=pl.lit(wave))  # fmt: skip
