"""Small, degenerate and adversarial frames: complete copies or a named refusal, nothing else."""

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.missing.imputation import imputed
from models.refusal import NotIdentifiedError

KINDS = ("normal", "constant", "copied", "rare", "huge", "tiny", "count", "separated")


@st.composite
def frames(draw):
    people = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    programs = draw(st.integers(1, 8))
    columns = {}
    base = random.normal(size=people)
    for k, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=6))):
        values = {
            "normal": base + random.normal(size=people),
            "constant": np.full(people, 4.0),
            "copied": base.copy(),
            "rare": (random.random(people) < 0.05).astype(float),
            "huge": 1e12 * random.normal(size=people),
            "tiny": 1e-12 * random.normal(size=people),
            "count": random.poisson(1.0, people).astype(float),
            "separated": (base > 0).astype(float),
        }[kind]
        gone = random.random(people) < draw(st.sampled_from([0.0, 0.2, 0.6, 1.0]))
        columns[f"{kind}_{k}"] = pl.Series(np.where(gone, np.nan, values), nan_to_null=True)
    kinds = draw(st.integers(1, 5))
    columns["kind"] = pl.Series(random.integers(0, kinds, people).astype(str)).set(
        pl.Series(random.random(people) < 0.2), None
    )
    names = tuple(columns)
    columns["program"] = pl.Series(random.integers(0, programs, people).astype(str))
    columns["model"] = pl.Series((random.random(people) < 0.5).astype(str))
    return pl.DataFrame(columns), names


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(frames())
def test_any_frame_gives_complete_copies_or_a_named_refusal(case):
    frame, names = case
    try:
        copies = imputed(
            frame, variables=names, cluster="program", groups=("model",), n_imputations=2, seed=1
        )
    except NotIdentifiedError as reason:
        assert str(reason)
        return
    for copy in copies:
        assert copy.schema == frame.schema
        for name in names:
            assert copy[name].null_count() == 0
            assert set(copy[name].to_list()) <= set(frame[name].drop_nulls().to_list())
