"""Compile the numerical kernels ahead of the first fit: `python -m conversionflow.estimation`.

Without it the first build compiles them, which takes it some 20 seconds longer.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from conversionflow.core.compiled import clear_old_code
from conversionflow.estimation.fitting import MODELS
from conversionflow.estimation.network import MINIMUM_PERIODS, NetworkData
from conversionflow.estimation.network_kernel import (
    NetworkDraws,
    network_closed,
    network_conversions,
    network_entries,
    network_gradient,
)
from conversionflow.estimation.response_kernel import hill_exponent
from conversionflow.estimation.unconstrained import UnconstrainedDensity


def compile_kernels() -> None:
    """Call every kernel once, on a network of two touchpoints."""
    periods = MINIMUM_PERIODS
    counts = np.full((1, 2, periods), 4.0)
    spend = np.stack([np.arange(1.0, periods + 1.0), np.zeros(periods)])[None]
    data = NetworkData(
        markets=("all",),
        touchpoints=("organic", "paid"),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(periods)),
        spend=spend,
        entries=counts,
        touches=counts,
        conversions=counts / 4.0,
        moves=np.full((1, 2, 2, periods), 1.0),
        controls=np.zeros((1, periods, 1)),
        control_names=("trend",),
    )
    for model in MODELS.values():
        for form in model.FORMS:
            density = UnconstrainedDensity.of(model.build(data, model.DEFAULT_PRIORS, form))
            density(np.zeros(len(density.priors)))
    nodes, paid = np.full((1, 2), 0.2), np.ones((1, 1))
    draws = NetworkDraws(
        entries=nodes,
        exponent=paid,
        floor=paid,
        saturation=paid,
        parent_effects=paid,
        conversion_effects=paid,
        moves=np.full((1, 2, 2), 0.2),
        conversion=nodes,
        lost=nodes,
        displacement=np.ones(1),
        carryover=paid,
    )
    hill_exponent(paid, paid / 2.0, paid)
    network_conversions(paid, draws)
    network_gradient(paid[0], draws)
    network_closed(network_entries(paid, draws), paid, draws)


if __name__ == "__main__":
    clear_old_code(Path(__file__).parent)
    compile_kernels()
