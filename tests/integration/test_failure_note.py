"""What is left of a run that failed in Dagster: a note in sentences."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.codebook import load_codebook
from pipelines.defs.jobs import NOTED, failure_note
from pipelines.defs.site import Site, in_words, problems_of
from pipelines.failures import interrupted, problems_in, write_note
from pipelines.settings import Settings
from pipelines.sources.extract import ExtractError, ExtractErrors


@dg.op
def refuses() -> None:
    with in_words():
        raise ExtractErrors(
            [
                ExtractError(f, problem="is empty", expected="a header", advice="Copy it again.")
                for f in ("a.csv", "b.csv")
            ]
        )


@dg.op
def crashes() -> None:
    with in_words():
        raise KeyError("Jane Doe, 555-0100")


@dg.job
def failing() -> None:
    refuses()
    crashes()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    settings = Settings.load(data=tmp_path, published=tmp_path / "published", environment={})
    return Site(settings=settings, codebook=load_codebook(), sources=())


def fail(instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return failing.execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config=quiet,
        tags={"dagster/partition": "2026-07-01", **tags},
    )


def sense(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, site: Site) -> None:
    context = dg.build_run_status_sensor_context(
        sensor_name="failure_note",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=result.all_events[-1],
        resources={"site": site},
    ).for_run_failure()
    failure_note(context)


def test_a_failed_run_leaves_a_note_with_every_problem_and_no_text_of_a_foreign_error(site: Site):
    with dg.DagsterInstance.ephemeral() as instance:
        sense(instance, fail(instance), site)
    (note,) = site.settings.failures.iterdir()
    text = note.read_text(encoding="utf-8")
    assert "Refresh of 2026Q3 failed" in text
    assert "a.csv: is empty. Expected a header. Copy it again." in text
    assert "b.csv: is empty" in text
    assert "KeyError" in text
    assert "test_failure_note.py" in text
    assert "Mend what else is listed. Report the line on the defect" in text
    assert "Jane" not in text


def test_the_note_says_whether_there_is_anything_to_mend(tmp_path: Path):
    def note(problem: str) -> str:
        path = write_note(tmp_path, quarter="2026Q3", problems=(problem,), now=datetime.now(UTC))
        return path.read_text(encoding="utf-8")

    assert "Mend what is listed" in note("a.csv: is empty.")
    assert "There is nothing for you to mend" in note(problems_of(KeyError("x"))[0])


def test_a_foreign_errors_text_is_nowhere_in_dagsters_event_log():
    with dg.DagsterInstance.ephemeral() as instance:
        result = fail(instance)
        log = "\n".join(str(entry) for entry in instance.all_logs(result.run_id))
    assert "KeyError" in log
    assert "Jane" not in log


def test_a_run_whose_starter_writes_the_note_gets_no_second_one(site: Site):
    with dg.DagsterInstance.ephemeral() as instance:
        sense(instance, fail(instance, **{NOTED: "refresh"}), site)
    assert not site.settings.failures.exists()


def test_each_problem_is_told_once():
    with dg.DagsterInstance.ephemeral() as instance:
        result = fail(instance)
        problems = problems_in([*result.all_events, *result.all_events])
    assert len(problems) == len(set(problems)) == 3


def test_only_the_owner_may_look_into_the_folder_of_notes(tmp_path: Path):
    folder = tmp_path / "failures"
    write_note(folder, quarter="2026Q3", problems=("One.",), now=datetime(2026, 10, 15, tzinfo=UTC))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_notes_of_two_failures_do_not_overwrite_each_other(tmp_path: Path):
    moments = (datetime(2026, 10, 15, 6, 0, 0, micro, tzinfo=UTC) for micro in (1, 2))
    paths = {write_note(tmp_path, quarter="2026Q3", problems=("One.",), now=now) for now in moments}
    assert len(paths) == len(list(tmp_path.iterdir())) == 2


def test_an_error_of_a_library_is_told_by_type_and_place_alone():
    try:
        int("Jane Doe")
    except ValueError as error:
        (said,) = problems_of(error)
    assert "ValueError" in said and "test_failure_note.py line" in said
    assert "Jane" not in said


@dg.op
def waits() -> None:
    raise KeyboardInterrupt


@dg.job
def stopped() -> None:
    waits()


def test_a_run_that_somebody_stops_is_told_from_one_that_failed():
    with dg.DagsterInstance.ephemeral() as instance:
        with contextlib.suppress(KeyboardInterrupt):
            stopped.execute_in_process(instance=instance, raise_on_error=False)
        (run,) = instance.get_runs()
        assert interrupted(instance.all_logs(run.run_id))
        failed = failing.execute_in_process(instance=instance, raise_on_error=False)
        assert not interrupted(failed.all_events)
