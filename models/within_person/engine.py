"""Which arithmetic a fit runs on: plain numpy, or the same loops compiled."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final, Literal

Engine = Literal["auto", "numpy", "compiled"]
THREADS: Final = 2  # of the compiled loops


def compiled_is_installed() -> bool:
    """Whether the optional compiler (numba, the extra `fast`) is there; does not import it."""
    return find_spec("numba") is not None


def choose(engine: Engine, *, rows: int, worth_it: int) -> Literal["numpy", "compiled"]:
    """Settle "auto": compiled only from `worth_it` rows, where it saves more than loading it costs.

    Raises
    ------
    ModuleNotFoundError
        "compiled" was asked for by name and is not installed.
    """
    if engine == "compiled" and not compiled_is_installed():
        raise ModuleNotFoundError("the compiled engine needs numba: pip install 'recovery-outcomes[fast]'")
    if engine == "auto":
        return "compiled" if rows >= worth_it and compiled_is_installed() else "numpy"
    return engine
