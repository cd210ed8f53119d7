from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from pipelines.settings import ROOT, Settings


def test_without_arguments_and_environment_the_repository_holds_everything():
    settings = Settings.load(environment={})
    assert settings.data_raw == ROOT / "data" / "raw"
    assert settings.curated == ROOT / "data" / "curated"
    assert settings.published == ROOT / "reports" / "published"
    assert settings.small_cell_maximum == 10


def test_the_environment_moves_data_reports_and_threshold(tmp_path: Path):
    said = {
        "RECOVERY_OUTCOMES_DATA": str(tmp_path / "data"),
        "RECOVERY_OUTCOMES_PUBLISHED": str(tmp_path / "reports"),
        "RECOVERY_OUTCOMES_SMALL_CELL_MAXIMUM": "5",
    }
    settings = Settings.load(environment=said)
    assert settings.data_raw == tmp_path / "data" / "raw"
    assert settings.restricted == tmp_path / "data" / "curated" / "restricted.duckdb"
    assert settings.published == tmp_path / "reports"
    assert settings.small_cell_maximum == 5


def test_arguments_win_over_the_environment(tmp_path: Path):
    said = {"RECOVERY_OUTCOMES_DATA": "/elsewhere", "RECOVERY_OUTCOMES_SMALL_CELL_MAXIMUM": "5"}
    settings = Settings.load(data=tmp_path, small_cell_maximum=20, environment=said)
    assert settings.data_raw == tmp_path / "raw"
    assert settings.small_cell_maximum == 20


@pytest.mark.parametrize("threshold", ["ten", "-1", "2.5"])
def test_a_threshold_that_is_no_whole_number_is_refused(threshold: str):
    with pytest.raises(ValueError, match="SMALL_CELL_MAXIMUM must be a whole number"):
        Settings.load(environment={"RECOVERY_OUTCOMES_SMALL_CELL_MAXIMUM": threshold})


def test_settings_cannot_be_changed_once_made():
    with pytest.raises(FrozenInstanceError):
        Settings.load(environment={}).small_cell_maximum = 0  # type: ignore[misc]


def test_data_elsewhere_publish_beside_themselves_and_never_over_another_sites_report(tmp_path: Path):
    assert Settings.load(data=tmp_path, environment={}).published == tmp_path / "published"
    said = {"RECOVERY_OUTCOMES_DATA": str(tmp_path)}
    assert Settings.load(environment=said).published == tmp_path / "published"
    assert Settings.load(data=ROOT / "data", environment={}).published == ROOT / "reports" / "published"
