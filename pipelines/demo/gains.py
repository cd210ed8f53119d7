"""True gains on scored scales (R1): change since entry, reliable change, and the share at or above a cut."""

from __future__ import annotations

import numpy as np

from models.scales.score import score
from pipelines.cleaning.scores import spec_of
from pipelines.codebook.load import load_codebook
from pipelines.demo.chance import Floats
from pipelines.demo.interviews import scored_instruments
from pipelines.demo.laws import BASELINE, WAVES
from pipelines.demo.measures import Ints
from pipelines.demo.program_effects import Crowd, Effects

OUTCOMES = (
    "barc10", "recovery_capital_social", "recovery_capital_personal", "recovery_capital_cultural",
    "eurohis_qol8",
)  # fmt: skip
_RELIABLE = 1.96


def alpha(answers: Ints, *, reverse: Floats) -> float:
    """Cronbach's alpha of complete answers (people, items): k / (k - 1) (1 - sum of variances / variance)."""
    turned = answers * np.where(reverse, -1.0, 1.0)
    k = turned.shape[1]
    return float(k / (k - 1) * (1 - turned.var(axis=0).sum() / turned.sum(axis=1).var()))


def gains(crowd: Crowd) -> dict[str, Effects]:
    """Mean change since entry in everybody, reliable change, and the share at or above a cut.

    A change is reliable beyond 1.96 standard errors of a difference, SD at entry times
    sqrt(2 (1 - alpha at entry)) (Jacobson and Truax 1991). In points of each score.
    """
    scales = {i.name: i for i in scored_instruments(load_codebook())}
    found: dict[str, Effects] = {}
    for name in OUTCOMES:
        scale = scales[name]
        reverse = np.array([item.reverse for item in scale.items])
        scores = {wave: score(crowd.waves[wave].items[name], spec_of(scale)) for wave in WAVES}
        reliability = {wave: alpha(crowd.waves[wave].items[name], reverse=reverse) for wave in WAVES}
        limit = _RELIABLE * scores[BASELINE].std() * np.sqrt(2 * (1 - reliability[BASELINE]))
        effects = {
            "mean_baseline": float(scores[BASELINE].mean()),
            "sd_baseline": float(scores[BASELINE].std()),
        }
        effects |= {f"alpha_{wave}": value for wave, value in reliability.items()}
        for wave in WAVES[1:]:
            change = scores[wave] - scores[BASELINE]
            effects |= {
                f"change_{wave}": float(change.mean()),
                f"reliably_better_{wave}": float((change > limit).mean()),
                f"reliably_worse_{wave}": float((change < -limit).mean()),
            }
        if scale.cutoff is not None:
            effects |= {
                f"at_least_{scale.cutoff:g}_{wave}": float((scores[wave] >= scale.cutoff).mean())
                for wave in WAVES
            }
        found[f"R1_{name}"] = effects
    return found
