"""Core tables come from the restricted database and findings go there; nothing is ever pickled."""

from __future__ import annotations

import dagster as dg
import polars as pl

from models.estimate import Findings, to_frame
from pipelines.codebook.to_polars import schema
from pipelines.defs.site import Site, in_words
from pipelines.partitions import label
from pipelines.warehouse import DIARY_SUMS

PARTS = ("estimates", "curves", "diagnostics")


class WarehouseIOManager(dg.IOManager):
    """Bound to the key `io_manager`, so that Dagster's own, which pickles frames of people, is never used."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def load_input(self, context: dg.InputContext) -> pl.DataFrame:
        """Return a table as of the quarter that runs; sums as they are stored, quarter beside quarter."""
        name, as_of = ".".join(context.asset_key.path), label(context.partition_key)
        with in_words(), self.site.warehouse() as warehouse:
            stored = name == DIARY_SUMS
            return warehouse.read_side_by_side(name, as_of) if stored else warehouse.read(name, as_of)

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Write what an analysis found, in place of what it found before for that quarter."""
        if obj is None:
            return
        with in_words():
            if not isinstance(obj, Findings):
                raise TypeError(
                    "an asset returns Findings or nothing: frames of people are not stored by Dagster"
                )
            as_of = label(context.partition_key)
            with self.site.warehouse() as warehouse:
                for part in PARTS:
                    table = self.site.codebook.table(f"results.{part}")
                    rows = to_frame(
                        getattr(obj, part),
                        analysis=obj.analysis,
                        as_of=as_of,
                        schema=schema(self.site.codebook, table),
                    ).with_columns(suppressed=pl.lit(value=False))
                    warehouse.replace(table.full_name, rows, {"analysis": obj.analysis, "as_of": as_of})
            context.add_output_metadata({part: len(getattr(obj, part)) for part in PARTS})
