"""The analyses: core tables as of the quarter in, findings out; the warehouse manager writes them."""

from collections.abc import Iterator, Sequence

import dagster as dg
import polars as pl

from models.estimate import Findings
from pipelines.analyses import analyse, asked_of
from pipelines.asked import ORIGINS
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_dagster import OWNERS
from pipelines.defs.core import table_key
from pipelines.defs.site import Site, in_words, told
from pipelines.partitions import label, quarters
from pipelines.places import in_order, places
from pipelines.recipes import RECIPES


def result_key(analysis: str) -> dg.AssetKey:
    """Return the key of an analysis."""
    return dg.AssetKey(["results", analysis])


def result_assets(names: Sequence[str], codebook: Codebook) -> dg.AssetsDefinition:
    """Make the assets of analyses that are run together, on the same tables; any of them can be run alone."""
    reads = RECIPES[names[0]].reads

    @dg.multi_asset(
        name=f"results_{'_'.join(names)}",
        outs={name: _out(name, codebook) for name in names},
        ins={table: dg.AssetIn(table_key(full_name)) for table, full_name in reads.items()},
        partitions_def=quarters,
        pool="restricted_database",
        can_subset=True,
    )
    def results(
        context: dg.AssetExecutionContext, site: dg.ResourceParam[Site], **tables: pl.DataFrame
    ) -> Iterator[dg.Output[Findings]]:
        quarter = label(context.partition_key)
        with in_words(), site.warehouse() as warehouse:
            tables |= {ORIGINS: warehouse.origins()} if RECIPES[names[0]].origins else {}
            ordered = in_order(tables, places(warehouse.crosswalk()), site.codebook, reads)
        asked = asked_of(names[0], ordered, site.codebook, quarter=quarter)
        for name in (one for one in names if one in context.op_execution_context.selected_output_names):
            said = site.codebook.analyses[name]
            with told(site, f"Analyze {name} ({said.label}), {quarter}") as detail:
                findings = analyse(name, asked)
                given = sum(estimate.estimate is not None for estimate in findings.estimates)
                detail.append(_counted(given, len(findings.estimates)))
            yield dg.Output(findings, output_name=name)

    return results


def _counted(given: int, asked: int) -> str:
    """Count the estimates given; the note of the others says why there is no number."""
    if given == asked:
        return f"{given} estimate{'' if given == 1 else 's'}" if asked else "nothing to estimate"
    return f"{given} of {asked} estimates; the note of each other one says why it is not given"


def _out(name: str, codebook: Codebook) -> dg.AssetOut:
    said = codebook.analyses[name]
    return dg.AssetOut(
        key=result_key(name),
        description=f"{said.question}\n\n{said.estimand}\n\n{said.method}\n\nNot said: {said.not_said}",
        group_name="results",
        owners=OWNERS,
        kinds={"python", "duckdb"},
        metadata={"label": said.label},
        is_required=False,
    )
