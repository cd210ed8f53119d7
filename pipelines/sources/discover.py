"""Find what lies in data/raw: sources, their quarters, the files of a quarter. No file goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipelines.codebook.load import CodebookError, read_yaml
from pipelines.sources.columns import matches
from pipelines.sources.declaration import QUARTER, DeclarationError, FileDeclaration, SourceDeclaration
from pipelines.sources.extract import ExtractError, ExtractErrors

DECLARATION = "source.yaml"
_DICTIONARY_ADVICE = "Put it beside the export, or once for all quarters beside source.yaml."


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """One file of a delivery and what declares it. `path` is null for a data set of a package."""

    declaration: FileDeclaration
    path: Path | None

    @property
    def name(self) -> str:
        """Name of the file, or of the data set where there is no file."""
        return self.path.name if self.path else f"{self.declaration.package}:{self.declaration.dataset}"


def discover(data_raw: Path) -> list[SourceDeclaration]:
    """Read every `data/raw/<source>/source.yaml`, in the order of their names.

    Raises
    ------
    DeclarationError
        All problems of all sources: a folder without a declaration, YAML that does not parse or has a
        key twice, an unknown or missing field, a `source` that is not the folder's name.
    """
    sources: list[SourceDeclaration] = []
    problems: list[str] = []
    for folder in sorted(path for path in data_raw.iterdir() if path.is_dir() and not _is_litter(path)):
        try:
            sources.append(_read_declaration(folder))
        except DeclarationError as error:
            problems += error.problems
    if problems:
        raise DeclarationError(problems)
    return sources


def _read_declaration(folder: Path) -> SourceDeclaration:
    path = folder / DECLARATION
    place = f"{folder.name}/{DECLARATION}"
    if not path.is_file():
        raise DeclarationError(
            [f"{place}: not found. Declare the source (data/raw/README.md), or move the folder."]
        )
    try:
        content = read_yaml(path)
    except (CodebookError, yaml.YAMLError, UnicodeError) as error:
        raise DeclarationError([f"{place}: is not valid YAML. {error}"]) from None
    if not isinstance(content, dict):
        raise DeclarationError([f"{place}: expected fields such as `source:` and `files:`."])
    try:
        source = SourceDeclaration(**content)
    except ValidationError as error:
        raise DeclarationError(
            [_in_words(place, content, e["loc"], e["type"], e["msg"]) for e in error.errors()]
        ) from None
    except TypeError:
        raise DeclarationError([f"{place}: the names of its fields must be text."]) from None
    if source.source != folder.name:
        raise DeclarationError(
            [f"{place}: `source` is [{source.source}] and the folder [{folder.name}]: make them one."]
        )
    return source


def _in_words(place: str, content: object, location: tuple[int | str, ...], kind: str, message: str) -> str:
    """One problem of a declaration as a sentence, with the way to the field (files [stays], columns, ...)."""
    where = " > ".join(_way(content, location))
    if kind == "extra_forbidden":
        message = "unknown field; data/raw/README.md lists the fields there are"
    elif kind == "missing":
        message = "is needed and not there; data/raw/README.md says what stands in it"
    elif kind == "string_type":
        message = "should be text: put it in quotes (YAML reads a bare Yes, No or 1 as something else)"
    return f"{place}: {where + ': ' if where else ''}{message.removeprefix('Value error, ')}"


def _way(content: object, location: tuple[int | str, ...]) -> Iterator[str]:
    """Name each step into a declaration: an entry of a list by its name or table, or by its place."""
    for step in location:
        inside: object = None
        if isinstance(content, list) and isinstance(step, int) and step < len(content):
            inside = content[step]
            known = inside if isinstance(inside, dict) else {}
            yield f"[{known.get('name') or known.get('table') or f'entry {step + 1}'}]"
        elif isinstance(content, dict):
            key = next((key for key in content if key == step or str(key) == step), step)
            inside = content.get(key)
            yield (
                {True: "a bare Yes (or true)", False: "a bare No (or false)"}[key]
                if isinstance(key, bool)
                else str(key)
            )
        elif step != "[key]":
            yield str(step)
        content = inside


def quarters_of(declaration: SourceDeclaration, data_raw: Path) -> list[str]:
    """Quarters that a source has delivered, oldest first.

    Raises
    ------
    ExtractErrors
        A folder is not named like a quarter, or a file lies beside the quarter folders.
    """
    folder = data_raw / declaration.source
    if declaration.quarter is not None:
        return [declaration.quarter]
    quarters, errors = [], []
    for path in sorted(folder.iterdir()):
        if _is_litter(path) or _is_dictionary(path.name, declaration):
            continue
        if path.is_dir() and QUARTER.fullmatch(path.name):
            quarters.append(path.name)
        elif path.is_dir():
            errors.append(
                _misplaced(_told(path, data_raw), "is not named like a quarter", "Rename it, such as 2026Q3.")
            )
        else:
            errors.append(
                _misplaced(
                    _told(path, data_raw),
                    "lies beside the quarter folders",
                    "Put it into its quarter's folder, such as 2026Q3.",
                )
            )
    if errors:
        raise ExtractErrors(errors)
    return quarters


def files_for(declaration: SourceDeclaration, quarter: str, data_raw: Path) -> list[DeliveredFile]:
    """Files of one quarter's delivery, in the order in which they are declared.

    A pattern may match several files; each file belongs to one pattern.

    Raises
    ------
    ExtractErrors
        All problems of the folder: a declared file (not `optional`) that is missing, a file that no
        pattern or more than one claims.
    """
    folder = data_raw / declaration.source
    folder = folder if declaration.quarter is not None else folder / quarter
    names = sorted(p.name for p in folder.iterdir() if not _is_litter(p)) if folder.is_dir() else []
    unclaimed = [name for name in names if not _is_dictionary(name, declaration)]
    claims: dict[str, list[FileDeclaration]] = {
        name: [f for f in declaration.files if f.pattern is not None and matches(name, [f.pattern])]
        for name in unclaimed
    }
    errors = [
        _misplaced(
            _told(folder / name, data_raw),
            "is not claimed by any file pattern"
            if not claimed
            else "is claimed by more than one file pattern",
            "Add it to `files` in source.yaml, rename it, or remove it."
            if not claimed
            else f"Narrow the patterns of {', '.join(f'[{f.name}]' for f in claimed)} in source.yaml.",
            expected=f"a file like {_patterns(declaration)}",
        )
        for name, claimed in claims.items()
        if len(claimed) != 1
    ]
    found: list[DeliveredFile] = []
    for file in declaration.files:
        if file.shape == "package":
            found.append(DeliveredFile(declaration=file, path=None))
            continue
        own = [name for name, claimed in claims.items() if file in claimed]
        if not own and not file.optional:
            errors.append(
                ExtractError(
                    f"{declaration.source}/{quarter}",
                    problem=f"no file for [{file.name}]"
                    + (f", only {', '.join(names)}" if names else ": the folder is empty"),
                    expected=f"a file like {file.pattern}",
                    advice="Put it there, or correct `pattern`; mark it `optional` if it may be missing.",
                )
            )
        found += [DeliveredFile(declaration=file, path=folder / name) for name in own]
    if errors:
        raise ExtractErrors(errors)
    return found


def dictionary_for(path: Path, declaration: FileDeclaration) -> Path:
    """Find the data dictionary of an export: beside it, or else beside source.yaml.

    Raises
    ------
    ExtractError
        There is none, or more than one in the same folder.
    """
    for folder in (path.parent, path.parent.parent):
        if folder == path.parent.parent and not (folder / DECLARATION).is_file():
            break
        found = sorted(p for p in folder.iterdir() if matches(p.name, [str(declaration.dictionary)]))
        if len(found) == 1:
            return found[0]
        if found:
            raise ExtractError(
                path,
                problem=f"{len(found)} files match the data dictionary",
                expected=f"one file like {declaration.dictionary}",
                advice="Leave the one that was downloaded together with the export.",
            )
    raise ExtractError(
        path,
        problem="its data dictionary is missing",
        expected=f"a file like {declaration.dictionary}",
        advice=_DICTIONARY_ADVICE,
    )


def _is_litter(path: Path) -> bool:
    """No delivery: notes, the declaration, and what operating systems and Excel leave behind."""
    return path.name.startswith((".", "~$")) or path.name in {
        DECLARATION,
        "README.md",
        "Thumbs.db",
        "desktop.ini",
    }


def _is_dictionary(name: str, declaration: SourceDeclaration) -> bool:
    return matches(name, [f.dictionary for f in declaration.files if f.dictionary is not None])


def _patterns(declaration: SourceDeclaration) -> str:
    return " or ".join(f.pattern for f in declaration.files if f.pattern is not None)


def _told(path: Path, data_raw: Path) -> str:
    """Name a file from its source on: several sources may have a folder of that quarter."""
    return path.relative_to(data_raw).as_posix()


def _misplaced(
    place: str, problem: str, advice: str, expected: str = "a folder such as 2026Q3"
) -> ExtractError:
    return ExtractError(place, problem=problem, expected=expected, advice=advice)
