"""The response curves' dbt model: from posterior draws in tables to contributions over a grid of spend."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from conversionflow.core.settings import Settings
from conversionflow.pipeline.plan_inputs import PlanInputs
from conversionflow.pipeline.records import schema, to_table

CURVES = schema(
    text="market touchpoint",
    number="spend_per_period conversions low high marginal_conversions",
    flag="within_spend_seen",
)
CURVE_POINTS = 25


def response_grid(settings: Mapping[str, Any], **relations: Any) -> pa.Table:
    """Contribution of each touchpoint's spend over a grid, with all other spend as today.

    Parameters
    ----------
    settings
        The model's `config.settings`.
    relations
        As for `PlanInputs.read`.
    """
    inputs = PlanInputs.read(Settings.from_config(settings), relations)
    if inputs is None:
        return CURVES.empty_table()
    curves = [_curve(inputs, place) for place in range(len(inputs.response.keys))]
    return to_table(pd.concat(curves), CURVES)


def _curve(inputs: PlanInputs, place: int) -> pd.DataFrame:
    market, touchpoint = inputs.response.keys[place]
    seen = inputs.spend_seen[place]
    today = inputs.current[place]
    top = max(seen.max(), today * inputs.settings.max_spend_ratio)
    grid = np.unique(np.round(np.append(np.linspace(0.0, top, CURVE_POINTS), today), 2))
    plans = np.tile(inputs.current, (len(grid), 1))
    plans[:, place] = grid
    conversions = inputs.response.conversions(plans)
    contribution = conversions - conversions[:, :1]
    low, high = inputs.interval(contribution)
    return pd.DataFrame(
        {
            "market": market,
            "touchpoint": touchpoint,
            "spend_per_period": grid,
            "conversions": contribution.mean(axis=0),
            "low": low,
            "high": high,
            "marginal_conversions": [inputs.response.mean_and_gradient(plan)[1][place] for plan in plans],
            "within_spend_seen": (grid >= seen.min()) & (grid <= seen.max()),
        }
    )
