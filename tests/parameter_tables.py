"""Tables as a build leaves them, of a small network whose parameters are drawn at random."""

import json

import numpy as np
import pandas as pd

MARKET, PAID, TOUCHPOINTS = (
    "Italy",
    ("ads", "retargeting", "vidéo"),
    ("ads", "retargeting", "vidéo", "direct"),
)
SPEND = {"ads": 400.0, "retargeting": 150.0, "vidéo": 90.0}
RUN = "run-1"


def one_draw(rng) -> dict[str, np.ndarray]:
    return {
        "reference_entries": rng.uniform(20, 60, 4),
        "beta1": rng.uniform(0.3, 1.0, 3),
        "response_floor": rng.uniform(0.05, 0.5, 3),
        "response_saturation": rng.uniform(0.8, 5.0, 3),
        "parent_effects": rng.normal(0.3, 0.2, 3),
        "conversion_effects": rng.normal(0.0, 0.1, 3),
        "displacement": rng.uniform(0.0, 1.0, 1),
        "transition_probability": rng.dirichlet([1.0, 1.0, 1.0, 1.0, 0.6, 4.0], size=4),
    }


def draws(seed: int = 5, count: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    targets = [*TOUCHPOINTS, "(conversion)", "(null)"]
    rows = []
    for draw in range(count):
        for name, values in one_draw(rng).items():
            for place in np.ndindex(values.shape):
                related = targets[place[1]] if len(place) == 2 else "(none)"
                own = "(none)" if name == "displacement" else TOUCHPOINTS[place[0]]
                key = ("journey", draw % 4, draw // 4, name, MARKET, own, related)
                rows.append((*key, values[place]))
    columns = ["model", "chain", "draw", "parameter", "market", "touchpoint", "related_touchpoint", "value"]
    return pd.DataFrame(rows, columns=columns).sample(frac=1.0, random_state=1).assign(run_id=RUN)


def constants() -> pd.DataFrame:
    values = [("mean_spend", 1.0), ("max_spend_seen", 2.0)]
    rows = [("journey", MARKET, k, name, f * SPEND[k]) for name, f in values for k in PAID]
    columns = ["model", "market", "touchpoint", "constant", "value"]
    return pd.DataFrame(rows, columns=columns).assign(run_id=RUN)


def build() -> dict[str, pd.DataFrame]:
    """Tables of one build, with a second model and a touchpoint outside the network."""
    rows = [("fixed_budget", MARKET, k, s, s / 2, 2 * s, s) for k, s in {**SPEND, "radio": 70.0}.items()]
    columns = ["scenario", "market", "touchpoint", "current_spend", "min_spend", "max_spend"]
    settings = {"optimizer_population_size": 30, "optimizer_generations": 10, "random_seed": 4}
    other = draws(seed=6, count=4).assign(model="poisson")
    return {
        "posterior_draws": pd.concat([other, draws()]),
        "model_constants": pd.concat([constants().assign(model="poisson", value=1.0), constants()]),
        "budget_allocation": pd.DataFrame(rows, columns=[*columns, "recommended_spend"]).assign(run_id=RUN),
        "budget_plans": pd.DataFrame([{"scenario": "fixed_budget", "model": "journey", "run_id": RUN}]),
        "run_manifest": pd.DataFrame(
            [
                {
                    "run_id": run,
                    "data_hash": "d" * 64,
                    "settings": json.dumps({**settings, "credible_mass": 0.9}),
                    "versions": json.dumps({"conversionflow": "0.1.0"}),
                }
                for run in ("run-0", RUN)
            ]
        ),
    }
