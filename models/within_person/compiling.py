"""The compiler, with a cache that is left behind when any compiled file changes; imported by kernels alone.

numba keeps what it compiled by the date of the file that a function stands in, not of the files whose
functions it calls: after a change in one of those it would go on with old loops, and give wrong numbers in
silence. So the cache lies in a folder named by the contents of all kernels.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numba

__all__ = ["njit"]


def fingerprint(package: Path) -> str:
    """Digest of the names and contents of all files of compiled functions below `package`."""
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(package.rglob("*_kernels.py")):
        digest.update(file.relative_to(package).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


_PACKAGE = Path(__file__).parent
if not numba.config.CACHE_DIR:  # type: ignore[attr-defined]  # a choice of the user's comes first
    numba.config.CACHE_DIR = str(  # type: ignore[attr-defined]
        _PACKAGE / "__pycache__" / f"kernels-{fingerprint(_PACKAGE)}"
    )
njit = numba.njit
