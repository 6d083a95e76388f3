"""PyMC-Marketing's budget optimiser on Hill curves; run by the Python of an environment that has it.

`python pymc_marketing_worker.py CURVES PLAN` reads the curves' draws, bounds and budget, and writes the plan.
Its objective is what this package asks for: the mean over the draws of the sum of the curves, in one period.
"""

import sys
import warnings

import arviz as az
import numpy as np
import pymc as pm
import pymc.dims as pmd
import xarray as xr
from pymc_marketing.mmm.budget_optimizer import BudgetOptimizer, CustomModelWrapper


def main(curves: str, plan: str) -> None:
    """Optimise from its own start, at its own settings."""
    warnings.simplefilter("ignore")
    given = np.load(curves)
    names = [f"touchpoint {place}" for place in range(len(given["low"]))]
    with pm.Model(coords={"date": [0], "channel": names}) as model:
        spend = pmd.Data("channel_data", given["low"][None], dims=("date", "channel"))
        scale, half = pmd.Flat("scale", dims="channel"), pmd.HalfFlat("half", dims="channel")
        power = (spend / half) ** float(given["slope"])
        pmd.Deterministic("total_contribution", (scale * power / (1.0 + power)).sum())
    draws = {name: given[name][None] for name in ("scale", "half")}
    posterior = az.from_dict(
        posterior=draws, coords={"channel": names}, dims={name: ["channel"] for name in draws}
    )
    optimizer = BudgetOptimizer(
        model=CustomModelWrapper(base_model=model, idata=posterior, channels=names),
        num_periods=1,
        response_variable="total_contribution",
    )
    bounds = xr.DataArray(
        np.stack([given["low"], given["high"]], axis=1),
        dims=("channel", "bound"),
        coords={"channel": names, "bound": ["lower", "upper"]},
    )
    found = optimizer.allocate_budget(total_budget=float(given["total"]), budget_bounds=bounds)
    np.save(plan, np.asarray(found[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
