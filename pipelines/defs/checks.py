"""Blocking checks of a quarter: tables as the codebook says, rows kept or quarantined, gates kept to."""

import dagster as dg
import polars as pl

from models.gates_kept import told_despite_gates
from pipelines.codebook.released import QUARTER_COLUMN
from pipelines.codebook.spec import Table
from pipelines.codebook.to_expectations import expectations
from pipelines.curation import SOURCES
from pipelines.defs.core import table_key
from pipelines.defs.results import result_key
from pipelines.defs.site import Site, in_words, told
from pipelines.expectations import CheckOutcome, validate
from pipelines.partitions import label, quarters

CHECKS = "catalog.checks"


def conforms_to_codebook(table: Table) -> dg.AssetChecksDefinition:
    """Make the check that one quarter of a core table is as the codebook says, by Great Expectations."""

    @dg.asset_check(
        asset=table_key(table.full_name),
        name="conforms_to_codebook",
        description="Columns, key, codes and ranges of the quarter's rows are as the codebook says.",
        blocking=True,
        partitions_def=quarters,
        pool="restricted_database",
    )
    def check(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
        quarter = label(context.partition_key)
        with told(site, f"Check {table.full_name}, {quarter}") as detail, site.warehouse() as warehouse:
            rows = warehouse.read_where(table.full_name, delivered_quarter=quarter)
            outcomes = validate(rows, expectations(site.codebook, table))
            where = {QUARTER_COLUMN: quarter, "table_name": table.name}
            warehouse.replace(CHECKS, _as_rows(outcomes, where), where)
            broken = [outcome for outcome in outcomes if not outcome.success]
            detail.append(f"{len(outcomes)} expectations, {len(broken)} broken")
        return dg.AssetCheckResult(
            passed=not any(outcome.severity == "error" for outcome in broken),
            description="\n".join(_in_words(table, quarter, outcome) for outcome in broken) or None,
            metadata={
                "quarter": quarter,
                "rows": rows.height,
                "expectations": len(outcomes),
                "broken": [f"{outcome.column}: {outcome.expectation}" for outcome in broken],
            },
        )

    return check


def every_row_is_kept_or_quarantined() -> dg.AssetChecksDefinition:
    """Make the check that compares the accounts of each file with the rows in quarantine."""

    @dg.asset_check(
        asset=table_key(SOURCES),
        name="every_row_is_kept_or_quarantined",
        description="Of every file, rows in equal rows kept plus rows quarantined.",
        blocking=True,
        partitions_def=quarters,
        pool="restricted_database",
    )
    def check(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
        quarter = label(context.partition_key)
        with told(site, f"Reconcile rows, {quarter}") as detail, site.warehouse() as warehouse:
            files = warehouse.read_where(SOURCES, delivered_quarter=quarter)
            refused = (
                warehouse.read_where("restricted.quarantine", delivered_quarter=quarter)
                .group_by("source", "file")
                .agg(in_quarantine=pl.col("row_number").n_unique().cast(pl.Int64))
            )
            compared = files.join(refused, on=["source", "file"], how="left")
            quarantined = pl.col("in_quarantine").fill_null(0)
            lost = compared.filter(
                (pl.col("rows_in") != pl.col("rows_kept") + pl.col("rows_quarantined"))
                | (pl.col("rows_quarantined") != quarantined)
            )
            detail.append(f"{files.height} files, {lost.height} that do not add up")
        names = [f"{row['source']}/{row['file']}" for row in lost.iter_rows(named=True)]
        return dg.AssetCheckResult(
            passed=lost.is_empty(),
            description=f"{quarter}: rows in are not rows kept plus quarantined in {', '.join(names)}"
            if names
            else None,
            metadata={"quarter": quarter, "files": files.height, "files_that_do_not_add_up": names},
        )

    return check


def keeps_to_its_gates(analysis: str) -> dg.AssetChecksDefinition:
    """Make the check that an analysis holds back what its own diagnostics say it must."""

    @dg.asset_check(
        asset=result_key(analysis),
        name="keeps_to_its_gates",
        description="No estimate has a number where a gate failed; one without a number says why.",
        blocking=True,
        partitions_def=quarters,
        pool="restricted_database",
    )
    def check(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> dg.AssetCheckResult:
        where = {"analysis": analysis, "as_of": label(context.partition_key)}
        with in_words(), site.warehouse() as warehouse:
            estimates = warehouse.read_where("results.estimates", **where)
            diagnostics = warehouse.read_where("results.diagnostics", **where)
        broken = told_despite_gates(estimates, diagnostics)
        return dg.AssetCheckResult(
            passed=not broken,
            description="\n".join(broken) or None,
            metadata={"quarter": where["as_of"], "estimates": estimates.height, "broken": len(broken)},
        )

    return check


def _as_rows(outcomes: list[CheckOutcome], where: dict[str, str]) -> pl.DataFrame:
    names = ("expectation", "success", "severity", "evaluated_rows", "unexpected_rows")
    rows = [
        {**where, "column_name": outcome.column, **{name: getattr(outcome, name) for name in names}}
        for outcome in outcomes
    ]
    return pl.DataFrame(rows)


def _in_words(table: Table, quarter: str, outcome: CheckOutcome) -> str:
    return (
        f"{quarter}: {table.full_name}, column [{outcome.column}] breaks [{outcome.expectation}] in "
        f"{outcome.unexpected_rows} of {outcome.evaluated_rows} rows"
    )
