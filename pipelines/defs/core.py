"""All core tables of a quarter, cleaned together and written in one transaction."""

from collections.abc import Iterator

import dagster as dg

from pipelines.codebook.to_dagster import asset_spec_kwargs
from pipelines.curation import REFUSALS, SOURCES, curate, known_before
from pipelines.defs.landing import landing_key
from pipelines.defs.site import Site, told
from pipelines.landing import landed
from pipelines.partitions import label, quarters


def table_key(full_name: str) -> dg.AssetKey:
    """Return the asset key of a table: its schema and its name."""
    return dg.AssetKey(full_name.split("."))


def core_assets(site: Site) -> dg.AssetsDefinition:
    """Make the multi-asset of all core tables and the accounts of their files."""
    tables = [*site.codebook.tables_in("core"), site.codebook.table(SOURCES), site.codebook.table(REFUSALS)]
    upstream = [landing_key(source) for source in site.sources]

    @dg.multi_asset(
        name="core",
        specs=[
            dg.AssetSpec(table_key(table.full_name), deps=upstream, **asset_spec_kwargs(site.codebook, table))
            for table in tables
        ],
        partitions_def=quarters,
        pool="restricted_database",
    )
    def core(
        context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]
    ) -> Iterator[dg.MaterializeResult]:
        quarter = label(context.partition_key)
        with told(site, f"Clean {quarter}") as detail, site.warehouse() as warehouse:
            curated = curate(
                codebook=site.codebook,
                sources=site.sources,
                deliveries=landed(warehouse, quarter),
                crosswalk=warehouse.crosswalk(),
                known=known_before(warehouse, quarter),
                quarter=quarter,
            )
            site.notices.extend(curated.notices)
            written = warehouse.replace_quarter(quarter, curated.frames, crosswalk=curated.crosswalk)
            totals = curated.accounts.select("rows_in", "rows_kept", "rows_quarantined").sum().row(0)
            detail.append("{:,} rows in, {:,} kept, {:,} quarantined".format(*totals))
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=table_key(table.full_name),
                metadata={"quarter": quarter, "dagster/partition_row_count": written[table.full_name]},
            )

    return core
