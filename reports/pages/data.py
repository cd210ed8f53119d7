"""The data: where they came from, what was kept and refused and why, what was checked, who was followed."""

from __future__ import annotations

import polars as pl

from reports.numbers import NOTHING, count
from reports.page import Block, Column, Download, Page, Paragraph, Section, Table
from reports.release import Release, kind_of
from reports.words.followup import WHO_IS_DUE, follow_up
from reports.words.phrases import DATA_KINDS, last_day, sentence

FILE = "data.html"
NUMBER = True


def page(release: Release) -> Page:
    """Compose the page."""
    return Page(
        file=FILE,
        name="Data",
        title="Where the figures come from",
        eyebrow="Data and checks",
        data=release.data_kind(),
        opening=(
            Paragraph(_totals(release), "lead"),
            Paragraph(
                "A row that breaks a rule is never dropped in silence: it is refused, kept apart with its "
                "reason, and counted here. Rows in are always rows kept plus rows refused. These are "
                "counts of rows of files, not of people: small ones are shown."
            ),
        ),
        sections=(
            Section("Sources", tuple(_sources(release)), "sources"),
            Section("Rows refused, by reason", tuple(_refusals(release)), "refusals"),
            Section("Who was followed", tuple(_followed(release)), "follow-up"),
            Section("Checks on every table", tuple(_checks(release)), "checks"),
            Section("What was left out", tuple(_left_out(release)), "left-out"),
            *(
                (Section("Terms of use of the data", (Paragraph(sentence(release.terms)),), "terms"),)
                if release.terms
                else ()
            ),
        ),
    )


def downloads(release: Release) -> tuple[Download, ...]:
    """Give the tables of this page as files, each row with the kind of data that it speaks of."""
    kind = pl.when("synthetic").then(pl.lit(DATA_KINDS["synthetic"])).otherwise(pl.lit(DATA_KINDS["real"]))
    of_source = release.sources.group_by("source").agg(kind.first().alias("data"))
    every = pl.lit(DATA_KINDS[release.data_kind()]).alias("data")  # a check looks at all rows of a table
    return (
        Download("sources.csv", release.sources.with_columns(data=kind)),
        Download(
            "refusals.csv", release.refusals.join(of_source, on="source", how="left", maintain_order="left")
        ),
        Download("checks.csv", release.checks.with_columns(every)),
    )


def _totals(release: Release) -> str:
    rows, kept, refused = (
        int(release.sources[name].sum() or 0) for name in ("rows_in", "rows_kept", "rows_quarantined")
    )
    files = release.sources.height
    return sentence(
        f"{count(files)} {'file' if files == 1 else 'files'} with {count(rows)} rows came in up to "
        f"{last_day(release.as_of)}; {count(kept)} rows were kept and {count(refused)} refused"
    )


def _sources(release: Release) -> list[Block]:
    blocks: list[Block] = []
    for (title,), frame in release.sources.sort("synthetic", "title", "delivered_quarter", "file").group_by(
        ["title"], maintain_order=True
    ):
        first = frame.row(0, named=True)
        label = (
            release.populations[first["population"]].label
            if first["population"] in release.populations
            else ""
        )
        rows = tuple(
            (
                r["file"],
                r["delivered_quarter"],
                count(r["rows_in"]),
                count(r["rows_kept"]),
                count(r["rows_quarantined"]),
            )
            for r in frame.to_dicts()
        )
        columns = (
            Column("File"),
            Column("Quarter"),
            Column("Rows in", NUMBER),
            Column("Kept", NUMBER),
            Column("Refused", NUMBER),
        )
        about = (
            DATA_KINDS[kind_of([first["synthetic"]])],
            label,
            f"Producer: {first['producer']}",
            f"License: {first['licence']}",
        )
        blocks.append(Table(str(title), columns, rows, kind_of([first["synthetic"]])))
        blocks.append(Paragraph(" ".join(sentence(part) for part in about if part), "quiet"))
    return blocks or [Paragraph("No source is listed in this release.")]


