"""All definitions of one site, put together."""

from __future__ import annotations

import warnings

import dagster as dg

from pipelines.analyses import run_together
from pipelines.defs import checks, jobs, release
from pipelines.defs.core import core_assets
from pipelines.defs.diary_sums import diary_sums_asset
from pipelines.defs.io_manager import WarehouseIOManager
from pipelines.defs.landing import landing_asset
from pipelines.defs.results import result_assets
from pipelines.defs.site import Site
from pipelines.recipes import RECIPES


def compose(site: Site) -> dg.Definitions:
    """Return the assets, checks, job, schedule, sensor and resources of a site."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # partitions_def on a check, which is tested here
        return _composed(site)


def _composed(site: Site) -> dg.Definitions:
    return dg.Definitions(
        assets=[
            *(landing_asset(source) for source in site.sources),
            core_assets(site),
            diary_sums_asset(site.codebook),
            *(result_assets(names, site.codebook) for names in run_together()),
            release.candidate_asset(site, list(RECIPES)),
            release.report_candidate,
            release.published,
        ],
        asset_checks=[
            *(checks.conforms_to_codebook(table) for table in site.codebook.tables_in("core")),
            checks.every_row_is_kept_or_quarantined(),
            *(checks.keeps_to_its_gates(name) for name in RECIPES),
        ],
        jobs=[jobs.refresh_quarter],
        schedules=[jobs.quarterly],
        sensors=[jobs.failure_note],
        resources={"site": site, "io_manager": WarehouseIOManager(site)},
        executor=dg.in_process_executor,
    )
