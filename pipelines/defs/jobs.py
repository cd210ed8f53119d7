"""The quarterly job, its schedule, and the note that a failed run leaves."""

from datetime import UTC, datetime

import dagster as dg

from pipelines.defs.site import Site
from pipelines.failures import problems_in, write_note
from pipelines.partitions import finished_before, key, label

JOB = "refresh_quarter"
NOTED = "failure_note_by"  # a run with this tag has its note written by whoever started it

refresh_quarter = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.all(),
    description="One quarter from its raw extracts to the published release and report.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job_name=JOB,
    cron_schedule="0 6 15 1,4,7,10 *",
    description="Two weeks after a quarter ends, when its extracts are due: refresh that quarter.",
)
def quarterly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the quarter that ended before the schedule's tick."""
    quarter = finished_before(context.scheduled_execution_time.date())
    return dg.RunRequest(partition_key=key(quarter), tags={"quarter": quarter})


@dg.run_failure_sensor(
    name="failure_note",
    description="Write a readable note on a failed run to data/curated/failures; no person's value is in it.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def failure_note(context: dg.RunFailureSensorContext, site: dg.ResourceParam[Site]) -> None:
    """Write what went wrong, in the sentences that the steps themselves gave."""
    run = context.dagster_run
    if NOTED in run.tags:
        return
    problems = problems_in(context.instance.all_logs(run.run_id))
    partition = run.tags.get("dagster/partition")
    quarter = label(partition) if partition else "all quarters"
    write_note(site.settings.failures, quarter=quarter, problems=problems, now=datetime.now(UTC))
