"""What one source delivers in one quarter: its extracts, and a fingerprint that changes when they do."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.codebook.spec import Codebook
from pipelines.sources.check import check_against_codebook
from pipelines.sources.declaration import DeclarationError, SourceDeclaration
from pipelines.sources.discover import dictionary_for, discover, files_for, quarters_of
from pipelines.sources.extract import Extract, ExtractError, ExtractErrors, PackageNotInstalled
from pipelines.sources.read import read_quarter

NOT_INSTALLED = "not installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one source delivered in one quarter: each extract with the name of its declared file.

    `fingerprint` changes when a file or the declaration does. `left_out` says why there is nothing,
    where the package that ships the source is not installed.
    """

    source: str
    quarter: str
    extracts: tuple[tuple[str, Extract], ...]
    fingerprint: str
    left_out: str | None = None


def declared_sources(data_raw: Path, codebook: Codebook) -> tuple[SourceDeclaration, ...]:
    """Read every declaration and check it against the codebook.

    Raises
    ------
    DeclarationError
        Every problem of every declaration.
    """
    sources = discover(data_raw)
    problems: list[str] = []
    for source in sources:
        try:
            check_against_codebook(source, codebook)
        except DeclarationError as error:
            problems.extend(error.problems)
    if problems:
        raise DeclarationError(problems)
    return tuple(sources)


def read_delivery(source: SourceDeclaration, quarter: str, data_raw: Path) -> Delivery:
    """Read every file that a source delivered in a quarter; none, where it delivered nothing.

    Raises
    ------
    ExtractErrors
        Every file that cannot be read as declared.
    """
    fingerprint = delivery_fingerprint(source, quarter, data_raw)
    extracts: tuple[tuple[str, Extract], ...] = ()
    left_out = None
    if quarter in quarters_of(source, data_raw):
        try:
            read = read_quarter(source, quarter, data_raw)
            extracts = tuple((declaration.name, extract) for declaration, extract in read)
        except ExtractErrors as errors:
            raise ExtractErrors(_from_source_on(error, data_raw) for error in errors.errors) from None
        except PackageNotInstalled as error:
            left_out = (
                f"{source.title} was left out when {quarter} was landed: {error.problem}. {error.advice}"
            )
    return Delivery(
        source=source.source, quarter=quarter, extracts=extracts, fingerprint=fingerprint, left_out=left_out
    )


def delivery_fingerprint(source: SourceDeclaration, quarter: str, data_raw: Path) -> str:
    """SHA-256 over the declaration and the bytes of the quarter's files, or the version of a package."""
    digest = hashlib.sha256(source.model_dump_json(exclude={"once"}).encode())
    if quarter in quarters_of(source, data_raw):
        for delivered in files_for(source, quarter, data_raw):
            digest.update(delivered.name.encode())
            if delivered.path is None:
                digest.update(_version(str(delivered.declaration.package)).encode())
                continue
            digest.update(delivered.path.read_bytes())
            if delivered.declaration.dictionary is not None:
                digest.update(dictionary_for(delivered.path, delivered.declaration).read_bytes())
    return digest.hexdigest()


def delivered_quarters(sources: Sequence[SourceDeclaration], data_raw: Path) -> list[str]:
    """Quarters that any source delivered, oldest first.

    Raises
    ------
    ExtractErrors
        Everything in the folders that is neither a quarter nor belongs to one.
    """
    quarters: set[str] = set()
    errors: list[ExtractError] = []
    for source in sources:
        try:
            quarters.update(quarters_of(source, data_raw))
        except ExtractErrors as error:
            errors.extend(error.errors)
    if errors:
        raise ExtractErrors(errors)
    return sorted(quarters)


def not_delivered(sources: Sequence[SourceDeclaration], quarter: str, data_raw: Path) -> tuple[str, ...]:
    """Say which sources delivered in the quarter before and nothing in this one: somebody may have forgotten.

    The quarter before is the last one in which any source put files into a folder of that quarter. Sources
    that declare their `quarter`, or that they deliver `once`, are not missed.
    """
    delivered = {source.source: quarters_of(source, data_raw) for source in sources if source.quarter is None}
    before = max((q for quarters in delivered.values() for q in quarters if q < quarter), default=None)
    missed = [
        source.source
        for source in sources
        if not source.once
        and before in delivered.get(source.source, ())
        and quarter not in delivered[source.source]
    ]
    if not missed:
        return ()
    return (
        f"{quarter}: nothing from {', '.join(missed)}; {before} was delivered. If a delivery was forgotten, "
        f"put it into data/raw/<source>/{quarter} and run this again.",
    )


def changed_since_landed(
    sources: Sequence[SourceDeclaration],
    quarters: Sequence[str],
    data_raw: Path,
    landed: Mapping[tuple[str, str], str],
) -> dict[str, list[str]]:
    """Return, by quarter, the sources whose files or declaration are not those that were landed.

    A source that neither delivered nor delivers in the quarter is none of them, nor is one whose package
    is not installed now: landing it anew would lose it.
    """
    changed: dict[str, list[str]] = {}
    for quarter in quarters:
        for source in sources:
            before = landed.get((quarter, source.source))
            if before is None and quarter not in quarters_of(source, data_raw):
                continue
            if any(f.package and _version(f.package) == NOT_INSTALLED for f in source.files):
                continue
            try:
                now = delivery_fingerprint(source, quarter, data_raw)
            except (ExtractError, ExtractErrors):
                now = "cannot be read"
            if before != now:
                changed.setdefault(quarter, []).append(source.source)
    return changed


def _from_source_on(error: ExtractError, data_raw: Path) -> ExtractError:
    """Name a file from its source on: two sources may have files of the same name."""
    path = Path(error.file)
    if not path.is_relative_to(data_raw):
        return error
    return ExtractError(
        path.relative_to(data_raw).as_posix(),
        problem=error.problem,
        expected=error.expected,
        advice=error.advice,
        column=error.column,
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return NOT_INSTALLED
