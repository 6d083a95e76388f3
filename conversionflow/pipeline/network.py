"""The estimation's dbt model: from period tables to everything the fitted models leave."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from conversionflow.core.errors import InputError
from conversionflow.core.progress import show_progress
from conversionflow.core.settings import Settings
from conversionflow.pipeline.fit_cache import fit_store, prune
from conversionflow.pipeline.records import schema, to_records
from conversionflow.warehouse.relations import to_frame

if TYPE_CHECKING:
    from conversionflow import estimation

FIT = schema(
    text="record model parameter market touchpoint related_touchpoint action work note observations measure "
    "statistic distribution arguments source basis",
    count="chain draw attempt divergences pareto_k_bad",
    number="value mean sd low high rhat ess_bulk ess_tail rhat_max ess_bulk_min ess_tail_min ebfmi_min "
    "tree_depth_max_share seconds elpd_loo elpd_loo_se elpd_diff weight elpd_holdout observed predicted "
    "predicted_low predicted_high p_value",
    flag="converged selected",
)

#: Probability of no effect from which the build says so.
NO_EFFECT_MENTIONED = 0.05


def fit_network(
    settings: Mapping[str, Any],
    *,
    periods: Any,
    touchpoint_periods: Any,
    transition_counts: Any,
    experiments: Any = None,
) -> pa.Table:
    """Fit every model of setting `models` to the complete periods; measured lifts calibrate `journey`.

    Without spend there is nothing to fit, and with too little history only the network without a response to
    spend: the table holds a `degradation` record that says so, and the build goes on.
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
        return _fit(
            chosen,
            activity.merge(complete),
            to_frame(transition_counts).merge(complete),
            None if experiments is None else to_frame(experiments),
        )
    except InputError as error:
        return to_records({}, [("degradation", f"There is no budget advice. {error}")], FIT)


def _fit(
    settings: Settings, activity: pd.DataFrame, counts: pd.DataFrame, experiments: pd.DataFrame | None
) -> pa.Table:
    from conversionflow import estimation

    show_progress()
    data = estimation.NetworkData.from_frames(
        activity, counts[counts["touchpoint_from"] != "(start)"], period=settings.period
    )
    if experiments is not None and not data.shortness:
        data = estimation.with_experiments(data, experiments)
    sampler = estimation.SamplerSettings(
        draws=settings.mcmc_draws,
        tune=settings.mcmc_tune,
        chains=settings.mcmc_chains,
        seed=settings.random_seed,
        thinning=settings.mcmc_thinning,
        reference_periods=settings.reference_periods,
        priors=settings.priors,
        spend_carryover=settings.spend_carryover,
    )
    if data.shortness:
        return _fit_steady(settings, data, sampler)
    store = fit_store(settings)
    parts: dict[str, list[pd.DataFrame]] = {}
    densities: dict[str, Any] = {}
    held_out: dict[str, float | None] = {}
    notes = [("warning", note) for note in (*data.notes, *_without_organic(data))]
    for model in settings.models:
        fit = estimation.fit(model, data, sampler, store)
        notes += [("warning", note) for note in estimation.conflicts(data, fit.parameters)]
        tables = _tables(settings, sampler, fit)
        checks = [estimation.prior_checks_frame(model, data, sampler, settings.credible_mass)]
        densities[model] = None
        if fit.converged:
            evidence = estimation.Evidence.of(fit, settings.reference_periods)
            densities[model] = evidence.loo
            checks.append(evidence.checks(settings.credible_mass, settings.random_seed))
            held_out[model] = estimation.held_out_density(
                model, data, sampler, settings.holdout_periods, store
            )
        notes += _notes(settings, fit, held_out.get(model))
        tables["check"] = pd.concat(checks)
        for record, table in tables.items():
            parts.setdefault(record, []).append(table)
    parts["comparison"] = [estimation.comparison_frame(densities, held_out, settings.models[0])]
    if store:
        prune(store, settings)
    return to_records({name: pd.concat(frames) for name, frames in parts.items()}, notes, FIT)


def _fit_steady(
    settings: Settings, data: "estimation.NetworkData", sampler: "estimation.SamplerSettings"
) -> pa.Table:
    """Fit the first model's simplest form, from which no plan follows, or say that it has none."""
    from conversionflow import estimation

    model = settings.models[0]
    fit = estimation.fit(model, data, sampler)
    text = (
        f"There is no budget advice. {data.shortness}. Model {model} was fitted without a response to spend: "
        "entries and transition probabilities as they are on average"
    )
    comparison = estimation.comparison_frame({model: None}, {}, model)
    return to_records(
        {**_tables(settings, sampler, fit), "comparison": comparison}, [("degradation", text)], FIT
    )


def _tables(
    settings: Settings, sampler: "estimation.SamplerSettings", fit: "estimation.Fit"
) -> dict[str, pd.DataFrame]:
    """Tabulate what a fit leaves, by record."""
    from conversionflow import estimation

    return {
        "attempt": estimation.diagnostics_frame(fit),
        "draw": estimation.draws_frame(fit, settings.posterior_draws_kept),
        "summary": estimation.summary_frame(fit, settings.credible_mass),
        "constant": estimation.constants_frame(fit).rename(columns={"constant": "parameter"}),
        "prior": estimation.priors_frame(fit, sampler),
    }


def _without_organic(data: "estimation.NetworkData") -> list[str]:
    """Say of which markets nothing tells what spend does from a demand that planners follow."""
    organic = data.active & ~data.paid
    return [
        f"All touchpoints of market {market!r} have spend. Nothing shows there what demand does by itself, "
        "so the effect that all spend has in common is nearly the prior's word: plans that shift money are "
        "safer than plans of more or less of it"
        for market, paid, known in zip(data.markets, data.paid, organic, strict=True)
        if paid.any() and not known.any()
    ]


def _notes(settings: Settings, fit: "estimation.Fit", held_out: float | None) -> list[tuple[str, str]]:
    """Say what is missing of a model, or of what it found."""
    if not fit.converged:
        return [("warning", f"Model {fit.model} did not converge and is not used; see mcmc_diagnostics")]
    texts = []
    if fit.no_effect >= NO_EFFECT_MENTIONED:
        chance = "over 99%" if fit.no_effect > 0.99 else f"{fit.no_effect:.0%}"
        texts.append(
            f"Model {fit.model}: the probability that spend moves nothing at all in these data is {chance}. "
            "As many of its draws say so, and what a plan claims is smaller by that"
        )
    if settings.holdout_periods and held_out is None:
        texts.append(
            f"Model {fit.model} was not judged by the last {settings.holdout_periods} periods: without them "
            "it did not converge, or too few are left to fit it to"
        )
    return [("warning", text) for text in texts]
