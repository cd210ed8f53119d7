from pathlib import Path

import pytest

pytest.importorskip("numba")

from models.within_person.compiling import fingerprint


def test_a_change_in_any_compiled_file_leaves_the_old_cache_behind(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    called, caller = tmp_path / "deeper" / "called_kernels.py", tmp_path / "caller_kernels.py"
    called.write_text("one")
    caller.write_text("two")
    before = fingerprint(tmp_path)
    called.write_text("another")
    assert fingerprint(tmp_path) != before
    called.write_text("one")
    assert fingerprint(tmp_path) == before


def test_files_that_are_not_compiled_keep_the_cache(tmp_path: Path) -> None:
    (tmp_path / "caller_kernels.py").write_text("two")
    before = fingerprint(tmp_path)
    (tmp_path / "plain.py").write_text("anything")
    assert fingerprint(tmp_path) == before


def test_every_file_of_compiled_functions_takes_the_compiler_from_there() -> None:
    models = Path(__file__).parents[4] / "models"
    direct = [
        file.name
        for file in models.rglob("*.py")
        if "import njit" in (text := file.read_text()) and "compiling import njit" not in text
    ]
    assert not direct
    assert all(file.stem.endswith("_kernels") for file in models.rglob("*.py") if "@njit" in file.read_text())
