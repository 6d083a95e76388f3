"""Meridian's budget optimiser on Hill curves; run by the Python of an environment that has it.

`python meridian_worker.py CURVES PLAN` reads the curves' draws, today's plan, bounds and budget, and writes
the plan. Nothing is fitted: the draws are the posterior of a national model, in its scaling. That its outcome
is then the sum of the curves is checked at every spend it asked about.
"""

import sys
import warnings

import arviz as az
import numpy as np
from meridian.analysis.analyzer import Analyzer
from meridian.analysis.optimizer import BudgetOptimizer, OptimizationGrid
from meridian.data.nd_array_input_data_builder import NDArrayInputDataBuilder
from meridian.model.context import ModelContext
from meridian.model.spec import ModelSpec

#: Of standard deviation 1, so that a coefficient is in the outcome's own unit.
KPI = np.array([[0.0, 2.0]])


def analyzer(given: dict[str, np.ndarray]) -> Analyzer:
    """Return what it knows: today's plan in one of two periods, for media may not be constant, and the draws.

    Media are scaled by their median where they are not 0, which is today's plan.
    """
    current, shape = given["current"], given["scale"].shape
    channels = [f"touchpoint {place}" for place in range(shape[1])]
    spend = np.stack([current, np.zeros_like(current)])[None]
    builder = NDArrayInputDataBuilder(kpi_type="revenue")
    builder.time_coords = builder.media_time_coords = ["2026-01-05", "2026-01-12"]
    data = builder.with_kpi(KPI).with_media(spend, spend, channels).build()
    draws = {
        "ec_m": given["half"] / current,
        "slope_m": np.full(shape, float(given["slope"])),
        "alpha_m": np.zeros(shape),
        "beta_gm": given["scale"][:, None],
    }
    posterior = az.from_dict(posterior={name: draw[None] for name, draw in draws.items()})
    return Analyzer(model_context=ModelContext(data, ModelSpec(max_lag=0)), inference_data=posterior)


def check(grid: OptimizationGrid, given: dict[str, np.ndarray]) -> None:
    """Compare its table of outcomes by spend with the curves, to the rounding of its 32-bit floats."""
    for spend, outcomes in zip(grid.spend_grid.values, grid.incremental_outcome_grid.values, strict=True):
        power = (spend / given["half"]) ** given["slope"]
        expected = (given["scale"] * power / (1.0 + power)).mean(axis=0)
        np.testing.assert_allclose(outcomes, expected, rtol=1e-5)


def main(curves: str, plan: str) -> None:
    """Optimise at its own settings, within the bounds as shares of today's plan."""
    warnings.simplefilter("ignore")
    given = dict(np.load(curves))
    total = float(given["total"])
    middle = total * given["current"] / given["current"].sum()
    found = BudgetOptimizer(analyzer=analyzer(given)).optimize(
        budget=total,
        spend_constraint_lower=(1.0 - given["low"] / middle).tolist(),
        spend_constraint_upper=(given["high"] / middle - 1.0).tolist(),
    )
    check(found.optimization_grid, given)
    np.save(plan, found.optimized_data.spend.to_numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
