"""One asset for each declared source: its files of a quarter, as delivered."""

import dagster as dg

from pipelines.codebook.to_dagster import OWNERS
from pipelines.defs.site import Site, told
from pipelines.deliveries import read_delivery
from pipelines.landing import land
from pipelines.partitions import label, quarters
from pipelines.sources.declaration import SourceDeclaration


def landing_key(source: SourceDeclaration) -> dg.AssetKey:
    """Return the key of a source's landing asset."""
    return dg.AssetKey(["landing", source.source])


def landing_asset(source: SourceDeclaration) -> dg.AssetsDefinition:
    """Make the landing asset of a source."""

    @dg.asset(
        key=landing_key(source),
        description=f"{source.title}, as delivered. {source.description}",
        group_name="landing",
        owners=OWNERS,
        kinds={"duckdb", *(file.shape for file in source.files)},
        tags={"population": source.population, "synthetic": str(source.synthetic).lower()},
        partitions_def=quarters,
        pool="restricted_database",
    )
    def landed(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult:
        quarter = label(context.partition_key)
        with told(site, f"Land {source.source}, {quarter}") as detail:
            delivery = read_delivery(source, quarter, site.settings.data_raw)
            with site.warehouse() as warehouse:
                land(warehouse, delivery)
            rows = sum(extract.rows_in for _, extract in delivery.extracts)
            detail.append(delivery.left_out or _counted(rows, len(delivery.extracts), source))
        return dg.MaterializeResult(
            metadata={"quarter": quarter, "rows": rows, "files": len(delivery.extracts)}
        )

    return landed


def _counted(rows: int, files: int, source: SourceDeclaration) -> str:
    if not files:
        return "delivered once, in another quarter" if source.once or source.quarter else "nothing delivered"
    return f"{rows:,} row{'' if rows == 1 else 's'} in {files} file{'s' if files > 1 else ''}"
