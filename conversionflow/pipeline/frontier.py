"""The frontier of plans: what more conversions cost in certainty and in money moved."""

import numpy as np
import pandas as pd

from conversionflow.optimization.frontier import search_frontier
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Downside, ExpectedConversions, ExpectedRevenue
from conversionflow.pipeline.plan_solver import Solved, Solver


def frontier_rows(solver: Solver, solved: Solved, search: GeneticSettings) -> pd.DataFrame:
    """Search the frontier around a scenario's plan: expected outcome, its downside, and money moved.

    The outcome is conversions, or revenue where that is the objective; the downside is of the uplift over
    today's plan.
    """
    inputs = solver.inputs
    if solved.problem is None:
        raise ValueError("A plan that was given has no frontier")
    conversions = ExpectedConversions(inputs.response)
    outcome = solved.goal if isinstance(solved.goal, ExpectedRevenue) else conversions
    downside = Downside(conversions, inputs.settings.downside_share, inputs.current)
    frontier = search_frontier([outcome, downside], solved.problem, search)
    keys = pd.MultiIndex.from_tuples(inputs.response.keys)
    wide = frontier.spend.pivot_table(index="plan_id", columns=["market", "touchpoint"], values="spend")
    plans = wide.reindex(columns=keys)
    prices = inputs.revenue_per_conversion
    by_market = inputs.response.conversions_by_market(plans.to_numpy()).mean(axis=0)
    revenue = by_market @ np.array([prices.get(market, np.nan) for market in inputs.response.markets])
    figures = pd.DataFrame({"plan_id": plans.index, "conversions": by_market.sum(axis=1), "revenue": revenue})
    judged = frontier.plans[["plan_id", "downside", "moved_share", "recommended"]]
    return (
        frontier.spend.merge(judged, on="plan_id")
        .merge(figures, on="plan_id")
        .assign(scenario=solved.question.scenario)
    )