def _refusals(release: Release) -> list[Block]:
    if release.refusals.is_empty():
        return [Paragraph("No row was refused.")]
    synthetic = {r["source"]: r["synthetic"] for r in release.sources.to_dicts()}
    frame = release.refusals.sort("source", "file", "delivered_quarter", "column_name", "reason")
    rows = tuple(
        (
            r["reason"].replace("_", " ").capitalize(),
            f"{r['file']} ({r['delivered_quarter']})",
            r["column_name"] or NOTHING,
            count(r["n_rows"]),
            sentence(r["expected"] or "") or NOTHING,
            sentence(r["advice"] or "") or NOTHING,
        )
        for r in frame.to_dicts()
    )
    columns = (
        Column("Reason"),
        Column("File"),
        Column("Column"),
        Column("Rows", NUMBER),
        Column("Expected"),
        Column("What to do"),
    )
    data = kind_of(bool(synthetic.get(s)) for s in frame["source"])
    totals = (
        frame.group_by("reason")
        .agg(pl.col("n_rows").sum())
        .sort("n_rows", "reason", descending=[True, False])
    )
    summed = tuple(
        (r["reason"].replace("_", " ").capitalize(), count(r["n_rows"])) for r in totals.to_dicts()
    )
    return [
        Table("Rows refused, by reason", (Column("Reason"), Column("Rows", NUMBER)), summed, data),
        Paragraph("A row refused for two reasons is counted under both.", "quiet"),
        Table("Rows refused, by file and column, with what to do", columns, rows, data, folded=True),
    ]


def _followed(release: Release) -> list[Block]:
    rows: dict[tuple[str, str], tuple[str, str, str]] = {}  # several questions may rest on one diary
    for analysis in release.analyses:
        for population in release.populations_of(analysis):
            facts = release.facts_of(analysis, population=population.population)
            for outcome in dict.fromkeys(f.outcome for f in facts):
                answers = release.answers_of(analysis, population=population.population, outcome=outcome)
                largest = max(answers, key=lambda a: a.n_people or 0, default=None)
                if said := follow_up(
                    [f for f in facts if f.outcome == outcome], largest, of=population.n_people
                ):
                    label = release.label("civic_item", outcome)
                    told = (label[:1].upper() + label[1:], population.label, said)
                    rows.setdefault((outcome, population.population), told)
    if not rows:
        return [Paragraph("This release states no follow-up rate."), Paragraph(WHO_IS_DUE, "quiet")]
    columns = (Column("Outcome"), Column("Who"), Column("Follow-up"))
    kind = release.data_kind(who for _, who in rows)
    return [
        Table("Follow-up behind each finding", columns, tuple(rows.values()), kind),
        Paragraph(WHO_IS_DUE, "quiet"),
    ]


def _checks(release: Release) -> list[Block]:
    if release.checks.is_empty():
        return [Paragraph("This release holds no result of a check.")]
    frame = (
        release.checks.group_by("table_name", "delivered_quarter")
        .agg(
            pl.len().alias("checks"),
            pl.col("success").sum().alias("met"),
            (~pl.col("success")).sum().alias("not_met"),
            pl.col("unexpected_rows").sum().alias("rows"),
        )
        .sort("table_name", "delivered_quarter")
    )
    rows = tuple(
        (
            r["table_name"],
            r["delivered_quarter"],
            count(r["checks"]),
            count(r["met"]),
            count(r["not_met"]),
            count(r["rows"]),
        )
        for r in frame.to_dicts()
    )
    columns = (
        Column("Table"),
        Column("Quarter"),
        Column("Checks", NUMBER),
        Column("Met", NUMBER),
        Column("Not met", NUMBER),
        Column("Rows not as expected", NUMBER),
    )
    blocks: list[Block] = [
        Paragraph(
            "Great Expectations compared every table with the codebook: its columns, keys, codes and ranges."
        ),
        Table("Great Expectations, by table and quarter", columns, rows, release.data_kind()),
    ]
    failed = release.checks.filter(~pl.col("success")).sort("table_name", "column_name", "expectation")
    if failed.height:
        blocks.append(
            Table(
                "Checks not met",
                (
                    Column("Table"),
                    Column("Column"),
                    Column("Expectation"),
                    Column("Severity"),
                    Column("Rows", NUMBER),
                ),
                tuple(
                    (
                        f"{r['table_name']} ({r['delivered_quarter']})",
                        r["column_name"] or NOTHING,
                        r["expectation"].replace("_", " "),
                        r["severity"],
                        count(r["unexpected_rows"]),
                    )
                    for r in failed.to_dicts()
                ),
                release.data_kind(),
            )
        )
    return blocks


def _left_out(release: Release) -> list[Block]:
    if not release.left_out:
        return [Paragraph("Nothing: every source that is declared is in this release.")]
    return [Paragraph(sentence(release.left_out))]
