"""The one place that calls Great Expectations.

It is imported inside the function (it costs seconds), reads pandas frames only, and by default copies
unexpected values into its results; here it may return counts alone. An expectation that could not be
evaluated is an error of ours, never a finding about the data.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd
import polars as pl

from pipelines.codebook.to_expectations import ALL_COLUMNS, Expectation, Severity

COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
WHOLE_NUMBER = r"^-?\d+(?:\.0+)?$"


class ExpectationError(RuntimeError):
    """An expectation could not be evaluated. The message names it and its column, never a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """What one expectation found: counts of rows, never a value.

    `evaluated_rows` are the rows looked at (without nulls, unless the expectation is about nulls or the
    key); `unexpected_rows` are those that break it. Rows that share a key all count. Where the columns
    themselves are wrong, every row is unexpected.
    """

    column: str
    expectation: str
    success: bool
    severity: Severity
    evaluated_rows: int
    unexpected_rows: int


def validate(frame: pl.DataFrame, expectations: Sequence[Expectation]) -> list[CheckOutcome]:
    """Check a frame against expectations, in their order, in one run of Great Expectations.

    An expectation about a column that the frame lacks fails for every row. NaN counts as null.

    Raises
    ------
    ExpectationError
        An expectation could not be evaluated, for example because a column has the wrong type.
    """
    outcomes: dict[int, CheckOutcome] = {}
    evaluable: dict[int, Expectation] = {}
    for index, expectation in enumerate(expectations):
        if expectation.kind != "columns_in_order" and not set(_columns(expectation)) <= set(frame.columns):
            outcomes[index] = _outcome(expectation, False, frame.height, frame.height)
        else:
            evaluable[index] = expectation
    if evaluable:
        outcomes |= _run(frame, evaluable)
    return [outcomes[index] for index in range(len(expectations))]


def _run(frame: pl.DataFrame, evaluable: dict[int, Expectation]) -> dict[int, CheckOutcome]:
    with _quiet():
        import great_expectations as gx  # noqa: PLC0415
        from great_expectations.core import ExpectationSuite  # noqa: PLC0415
        from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(
            {"dataframe": _to_pandas(frame)}
        )
        configured = [_configure(index, expectation) for index, expectation in evaluable.items()]
        suite = ExpectationSuite(name="codebook", expectations=configured)
        stopped = ""
        results: list[Any] = []
        try:
            results = batch.validate(suite, result_format=COUNTS_ONLY).results
        except Exception as error:
            stopped = type(error).__name__
    if stopped:
        # Raised here and not above, where it would hang on to the first error: its message may quote data.
        raise ExpectationError(f"Great Expectations stopped with {stopped}")
    outcomes = {}
    for result in results:  # in an order of its own
        index = result.expectation_config.meta["index"]
        outcomes[index] = _read(evaluable[index], result, frame.height)
    if len(outcomes) != len(evaluable):
        raise ExpectationError(f"{len(evaluable) - len(outcomes)} expectations came back without a result")
    return outcomes


def _configure(index: int, expectation: Expectation) -> Any:
    """Return the expectation in Great Expectations' terms, numbered so that its result is found again."""
    gxe: Any = import_module("great_expectations.expectations")
    form: type[Any]
    column: dict[str, Any] = {"column": expectation.column}
    kwargs = expectation.kwargs
    match expectation.kind:
        case "columns_in_order":
            form, said = gxe.ExpectTableColumnsToMatchOrderedList, {"column_list": kwargs["columns"]}
        case "unique_key" if len(kwargs["columns"]) == 1:
            form, said = gxe.ExpectColumnValuesToBeUnique, {"column": kwargs["columns"][0]}
        case "unique_key":
            form, said = gxe.ExpectCompoundColumnsToBeUnique, {"column_list": kwargs["columns"]}
        case "not_null":
            form, said = gxe.ExpectColumnValuesToNotBeNull, column
        case "in_set":
            form, said = gxe.ExpectColumnValuesToBeInSet, column | {"value_set": kwargs["values"]}
        case "between":
            bounds = {"min_value": kwargs["minimum"], "max_value": kwargs["maximum"]}
            form, said = gxe.ExpectColumnValuesToBeBetween, column | bounds
        case "whole_number":
            form, said = gxe.ExpectColumnValuesToMatchRegex, column | {"regex": WHOLE_NUMBER}
    return form(**said, meta={"index": index})


def _read(expectation: Expectation, result: Any, height: int) -> CheckOutcome:
    """Take the counts, and nothing else, from one result."""
    raised = result.exception_info
    per_metric = [info for info in raised.values() if isinstance(info, dict)]
    if raised.get("raised_exception") or any(info.get("raised_exception") for info in per_metric):
        raise ExpectationError(
            f"expectation [{expectation.kind}] on column [{expectation.column}] could not be evaluated; "
            f"is the column of the type that the codebook states?"
        )
    success = bool(result.success)
    if expectation.kind == "columns_in_order":
        return _outcome(expectation, success, height, 0 if success else height)
    counts = result.result
    evaluated = counts["element_count"] - counts.get("missing_count", 0)
    return _outcome(expectation, success, int(evaluated), int(counts["unexpected_count"]))


def _outcome(expectation: Expectation, success: bool, evaluated: int, unexpected: int) -> CheckOutcome:
    return CheckOutcome(
        column=expectation.column,
        expectation=expectation.kind,
        success=success,
        severity=expectation.severity,
        evaluated_rows=evaluated,
        unexpected_rows=unexpected,
    )


def _columns(expectation: Expectation) -> list[str]:
    if expectation.column == ALL_COLUMNS or expectation.kind == "unique_key":
        return list(expectation.kwargs["columns"])
    return [expectation.column]


def _to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    return frame.with_columns(pl.selectors.float().fill_nan(None)).to_pandas()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep its telemetry off, and its log lines and deprecation warnings out of our output."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Some of its loggers set their own level, so what they say is stopped on its way up.
    logger, silence = logging.getLogger("great_expectations"), logging.NullHandler()
    propagate = logger.propagate
    logger.addHandler(silence)
    logger.propagate = False
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        try:
            yield
        finally:
            logger.propagate = propagate
            logger.removeHandler(silence)
