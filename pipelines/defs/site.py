"""What every step knows of the site it runs for, and how it reports its start, end and failure."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from pipelines.cleaning.refuse import CleaningError
from pipelines.codebook.load import CodebookError
from pipelines.codebook.spec import Codebook
from pipelines.codebook.to_polars import SchemaError
from pipelines.defects import DEFECT
from pipelines.diary_sums import DiarySumsError
from pipelines.expectations import ExpectationError
from pipelines.landing import LandingError
from pipelines.progress import Watch, nobody, step
from pipelines.settings import ROOT, Settings
from pipelines.sources.declaration import DeclarationError, SourceDeclaration
from pipelines.sources.extract import ExtractError, ExtractErrors
from pipelines.warehouse import Warehouse, WarehouseBusyError

# Errors whose text is written for the evaluator and never quotes a person's value.
FIT_TO_PRINT = (
    CleaningError,
    CodebookError,
    DiarySumsError,
    ExpectationError,
    ExtractError,
    LandingError,
    SchemaError,
    WarehouseBusyError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Settings, codebook and declarations of one site; `held` is the database where it is already open.

    Steps leave in `notices` what whoever started the run should know, though nothing failed.
    """

    settings: Settings
    codebook: Codebook
    sources: tuple[SourceDeclaration, ...]
    watch: Watch = nobody
    held: Warehouse | None = None
    notices: list[str] = field(default_factory=list)

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """Yield the restricted database, open."""
        if self.held is not None:
            yield self.held
        else:
            with Warehouse.open(self.settings.restricted, self.codebook) as warehouse:
                yield warehouse


def problems_of(error: Exception) -> tuple[str, ...]:
    """Return sentences on an error that are safe to store and print.

    An error that was not foreseen may quote a person's value in its text (DuckDB and Polars do), so only
    its type and the places in the code are told.
    """
    if isinstance(error, DeclarationError):
        return error.problems
    if isinstance(error, ExtractErrors):
        return tuple(str(one) for one in error.errors)
    if isinstance(error, FIT_TO_PRINT):
        return (str(error),)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame
        for frame in frames
        if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename
    ]
    places = "; ".join(
        f"{Path(f.filename).relative_to(ROOT)} line {f.lineno}, in {f.name}" for f in ours[-3:]
    )
    return (
        f"{DEFECT}{type(error).__name__} in {places or 'a library'}. "
        "Its text is kept out of every log, because it may quote people's values.",
    )


@contextmanager
def in_words() -> Iterator[None]:
    """Let no error into Dagster's logs but as sentences that are safe to keep."""
    try:
        yield
    except dg.Failure:
        raise
    except Exception as error:
        problems = problems_of(error)
        raise dg.Failure(description="\n".join(problems), allow_retries=False) from None


@contextmanager
def told(site: Site, name: str) -> Iterator[list[str]]:
    """Report a step's start and end to whoever watches; append to the list yielded to give it a detail."""
    with in_words(), step(name, site.watch) as detail:
        yield detail
