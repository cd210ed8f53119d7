"""Read and clean one quarter in memory and say what would be refused; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from pipelines.cleaning.clean import Known
from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.curation import QUARANTINE, Curated, curate, known_after, known_before
from pipelines.defs.site import Site, problems_of
from pipelines.deliveries import Delivery, not_delivered, read_delivery
from pipelines.progress import Watch, nobody, step
from pipelines.refresh import ACCOUNTS, RefreshRunning, begin, mostly_refused, refusing
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse, WarehouseBusyError

REFUSALS = ("source", "file", "row_number", "column_name", "reason", "expected", "advice")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a refresh of the quarter would meet.

    `problems` are sentences on files that cannot be read at all; with none, `accounts` counts each
    file's rows and `refusals` has a row for each refused row, column and reason, without its values.
    """

    quarter: str
    problems: tuple[str, ...]
    accounts: pl.DataFrame
    refusals: pl.DataFrame
    left_out: tuple[str, ...]
    notices: tuple[str, ...]


def check(settings: Settings, *, quarter: str | None = None, watch: Watch = nobody) -> CheckResult:
    """Read and clean one quarter, and before it those that no refresh has passed yet.

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
        There is nothing to check, or a declaration cannot be followed.
    RefreshRunning
        A refresh is at it.
    """
    site, delivered, asked = begin(settings, quarter)
    with _looking(site) as warehouse:
        passed = warehouse.passed_quarters() if warehouse else set()
        crosswalk = warehouse.crosswalk() if warehouse and passed else Crosswalk().frame
        known = known_before(warehouse, asked) if warehouse and passed else Known()
    problems: list[str] = []
    empty = {"accounts": pl.DataFrame(schema=list(ACCOUNTS)), "refusals": pl.DataFrame(schema=list(REFUSALS))}
    sentences: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    for current in (q for q in delivered if q == asked or (q < asked and q not in passed)):
        with step(f"Read {current}", watch) as detail:
            deliveries, found = _read_all(site, current)
            detail.extend([f"{len(found)} cannot be read, see below"] if found else [])
        problems.extend(found)
        if found:
            continue
        with step(f"Clean {current}", watch), refusing():
            curated = curate(
                codebook=site.codebook,
                sources=site.sources,
                deliveries=deliveries,
                crosswalk=crosswalk,
                known=known,
                quarter=current,
            )
        crosswalk, known = curated.crosswalk, known_after(known, curated)
        notices = curated.notices
        sentences += tuple(delivery.left_out for delivery in deliveries if delivery.left_out)
        if current == asked:
            empty = _told(curated)
    return CheckResult(
        quarter=asked,
        problems=tuple(problems),
        left_out=sentences,
        notices=()
        if problems
        else (
            *not_delivered(site.sources, asked, settings.data_raw),
            *notices,
            *mostly_refused(empty["accounts"], "why stands above"),
        ),
        **empty,
    )


def _read_all(site: Site, quarter: str) -> tuple[list[Delivery], list[str]]:
    """Read every source; return the deliveries, and the problems of those that cannot be read."""
    deliveries: list[Delivery] = []
    problems: list[str] = []
    for source in site.sources:
        try:
            deliveries.append(read_delivery(source, quarter, site.settings.data_raw))
        except Exception as error:
            problems.extend(problems_of(error))
    return deliveries, problems


def _told(curated: Curated) -> dict[str, pl.DataFrame]:
    return {"accounts": curated.accounts, "refusals": curated.frames[QUARANTINE].select(REFUSALS)}


@contextmanager
def _looking(site: Site) -> Iterator[Warehouse | None]:
    """Yield the restricted database to read from, if there is one."""
    if not site.settings.restricted.is_file():
        yield None
        return
    try:
        with Warehouse.look(site.settings.restricted, site.codebook) as warehouse:
            yield warehouse
    except WarehouseBusyError as error:
        raise RefreshRunning([str(error)]) from None
