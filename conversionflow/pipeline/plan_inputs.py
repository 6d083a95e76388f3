"""What the response curves and the budget search both start from: tables only, never a fitted object."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.core.errors import ConvergenceError
from conversionflow.core.settings import Settings
from conversionflow.estimation import Response
from conversionflow.warehouse.relations import to_frame

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlanInputs:
    """The response of the selected model and today's plan, in the order of `response.keys` (n of them).

    Attributes
    ----------
    settings : Settings
        The run's settings.
    model : str
        The model the plan rests on: the first of setting `models`.
    response : Response
        Expected conversions per period for a plan.
    current : (n,) array
        Mean spend per period, to the cent, over the last `reference_periods` periods with all their spend.
    spend_seen : list of n arrays
        Spend of each period the model was fitted on.
    untracked : DataFrame
        Touchpoints with spend that are not in the model: market, touchpoint, current_spend.
    revenue_per_conversion : dict
        By market, over the same reference periods; nan where nothing was sold.
    """

    settings: Settings
    model: str
    response: Response
    current: Floats
    spend_seen: list[Floats]
    untracked: pd.DataFrame
    revenue_per_conversion: dict[str, float]

    @classmethod
    def read(cls, settings: Settings, relations: Mapping[str, Any]) -> "PlanInputs | None":
        """Read the relations `periods`, `touchpoint_periods`, `diagnostics`, `draws` and `constants`.

        Returns
        -------
        PlanInputs or None
            None where no model was fitted at all, for want of data, or only one without a response to spend.

        Raises
        ------
        ConvergenceError
            Where the model the plan rests on did not converge.
        """
        diagnostics = to_frame(relations["diagnostics"])
        if diagnostics.empty:
            return None
        model = selected_model(settings, diagnostics)
        of_model = {name: to_frame(relations[name], model=model) for name in ("draws", "constants")}
        if "beta1" not in set(of_model["draws"]["parameter"]):
            return None
        others = {name: to_frame(relations[name]) for name in ("periods", "touchpoint_periods")}
        return cls.of_frames(settings, model, of_model | others)

    @classmethod
    def of_frames(cls, settings: Settings, model: str, frames: Mapping[str, pd.DataFrame]) -> "PlanInputs":
        """Put together the inputs of a plan that rests on a model from the tables that `read` names."""
        response = Response.from_frames(model, frames["draws"], frames["constants"])
        spans, activity = frames["periods"], frames["touchpoint_periods"]
        today = mean_spend(activity, spans.loc[spans["is_spend_complete"], "period_start"], settings)
        fitted = spans.loc[spans["is_complete"], "period_start"]
        return cls(
            settings=settings,
            model=model,
            response=response,
            current=today.reindex(response.keys).fillna(0.0).round(2).to_numpy(),
            spend_seen=_spend_seen(activity, fitted, response.keys),
            untracked=today[~today.index.isin(response.keys)].rename("current_spend").reset_index(),
            revenue_per_conversion=_revenue_per_conversion(activity, fitted, settings),
        )

    def interval(self, draws: Floats) -> tuple[Floats, Floats]:
        """Equal-tailed interval at `credible_mass` over the first axis."""
        tail = (1 - self.settings.credible_mass) / 2
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        return low, high


def selected_model(settings: Settings, diagnostics: pd.DataFrame) -> str:
    """Return the first of setting `models`, on which the plan rests, if its last attempt converged.

    The others are for comparison: a plan never moves to another model because the wanted one did not fit.

    Raises
    ------
    ConvergenceError
        Where it did not: no new plan may be published, and the last good one stays.
    """
    model = settings.models[0]
    last = diagnostics[diagnostics["model"] == model].sort_values("attempt").iloc[-1]
    if last["converged"]:
        return model
    raise ConvergenceError(
        f"Model {model} did not pass the convergence gate, so no plan is published and the last one stays "
        f"({last['action']}). Look at mcmc_diagnostics and posterior_summary; try more tuning, for example "
        f"--vars '{{mcmc_tune: {4 * settings.mcmc_tune}}}'."
    )


def mean_spend(activity: pd.DataFrame, periods: pd.Series, settings: Settings) -> pd.Series:
    """Mean spend per period by (market, touchpoint) over the last `reference_periods` of `periods`."""
    reference = periods.sort_values().tail(settings.reference_periods)
    spent = activity[activity["period_start"].isin(reference)]
    totals = spent.groupby(["market", "touchpoint"])["spend"].sum()
    return totals[totals > 0] / len(reference)


def _spend_seen(
    activity: pd.DataFrame, periods: pd.Series, keys: tuple[tuple[str, str], ...]
) -> list[Floats]:
    spends = activity.pivot_table(
        index="period_start", columns=["market", "touchpoint"], values="spend", aggfunc="sum", observed=True
    )
    complete = spends.reindex(index=sorted(periods), columns=pd.MultiIndex.from_tuples(keys)).fillna(0.0)
    return [complete[key].to_numpy() for key in keys]


def _revenue_per_conversion(
    activity: pd.DataFrame, periods: pd.Series, settings: Settings
) -> dict[str, float]:
    reference = periods.sort_values().tail(settings.reference_periods)
    sums = (
        activity[activity["period_start"].isin(reference)].groupby("market")[["revenue", "conversions"]].sum()
    )
    each = sums["revenue"] / sums["conversions"].where(sums["conversions"] > 0)
    return {str(market): float(value) for market, value in each.items()}
