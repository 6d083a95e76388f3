"""The settings that Python reads; dbt has checked their values before (macro `check_settings`)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from conversionflow.core.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """Settings of the estimation and the budget search, by their names in `dbt_project.yml`.

    Money is in the currency of `raw.spend`, per period; `period` is day, week or month.
    """

    period: str
    models: tuple[str, ...]
    mcmc_draws: int
    mcmc_tune: int
    mcmc_chains: int
    mcmc_thinning: int
    posterior_draws_kept: int
    credible_mass: float
    random_seed: int
    fit_cache_path: str | None
    fit_cache_days: int
    fit_cache_megabytes: int
    reference_periods: int
    holdout_periods: int
    priors: Mapping[str, Mapping[str, str | float]]
    spend_carryover: bool
    total_budget: float | None
    min_spend_ratio: float
    max_spend_ratio: float
    objective: str
    downside_share: float
    scenarios: tuple[str, ...]
    sweep_ratios: tuple[float, ...]
    target_conversions: float | None
    target_roas: float | None
    target_cpa: float | None
    target_mroas: float | None
    share_interval_draws: int
    sensitivity_share: float
    optimizer_population_size: int
    optimizer_generations: int
    optimizer_scenario_generations: int
    optimizer_elite_share: float
    optimizer_tournament_size: int
    optimizer_mutated_touchpoints: float
    optimizer_mutation_scale: float
    optimizer_final_mutation_scale: float
    optimizer_search_draws: int
    optimizer_reference_starts: int
    optimizer_first_parent_share: float
    optimizer_curve_points: int
    optimizer_approximations: int
    optimizer_approximation_points: int
    optimizer_frontier_points: int
    optimizer_frontier_generations: int
    optimizer_money_steps: int
    optimizer_rule_points: int
    optimizer_frontier_population: int
    optimizer_kept_uplift: float

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Settings":
        """Take the settings from a dbt model's `config.settings`.

        Raises
        ------
        SettingsError
            Where a name is missing or unknown.
        """
        names = {field.name for field in fields(cls)}
        if wrong := names.symmetric_difference(config):
            raise SettingsError(
                f"The model's config.settings must hold exactly the settings Python reads; "
                f"missing or unknown: {', '.join(sorted(wrong))}. See python_models/python_models.yml."
            )
        lists = {name: tuple(config[name]) for name in ("models", "scenarios", "sweep_ratios")}
        return cls(**{**config, **lists})

    def __post_init__(self) -> None:
        for name, prior in self.priors.items():
            arguments = {key: value for key, value in dict(prior).items() if key != "distribution"}
            numbers = all(
                isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
                for value in arguments.values()
            )
            if not (arguments and numbers and isinstance(prior.get("distribution"), str)):
                raise SettingsError(
                    f"priors: that of {name!r} is {dict(prior)}; it needs a distribution and its arguments, "
                    "numbers, as in {distribution: Normal, mu: 1.0, sigma: 0.5}"
                )
