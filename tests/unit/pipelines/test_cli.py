"""The commands: help, exit codes, what they print. The refresh itself is tested under integration."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines import cli, console, settings
from pipelines.codebook.load import CodebookError
from pipelines.defects import DEFECT
from pipelines.progress import Step, step
from pipelines.refresh import RefreshFailed

RUN = CliRunner()


@pytest.mark.parametrize("command", ["refresh", "check", "simulate", "codebook"])
def test_every_command_explains_itself(command):
    result = RUN.invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_malformed_quarter_is_wrong_usage_and_says_how_to_write_one():
    result = RUN.invoke(cli.app, ["refresh", "--quarter", "2026-3"])
    assert result.exit_code == 2
    assert "2026Q3" in result.output


def test_an_unknown_variable_is_wrong_usage():
    assert RUN.invoke(cli.app, ["codebook", "no_such_thing"]).exit_code == 2


def test_codebook_lists_tables_and_shows_a_table_and_a_category():
    assert "core.participants" in RUN.invoke(cli.app, ["codebook"]).output
    assert "participant_id (key)" in RUN.invoke(cli.app, ["codebook", "core.participants"]).output
    assert "female" in RUN.invoke(cli.app, ["codebook", "sex"]).output


def test_codebook_shows_each_meaning_of_a_word_once():
    output = RUN.invoke(cli.app, ["codebook", "answer"]).output
    assert output.count("core.assessment_items") == 1
    assert output.count("core.civic_items") == 1


def test_codebook_writes_its_page(tmp_path: Path):
    page = tmp_path / "codebook.html"
    assert RUN.invoke(cli.app, ["codebook", "--html", str(page)]).exit_code == 0
    assert "<html" in page.read_text()


def test_a_folder_without_data_is_a_problem_that_says_what_to_do(tmp_path: Path):
    for command in ("refresh", "check"):
        result = RUN.invoke(cli.app, [command, "--data", str(tmp_path)])
        assert result.exit_code == 1
        assert "Problem:" in result.output


def test_a_defect_of_the_program_shows_its_place_and_never_its_message(monkeypatch, capsys):
    def broken() -> None:
        raise RuntimeError("Jane Doe answered 7")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    shown = capsys.readouterr()
    assert stopped.value.code == 3
    assert "RuntimeError in test_cli.py" in shown.err
    assert "Jane" not in shown.out + shown.err


@pytest.mark.parametrize("command", ["refresh", "check"])
@pytest.mark.parametrize(
    ("problems", "code", "said"),
    [
        (["a.csv: is empty."], 1, "Nothing was"),
        ([f"{DEFECT}KeyError in a library."], 3, "There is nothing for you to mend. Report the line"),
        ([f"{DEFECT}KeyError in a library.", "a.csv: is empty."], 3, "Mend what else is listed. Report"),
    ],
)
def test_a_defect_inside_a_run_is_told_from_a_problem_of_the_data(
    command: str, problems: list[str], code: int, said: str, monkeypatch
):
    def stops(*_, **__):
        raise RefreshFailed(problems)

    monkeypatch.setattr(f"pipelines.{command}.{command}", stops)
    result = RUN.invoke(cli.app, [command])
    assert result.exit_code == code
    assert said in result.output


def test_a_codebook_that_contradicts_itself_says_how(monkeypatch, capsys):
    def broken() -> None:
        raise CodebookError("variables that no table uses: ['forgotten']")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    assert "forgotten" in capsys.readouterr().err


def test_steps_are_told_at_start_and_end_and_failures_too():
    told: list[Step] = []
    with step("Land", told.append) as detail:
        detail.append("3 rows")
    with pytest.raises(ValueError, match="no"), step("Clean", told.append):
        raise ValueError("no")
    assert [(s.name, s.state) for s in told] == [
        ("Land", "started"),
        ("Land", "done"),
        ("Clean", "started"),
        ("Clean", "failed"),
    ]
    assert told[1].detail == "3 rows"


def test_a_pipe_gets_one_plain_line_for_each_finished_step(capsys):
    with console.Progress() as watch, step("Land demo", watch) as detail:
        detail.append("3 rows")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert "Land demo: 3 rows" in lines[0]
    assert "\x1b" not in lines[0]


def test_accounts_print_a_line_for_each_file(capsys):
    console.print_accounts(
        pl.DataFrame(
            {
                "source": ["a"], "file": ["a.csv"], "delivered_quarter": ["2026Q3"],
                "rows_in": [1200], "rows_kept": [1190], "rows_quarantined": [10],
            }
        )
    )  # fmt: skip
    assert "1,190" in capsys.readouterr().out


def accounts(*rows: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [("site", file, rows_in, kept, rows_in - kept) for file, rows_in, kept in rows],
        schema=["source", "file", "rows_in", "rows_kept", "rows_quarantined"],
        orient="row",
    )


def test_a_check_ends_with_what_would_be_refused_and_with_files_of_which_nothing_is_left():
    assert console.would_be("2026Q4", accounts(("a.csv", 10, 9))) == (
        "2026Q4 can be refreshed; 1 row would be refused and kept in quarantine."
    )
    said = console.would_be("2026Q4", accounts(("a.csv", 10, 8), ("b.csv", 2, 0)))
    assert "4 rows would be refused" in said
    assert said.endswith("But nothing of site/b.csv would be kept: mend that first.")


def test_a_refused_row_is_told_with_its_source_and_quarter_and_its_reason_in_words(capsys):
    row = {
        "source": "east", "file": "a.csv", "row_number": 3, "column_name": "sex", "reason": "unknown_code",
        "expected": "one of the codes 1, 2", "advice": "Correct the cell.",
    }  # fmt: skip
    console.print_refusals(pl.DataFrame([row]), "2026Q4")
    assert capsys.readouterr().out == (
        "east, 2026Q4, a.csv, row 3, column [sex]: unknown code. Expected one of the codes 1, 2. "
        "Correct the cell.\n"
    )


def test_the_command_is_told_as_it_can_be_called_from_here(monkeypatch, tmp_path: Path):
    called = tmp_path / ".venv" / "bin" / "recovery-outcomes"
    called.parent.mkdir(parents=True)
    called.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(called)])
    monkeypatch.setenv("PATH", "")
    assert settings.command() == ".venv/bin/recovery-outcomes"
    monkeypatch.setenv("PATH", str(called.parent))
    assert settings.command() == "recovery-outcomes"
    monkeypatch.setattr("sys.argv", ["pytest"])
    assert settings.command() == "recovery-outcomes"


def test_the_codebook_lists_first_the_tables_that_a_source_may_feed():
    lines = RUN.invoke(cli.app, ["codebook"]).output.splitlines()
    layers = [line.split(".")[0] for line in lines if line.startswith(("core.", "catalog.", "restricted."))]
    assert layers[0] == "core"
    assert layers.index("catalog") == layers.count("core")
