"""The diary's sums by person and quarter: read once, when the quarter that brings the evenings is cleaned."""

import dagster as dg

from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_dagster import asset_spec_kwargs
from pipelines.defs.core import table_key
from pipelines.defs.site import Site, told
from pipelines.diary_sums import DAYS, SOURCES, sum_quarter
from pipelines.partitions import label, quarters
from pipelines.warehouse import DIARY_SUMS


def diary_sums_asset(codebook: Codebook) -> dg.AssetsDefinition:
    """Make the asset of the stored sums; its metadata counts the rows that were read."""
    said = asset_spec_kwargs(codebook, codebook.table(DIARY_SUMS))

    @dg.asset(
        key=table_key(DIARY_SUMS),
        deps=[table_key(DAYS), table_key(SOURCES)],
        description=said["description"],
        group_name=said["group_name"],
        owners=said["owners"],
        kinds=said["kinds"],
        metadata=said["metadata"],
        partitions_def=quarters,
        pool="restricted_database",
    )
    def diary_sums(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult:
        quarter = label(context.partition_key)
        with told(site, f"Sum the diary, {quarter}") as detail, site.warehouse() as warehouse:
            reading = sum_quarter(warehouse, quarter)
            again = f", {reading.rows_again:,} again" if reading.rows_again else ""
            detail.append(f"{reading.rows:,} evenings read{again}")
        return dg.MaterializeResult(
            metadata={
                "quarter": quarter,
                "rows_read": reading.rows,
                "rows_read_again": reading.rows_again,
                "quarters_without_sums": list(reading.also),
            }
        )

    return diary_sums
