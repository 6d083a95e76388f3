"""The estimation's dbt model: from period tables to everything the fitted models leave."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from conversionflow.core.errors import InputError
from conversionflow.core.progress import show_progress
from conversionflow.core.settings import Settings
from conversionflow.pipeline.fit_cache import fit_store, prune
from conversionflow.pipeline.records import schema, to_records
from conversionflow.warehouse.relations import to_frame

FIT = schema(
    text="record model parameter market touchpoint related_touchpoint action work note",
    count="chain draw attempt divergences",
    number="value mean sd low high rhat ess_bulk ess_tail rhat_max ess_bulk_min ess_tail_min ebfmi_min "
    "tree_depth_max_share seconds",
    flag="converged",
)


def fit_network(
    settings: Mapping[str, Any], *, periods: Any, touchpoint_periods: Any, transition_counts: Any
) -> pa.Table:
    """Fit every model of setting `models` to the complete periods.

    Without spend, or with too little history, there is nothing to fit: the table holds a `degradation` record
    that says so, and the build goes on.
    """
    chosen = Settings.from_config(settings)
    spans = to_frame(periods)
    complete = spans.loc[spans["is_complete"], ["period_start"]]
    activity = to_frame(touchpoint_periods)
    if not (activity["spend"] > 0).any():
        text = (
            "There is no spend, so there is no budget advice. Bring it with: conversionflow load spend FILE"
        )
        return to_records({}, [("degradation", text)], FIT)
    try:
        return _fit(chosen, activity.merge(complete), to_frame(transition_counts).merge(complete))
    except InputError as error:
        return to_records({}, [("degradation", f"There is no budget advice. {error}")], FIT)


def _fit(settings: Settings, activity: pd.DataFrame, counts: pd.DataFrame) -> pa.Table:
    from conversionflow import estimation

    show_progress()
    data = estimation.NetworkData.from_frames(
        activity, counts[counts["touchpoint_from"] != "(start)"], period=settings.period
    )
    sampler = estimation.SamplerSettings(
        draws=settings.mcmc_draws,
        tune=settings.mcmc_tune,
        chains=settings.mcmc_chains,
        seed=settings.random_seed,
        thinning=settings.mcmc_thinning,
        reference_periods=settings.reference_periods,
    )
    store = fit_store(settings)
    parts: dict[str, list[pd.DataFrame]] = {"attempt": [], "draw": [], "summary": [], "constant": []}
    notes = [("warning", note) for note in data.notes]
    for model in settings.models:
        fit = estimation.fit(model, data, sampler, store)
        parts["attempt"].append(estimation.diagnostics_frame(fit))
        parts["draw"].append(estimation.draws_frame(fit, settings.posterior_draws_kept))
        parts["summary"].append(estimation.summary_frame(fit, settings.credible_mass))
        parts["constant"].append(estimation.constants_frame(fit).rename(columns={"constant": "parameter"}))
        if not fit.converged:
            notes.append(("warning", f"Model {model} did not converge and is not used; see mcmc_diagnostics"))
    if store:
        prune(store, settings)
    return to_records({name: pd.concat(frames) for name, frames in parts.items()}, notes, FIT)
