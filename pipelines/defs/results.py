"""The analyses: core tables as of the quarter in, findings out; the warehouse manager writes them."""

import dagster as dg
import polars as pl

from models.estimate import Findings
from pipelines.analyses import RECIPES, analyse
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_dagster import OWNERS
from pipelines.defs.core import table_key
from pipelines.defs.site import Site, told
from pipelines.partitions import label, quarters


def result_key(analysis: str) -> dg.AssetKey:
    """Return the key of an analysis."""
    return dg.AssetKey(["results", analysis])


def result_asset(name: str, codebook: Codebook) -> dg.AssetsDefinition:
    """Make the asset of one analysis."""
    said = codebook.analyses[name]

    @dg.asset(
        key=result_key(name),
        ins={table: dg.AssetIn(table_key(full_name)) for table, full_name in RECIPES[name].reads.items()},
        description=f"{said.question}\n\n{said.estimand}\n\n{said.method}\n\nNot said: {said.not_said}",
        group_name="results",
        owners=OWNERS,
        kinds={"python", "duckdb"},
        metadata={"label": said.label},
        partitions_def=quarters,
        pool="restricted_database",
    )
    def result(
        context: dg.AssetExecutionContext, site: dg.ResourceParam[Site], **tables: pl.DataFrame
    ) -> Findings:
        quarter = label(context.partition_key)
        with told(site, f"Analyze {name} ({said.label}), {quarter}") as detail:
            findings = analyse(name, tables, site.codebook, quarter=quarter)
            given = sum(estimate.estimate is not None for estimate in findings.estimates)
            detail.append(f"{given} estimates, {len(findings.estimates) - given} refused")
        return findings

    return result
