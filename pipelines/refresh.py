"""The whole refresh, for the command line and for tests: from raw extracts to a published report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from pipelines.codebook import Codebook, load_codebook
from pipelines.curation import SOURCES
from pipelines.defs.compose import compose
from pipelines.defs.jobs import JOB, NOTED
from pipelines.defs.site import Site, problems_of
from pipelines.deliveries import (
    changed_since_landed,
    declared_sources,
    delivered_quarters,
    not_delivered,
)
from pipelines.failures import interrupted, problems_in, write_note
from pipelines.interviews_not_delivered import interviews_not_delivered
from pipelines.landing import fingerprints, left_out
from pipelines.partitions import key, quarters
from pipelines.progress import Watch, nobody, step
from pipelines.release import recover
from pipelines.settings import Settings, command
from pipelines.warehouse import Warehouse, WarehouseBusyError

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ACCOUNTS = ("source", "file", "delivered_quarter", "rows_in", "rows_kept", "rows_quarantined")


class RefreshFailed(Exception):  # noqa: N818 - it reads as what happened
    """The refresh stopped; the last release and report are untouched.

    `problems` are sentences fit to print; `note` is the failure note, where one was written.
    """

    def __init__(self, problems: Sequence[str], note: Path | None = None) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
        self.note = note


class RefreshRunning(RefreshFailed):
    """Another process has the restricted database open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """What a refresh made.

    `accounts` has source, file, delivered_quarter, rows_in, rows_kept and rows_quarantined of the
    quarters that were run; `left_out` and `notices` are sentences.
    """

    quarter: str
    report: Path
    warehouse: Path
    accounts: pl.DataFrame
    left_out: tuple[str, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What has to run, in order: `first` landed (those in `land`) and cleaned, then `quarter` published.

    `quarter` is the one asked for, or the latest that has passed or was released: the warehouse never goes
    back.
    """

    asked: str
    quarter: str
    first: tuple[str, ...]
    land: frozenset[str]


def refresh(settings: Settings, *, quarter: str | None = None, watch: Watch = nobody) -> RefreshResult:
    """Land, clean, check, analyze, release and report one quarter.

    Earlier quarters that never passed their checks are landed and cleaned first. After a change of the
    codebook, closed quarters are cleaned again from their landed rows; otherwise they are left as they
    are, and a notice says where their files changed since. Where a later quarter than the one asked for has
    passed, the one asked for is landed anew, those after it are cleaned again from their landed rows, and
    the release and report are made of the latest.

    Parameters
    ----------
    settings
        Where things are.
    quarter
        Such as 2026Q3; the latest one delivered by default.
    watch
        Told of each step's start and end.

    Raises
    ------
    RefreshFailed
        With every problem found; nothing was published.
    RefreshRunning
        Another refresh is at it.
    """
    site, delivered, asked = begin(settings, quarter)
    _can_write(settings)
    try:
        with (
            _dagster_instance() as instance,
            Warehouse.open(settings.restricted, site.codebook) as warehouse,
        ):
            recover(settings)
            plan = plan_of(delivered, warehouse, asked)
            site = replace(site, watch=watch, held=warehouse)
            for one in plan.first:
                _run(site, one, instance, land=one in plan.land, publish=False)
                warehouse.pass_quarter(one)
            _run(site, plan.quarter, instance, land=plan.quarter in plan.land, publish=True)
            return _result(site, warehouse, plan)
    except WarehouseBusyError as error:
        raise RefreshRunning([str(error)]) from None


def begin(settings: Settings, quarter: str | None) -> tuple[Site, list[str], str]:
    """Read the site, the quarters delivered to it, and which of them is asked for.

    Raises
    ------
    RefreshFailed
        A declaration cannot be followed, or the quarter cannot be run.
    """
    site = site_of(settings, load_codebook())
    with refusing():
        delivered = delivered_quarters(site.sources, settings.data_raw)
    return site, delivered, chosen_quarter(delivered, quarter)


def site_of(settings: Settings, codebook: Codebook) -> Site:
    """Read the declarations of a site.

    Raises
    ------
    RefreshFailed
        With every problem of every declaration.
    """
    if not settings.data_raw.is_dir():
        raise RefreshFailed([f"there is no folder {settings.data_raw}: put each source's extracts into it"])
    with refusing():
        return Site(
            settings=settings, codebook=codebook, sources=declared_sources(settings.data_raw, codebook)
        )


def plan_of(delivered: Sequence[str], warehouse: Warehouse, asked: str) -> Plan:
    """Find out which quarters have to run, and which is published.

    The rows of a quarter speak of people whom earlier quarters brought: after an older quarter is landed
    anew, those that have passed since are cleaned again, so that none points to somebody who is gone. Those
    released before that have not passed since, as after a failed refresh, are landed anew as well.
    """
    passed, closed = warehouse.passed_quarters(), warehouse.closed_quarters()
    missing = [q for q in delivered if q < asked and q not in passed]
    later = [q for q in delivered if q > asked and q in closed | warehouse.released_quarters()]
    order = [*missing, asked, *later]
    land = frozenset({asked, *missing, *later} - ({*missing, *later} & closed))
    return Plan(asked=asked, quarter=order[-1], first=tuple(order[:-1]), land=land)


def chosen_quarter(delivered: Sequence[str], quarter: str | None) -> str:
    """Return the quarter asked for, or the latest delivered, if it can be run.

    Raises
    ------
    RefreshFailed
        It cannot, and why.
    """
    if not delivered:
        raise RefreshFailed(["no source has delivered anything: put it into data/raw/<source>/<quarter>"])
    try:
        ahead = [q for q in delivered if not quarters.has_partition_key(key(q))]
        asked = quarter or delivered[-1]
        key(asked)
    except ValueError as error:
        raise RefreshFailed([str(error)]) from None
    if ahead:
        raise RefreshFailed([f"{q} has not begun; rename its folder" for q in ahead])
    if asked not in delivered:
        raise RefreshFailed(
            [
                f"no source delivered {asked}; there are {', '.join(delivered)}. Put its files into "
                f"data/raw/<source>/{asked}"
            ]
        )
    return asked


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the sources refuse into a failed refresh."""
    try:
        yield
    except Exception as error:
        raise RefreshFailed(problems_of(error)) from None


def _run(site: Site, quarter: str, instance: dg.DagsterInstance, *, land: bool, publish: bool) -> None:
    """Run the job for one quarter, or only its landing, cleaning and sums, with their checks."""
    job = compose(site).resolve_job_def(JOB)
    layers = {"core", "catalog", "restricted"}
    layers |= {"landing"} if land else set()
    layers |= {"results", "release", "reports"} if publish else set()
    chosen = [asset for asset in job.asset_layer.executable_asset_keys if asset.path[0] in layers]
    result = job.execute_in_process(
        partition_key=key(quarter),
        instance=instance,
        asset_selection=chosen,
        run_config=QUIET,
        tags={NOTED: "refresh"},
        raise_on_error=False,
    )
    if not result.success:
        if interrupted(result.all_events):
            raise KeyboardInterrupt
        problems = problems_in(result.all_events)
        note = write_note(site.settings.failures, quarter=quarter, problems=problems, now=datetime.now(UTC))
        raise RefreshFailed(problems, note)


def _result(site: Site, warehouse: Warehouse, plan: Plan) -> RefreshResult:
    settings, quarter = site.settings, plan.quarter
    with step("Compare closed quarters with their files", site.watch):
        delivered = delivered_quarters(site.sources, settings.data_raw)
        untouched = [q for q in delivered if q <= quarter and q not in plan.land]
        changed = changed_since_landed(site.sources, untouched, settings.data_raw, fingerprints(warehouse))
    accounts = warehouse.read(SOURCES, quarter).select(ACCOUNTS)
    accounts = accounts.filter(pl.col("delivered_quarter").is_in([*plan.first, quarter]))
    older = (
        (f"{plan.asked} was landed anew; the release and the report are those of {quarter}, the latest.",)
        if plan.asked != quarter
        else ()
    )
    return RefreshResult(
        quarter=quarter,
        report=settings.published / quarter / "index.html",
        warehouse=settings.warehouse,
        accounts=accounts,
        left_out=left_out(warehouse, quarter),
        notices=(
            *older,
            *(
                said
                for q in (*plan.first, quarter)
                for said in not_delivered(site.sources, q, settings.data_raw)
            ),
            *site.notices,
            *_without_interviews(warehouse, quarter),
            *mostly_refused(accounts, f"{command()} check --quarter {plan.asked} says why"),
            *(
                f"{q}: files or declarations of {', '.join(names)} differ from those landed; "
                f"to take them in, run: {command()} refresh --quarter {q}"
                for q, names in changed.items()
            ),
        ),
    )


def _without_interviews(warehouse: Warehouse, quarter: str) -> tuple[str, ...]:
    return interviews_not_delivered(
        warehouse.read("core.participants", quarter),
        warehouse.read("core.assessments", quarter),
        warehouse.read("core.justice_events", quarter),
        warehouse.origins(),
        quarter,
    )


def mostly_refused(accounts: pl.DataFrame, why: str) -> tuple[str, ...]:
    """Sentences on files of which half the rows or more were refused: rarely what the evaluator meant.

    `why` says where the reasons stand.
    """
    files = accounts.filter(pl.col("rows_quarantined") * 2 >= pl.col("rows_in"))
    return tuple(
        f"{row['rows_quarantined']:,} of {row['rows_in']:,} rows of {row['source']}/{row['file']} were "
        f"refused: {why}. Look before you rely on this quarter."
        for row in files.sort("source", "file").iter_rows(named=True)
    )


def _can_write(settings: Settings) -> None:
    """Refuse folders that cannot be written before anything begins."""
    problems = []
    for folder in (settings.curated, settings.published):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            problems.append(
                f"cannot write to {folder}: give yourself the right to write there, or choose another folder "
                "(--data, --publish)"
            )
    if problems:
        raise RefreshFailed(problems)


@contextmanager
def _dagster_instance() -> Iterator[dg.DagsterInstance]:
    """Yield the instance of DAGSTER_HOME where that is set, else one that leaves nothing behind."""
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance
        return
    here = Path.cwd()
    os.chdir(home)  # the folders in dagster.yaml are relative to it
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    finally:
        os.chdir(here)
