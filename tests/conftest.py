"""What all tests share: no test is timed, speed is for `benchmarks/`."""

from hypothesis import settings

import pipelines  # noqa: F401  # before numpy: it says how many threads its algebra may use

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
