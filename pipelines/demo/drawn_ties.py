"""Support ties of one collaborative as analysis frames, drawn fast: for simulation studies of mutual help."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipelines.codebook import load_codebook
from pipelines.codebook.to_polars import enforce
from pipelines.demo.chance import stream
from pipelines.demo.collaborative import draw
from pipelines.demo.ties import TIES, draw_ties

_SPAN = 2096  # days over which people enter, as in the demo
_WAVES = ("month_6", "month_12")


def draw_support(
    seed: int, people: int, *, programs: int = 12, effects: bool = True
) -> Mapping[str, pl.DataFrame]:
    """Draw one collaborative with who helped whom.

    Parameters
    ----------
    seed, people, programs
        As `collaborative.draw` takes them.
    effects
        False is the placebo world: nobody returns a tie because it was given, in any program.

    Returns
    -------
    mapping of str to polars.DataFrame
        The frames of `collaborative.draw` and `support_ties`, with the columns and types of the core tables.
    """
    frames = draw(seed, people, programs=programs, effects=effects)
    rng = stream(seed, "ties")
    people_of = (
        frames["episodes"]
        .select("participant_id", "program_id")
        .join(frames["programs"].select("program_id", "model"), on="program_id")
        .sort("participant_id")
        .with_columns(entered=pl.Series(rng.integers(0, _SPAN + 1, people).astype(float)))
    )
    kinds = pl.Series([name for name, _ in TIES.kinds])
    made = []
    for wave in _WAVES:
        held = (
            frames["assessments"]
            .filter(pl.col("wave") == wave, pl.col("followup_status") == "completed")
            .select("participant_id", "assessment_day")
        )
        at_wave = people_of.join(held, on="participant_id", how="left", maintain_order="left")
        for house in at_wave.sort("program_id", "participant_id").partition_by("program_id"):
            entered = house["entered"].to_numpy()
            drawn = draw_ties(
                rng,
                entered=entered,
                interviewed=entered + house["assessment_day"].cast(pl.Float64).to_numpy(),
                returned=dict(TIES.returned)[house["model"][0]] if effects else 0.0,
            )
            ids = house["participant_id"]
            made.append(
                pl.DataFrame(
                    {
                        "giver_id": ids.gather(drawn.giver),
                        "receiver_id": ids.gather(drawn.receiver),
                        "support_kind": kinds.gather(drawn.kind),
                    }
                ).with_columns(wave=pl.lit(wave))
            )
    codebook = load_codebook()
    table = codebook.table("core.support_ties")
    stamp = {name: pl.lit(frames["episodes"][name][0]) for name in ("source", "delivered_quarter")}
    ties = pl.concat(made).with_columns(**stamp).select(table.variables)
    return {**frames, "support_ties": enforce(codebook, table, ties)}
