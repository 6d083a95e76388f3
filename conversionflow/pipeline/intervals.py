"""The transition network's dbt model: probabilities with their posterior intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from conversionflow.core.settings import Settings
from conversionflow.pipeline.records import schema, to_table
from conversionflow.warehouse.relations import to_frame

INTERVALS = schema(
    text="touchpoint_from touchpoint_to",
    count="transitions",
    number="transition_probability probability_low probability_high",
)


def move_totals(transition_counts: Any) -> pd.DataFrame:
    """Sum moves over all periods and markets: touchpoint_from, touchpoint_to, transitions."""
    counts = to_frame(transition_counts).groupby(["touchpoint_from", "touchpoint_to"])[["transitions"]].sum()
    return counts.reset_index()


def transition_intervals(settings: Mapping[str, Any], transition_counts: Any) -> pa.Table:
    """Transition probabilities over all periods and markets with their posterior intervals.

    The counts out of a state are multinomial; under Jeffreys' prior the interval of one probability is
    Beta(n_ij + 1/2, n_i - n_ij + 1/2), and an end of the range belongs to it where every move or none was
    this one (Brown, Cai & DasGupta, 2001, *Statistical Science* 16: 101-133).
    """
    mass = Settings.from_config(settings).credible_mass
    counts = move_totals(transition_counts)
    moves = counts["transitions"]
    others = counts.groupby("touchpoint_from")["transitions"].transform("sum") - moves
    low, high = stats.beta.interval(mass, moves + 0.5, others + 0.5)
    return to_table(
        counts.assign(
            transition_probability=moves / (moves + others),
            probability_low=low,
            probability_high=np.where(others == 0, 1.0, high),
        ),
        INTERVALS,
    )
