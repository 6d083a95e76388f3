"""The Markov attribution's dbt model: weights of touchpoints for the credit of single touches."""

from typing import Any

import pandas as pd
import pyarrow as pa

from conversionflow import attribution
from conversionflow.pipeline.intervals import move_totals
from conversionflow.pipeline.records import schema, to_table
from conversionflow.warehouse.relations import to_frame

WEIGHTS = schema(
    text="touchpoint", number="weight removal_effect target_conversions achieved_conversions worst_deviation"
)


def markov_weights(transition_counts: Any, converted_step_sets: Any) -> pa.Table:
    """Weights whose touch credits add up to the removal effects' totals.

    The weight of a touchpoint makes sense only beside the others'; `achieved_conversions` is what the credits
    add up to, `target_conversions` what the removal effects ask for.
    """
    counts = move_totals(transition_counts)
    # a warehouse gives rows in any order, and the last bits of a sum depend on it
    sets = to_frame(converted_step_sets).sort_values(["path_id", "touchpoint"])
    if sets.empty:
        return WEIGHTS.empty_table()
    effects = attribution.removal_effects(attribution.chain_from_transitions(counts))
    attributed = float(sets.groupby("path_id")["conversions"].first().sum())
    credit = attribution.credit_weights(sets, attribution.attribute(effects, attributed))
    frame = pd.DataFrame(
        {
            "weight": credit.weights,
            "removal_effect": effects,
            "target_conversions": credit.targets,
            "achieved_conversions": credit.achieved,
        }
    ).assign(worst_deviation=credit.worst_deviation)
    return to_table(frame.rename_axis("touchpoint").reset_index(), WEIGHTS)
