"""What the chain keeps between draws is what it would find anew."""

import numpy as np
import pytest
from statsmodels.imputation.mice import MICEData

from models.missing.chained_equations import Chain
from models.missing.conditional_models import conditionals
from models.missing.design_columns import DesignColumns
from models.missing.imputation import _at_mean, every_other
from models.missing.posterior_draws import moments_of
from models.missing.wide_frame import wide_frame

VARIABLES = ("need_baseline", "substance", "score_month_6", "days_month_12", "sober_month_12")


@pytest.fixture
def chain(cohort):
    wide = wide_frame(cohort, variables=VARIABLES, cluster="program_id", groups=("program_model",))
    columns = DesignColumns(wide, ("need_baseline",))
    start = columns.made({variable.name: _at_mean(variable) for variable in wide.variables})
    return Chain(
        wide, columns, conditionals(wide, columns, start, every_other), start, np.random.default_rng(1)
    )


def test_the_library_sweeps_variables_with_the_fewest_missing_answers_first(chain):
    assert isinstance(chain, MICEData)
    gaps = [chain.conditional[name].wanted.size for name in chain._cycle_order]
    assert gaps == sorted(gaps)
    chain.update_all()
    chain.update_all()
    assert len(chain.history) == 2
    assert chain.history[0].shape == (2 * len(chain.conditional),)


def test_moments_kept_up_while_answers_are_drawn_are_those_of_the_answers_as_they_stand(chain):
    for _ in range(3):
        chain.update_all()
        for name, model in chain.conditional.items():
            if model.variable.levels:
                continue
            anew = moments_of(chain._design[:, model.answered], model.programs)
            kept = chain._running.of(chain._design, model, chain._columns.first(name))
            assert kept.n == anew.n
            np.testing.assert_allclose(kept.cross, anew.cross, rtol=1e-10, atol=1e-10)
            np.testing.assert_allclose(kept.sums, anew.sums, rtol=1e-10, atol=1e-10)


def test_a_twin_is_a_chain_of_its_own(chain):
    twins = [chain.twin(np.random.default_rng(seed)) for seed in (1, 2)]
    for one in (twins[1], twins[0], chain):
        one.update_all()
    for name, model in chain.conditional.items():
        np.testing.assert_array_equal(twins[0].values(name), chain.values(name))  # the same chances
        assert np.any(twins[1].values(name)[model.wanted] != chain.values(name)[model.wanted])


def test_the_design_holds_the_answers_as_they_stand(chain):
    chain.update_all()
    known = {one.name: one.values for one in chain._wide.variables if not one.missing.any()}
    drawn = {name: chain.values(name) for name in chain.conditional}
    np.testing.assert_allclose(chain._design, chain._columns.made(known | drawn), rtol=0, atol=1e-12)


def test_the_first_sweep_uses_no_answer_that_was_not_drawn(chain):
    """Cells not drawn yet hold the variable's mean; spoiling them changes nothing."""
    twin_start = chain._design.copy()
    twin_start[np.ix_(~chain._drawn, np.arange(twin_start.shape[1]))] = 1e6
    for name, model in chain.conditional.items():
        own = np.ix_(chain._columns.owner == name, model.answered)
        twin_start[own] = chain._design[own]
    twin = Chain(
        chain._wide, chain._columns, tuple(chain.conditional.values()), twin_start, np.random.default_rng(1)
    )
    chain.update_all()
    twin.update_all()
    for name in chain.conditional:
        np.testing.assert_array_equal(chain.values(name), twin.values(name))
