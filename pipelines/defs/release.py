"""The release and its report: built where nobody sees them, put in place only when all of it is there."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines.codebook.to_dagster import OWNERS
from pipelines.curation import REFUSALS, SOURCES
from pipelines.defs.core import table_key
from pipelines.defs.results import result_key
from pipelines.defs.site import Site, told
from pipelines.deliveries import delivered_quarters
from pipelines.disclosed import RELEASES
from pipelines.landing import left_out
from pipelines.partitions import label, quarters
from pipelines.release import Candidate, build_release, publish, recover

CANDIDATE = dg.AssetKey(["release", "candidate"])
REPORT_CANDIDATE = dg.AssetKey(["reports", "candidate"])
SITE = dg.AssetKey(["reports", "site"])
RELEASED = {
    "warehouse": "The researchers' DuckDB database, data/curated/warehouse.duckdb.",
    "parquet": "Each released table as a Parquet file, in data/curated/parquet.",
    "datapackage": "data/curated/datapackage.json: the Parquet files, described for any tool.",
    "codebook": "data/curated/codebook.html: every released table and variable on one page.",
}


class NotYetPassedError(dg.Failure):
    """An earlier quarter was delivered and has not passed its checks."""


def candidate_asset(site: Site, analyses: list[str]) -> dg.AssetsDefinition:
    """Make the asset that builds the next release beside the last one."""
    tables = [table.full_name for table in site.codebook.tables_in("core")]

    @dg.asset(
        key=CANDIDATE,
        deps=[*map(table_key, [*tables, SOURCES, REFUSALS]), *map(result_key, analyses)],
        description="The next release, complete, with small counts withheld; nobody sees it yet.",
        group_name="release",
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        partitions_def=quarters,
        pool="restricted_database",
    )
    def candidate(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult:
        quarter = label(context.partition_key)
        with told(site, f"Build the release, {quarter}") as detail, site.warehouse() as warehouse:
            warehouse.pass_quarter(quarter)
            earlier = [q for q in delivered_quarters(site.sources, site.settings.data_raw) if q < quarter]
            if waiting := sorted(set(earlier) - warehouse.passed_quarters()):
                raise NotYetPassedError(
                    f"{', '.join(waiting)} must be refreshed before {quarter} is released"
                )
            recover(site.settings)
            facts = build_release(
                warehouse,
                Candidate(quarter=quarter, settings=site.settings),
                sources=site.sources,
                left_out=left_out(warehouse, quarter),
                now=datetime.now(UTC),
            )
            detail.append(facts.release_id)
        return dg.MaterializeResult(
            metadata={"release": facts.release_id, "content_hash": facts.content_hash}
        )

    return candidate


@dg.asset(
    key=REPORT_CANDIDATE,
    deps=[CANDIDATE],
    description="The report of the next release, built from that release alone; nobody sees it yet.",
    group_name="reports",
    owners=OWNERS,
    kinds={"plotly", "html"},
    partitions_def=quarters,
    pool="restricted_database",
)
def report_candidate(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult:
    """Build the report from the candidate's database."""
    from reports.build import build  # noqa: PLC0415 - plotly is loaded only where a report is made

    candidate = Candidate(quarter=label(context.partition_key), settings=site.settings)
    with told(site, f"Build the report, {candidate.quarter}") as detail:
        shutil.rmtree(candidate.report, ignore_errors=True)
        candidate.report.mkdir(parents=True)
        build(candidate.warehouse, candidate.report, candidate.folder / "codebook.html")
        pages = len(list(candidate.report.glob("*.html")))
        detail.append(f"{pages} pages")
    return dg.MaterializeResult(metadata={"pages": pages})


@dg.multi_asset(
    name="published",
    specs=[
        dg.AssetSpec(
            ["release", name],
            deps=[CANDIDATE, REPORT_CANDIDATE],
            description=description,
            group_name="release",
            owners=OWNERS,
        )
        for name, description in RELEASED.items()
    ]
    + [
        dg.AssetSpec(
            SITE,
            deps=[CANDIDATE, REPORT_CANDIDATE],
            description="The published report of the quarter, reports/published/<quarter>/index.html.",
            group_name="reports",
            owners=OWNERS,
        )
    ],
    partitions_def=quarters,
    pool="restricted_database",
)
def published(
    context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]
) -> Iterator[dg.MaterializeResult]:
    """Put the candidates in place of the last release and report."""
    candidate = Candidate(quarter=label(context.partition_key), settings=site.settings)
    with told(site, f"Publish {candidate.quarter}"), site.warehouse() as warehouse:
        if not (candidate.warehouse.is_file() and candidate.report.is_dir()):
            raise dg.Failure(
                f"nothing is built for {candidate.quarter}: run release/candidate and reports/candidate"
            )
        row = publish(candidate)
        warehouse.append(RELEASES, row)
    release_id = row.item(0, "release_id")
    for key in [*(dg.AssetKey(["release", name]) for name in RELEASED), SITE]:
        yield dg.MaterializeResult(asset_key=key, metadata={"release": release_id})
