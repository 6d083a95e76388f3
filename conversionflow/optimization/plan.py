"""From a response and a problem to a published plan with its uncertainty."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from conversionflow.core.errors import InputError
from conversionflow.optimization.exact import Optimum, first_order_gap, slsqp
from conversionflow.optimization.genetic import GeneticSettings, genetic_search
from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats, Objective
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.projection import project

MATERIAL_GAIN = 1e-9
"""Smallest gain over today's conversions, as a share of them, that moves any money."""


@dataclass(frozen=True)
class PlanFigures:
    """A plan against today's, per period: posterior means, and central intervals at the credible mass."""

    conversions_current: float
    conversions_current_low: float
    conversions_current_high: float
    conversions_recommended: float
    conversions_recommended_low: float
    conversions_recommended_high: float
    uplift: float
    uplift_low: float
    uplift_high: float
    probability_better: float


@dataclass(frozen=True, eq=False)
class Plan:
    """A recommended plan.

    Attributes
    ----------
    allocation : DataFrame
        One row per ``market`` and ``touchpoint``: ``current_spend``, ``recommended_spend``, ``min_spend``,
        ``max_spend`` (money per period, whole cents), ``marginal_conversions`` (per unit of money, at the
        recommended plan), ``binding_rule`` (``minimum``, ``maximum``, ``fixed``, ``none``).
    summary : DataFrame
        One row: ``total_budget``, the figures of `PlanFigures`, ``optimality_gap`` (share of the
        reference's lift that the plan misses), ``optimality_reference``, ``first_order_gap`` (conversions,
        see the function), ``budget_residual`` (money), ``feasible``.
    history : DataFrame
        One row per ``generation``: ``best``, ``mean``, ``worst``, ``diversity``.
    """

    allocation: pd.DataFrame
    summary: pd.DataFrame
    history: pd.DataFrame


def optimise(
    objective: Objective, problem: BudgetProblem, settings: GeneticSettings, credible_mass: float = 0.90
) -> Plan:
    """Search the plan of most expected conversions and report it beside today's.

    SLSQP from several starts, then the genetic algorithm seeded with its optimum, search on a thinned set
    of draws. The better of the two on all draws is polished there, rounded to cents, and compared with
    today's plan, which stays where nothing is better. All figures are on all draws.

    Parameters
    ----------
    objective : Objective
        The response; its ``keys`` must be the problem's.
    problem : BudgetProblem
        Today's plan, bounds, budget.
    settings : GeneticSettings
        Constants and the seed.
    credible_mass : float
        Mass of the intervals, between 0 and 1.

    Raises
    ------
    InputError
        If response and problem do not have the same touchpoints in the same order, or the response gives a
        value that is not finite.
    """
    if objective.keys != problem.keys:
        raise InputError(
            f"The response is of {objective.keys} and the budget of {problem.keys}; "
            "give both the same markets and touchpoints in the same order."
        )
    today, reference, history = _search(objective, problem, settings)
    spend = _recommended(objective, problem, reference)
    _, marginals = objective.mean_and_gradient(spend)
    residual = round(spend.sum() * CENTS) - round(problem.total * CENTS)
    inside = bool(((problem.low <= spend) & (spend <= problem.high)).all())
    summary = {
        "total_budget": problem.total,
        **asdict(evaluate_plan(objective, problem.current, spend, credible_mass)),
        "optimality_gap": _optimality_gap(objective, today, spend, reference),
        "optimality_reference": f"best of {settings.reference_starts} SLSQP starts and the genetic search, "
        "polished on all draws; no proof that nothing is better",
        "first_order_gap": first_order_gap(marginals, spend, problem),
        "budget_residual": residual / CENTS,
        "feasible": inside and residual == 0,
    }
    return Plan(_allocation(problem, spend, marginals), pd.DataFrame([summary]), history)


def _search(
    objective: Objective, problem: BudgetProblem, settings: GeneticSettings
) -> tuple[Floats, Optimum, pd.DataFrame]:
    """Return today's plan made feasible, the best plan known on all draws, and the search's history."""
    thinned = objective.thin(settings.search_draws)
    starts = starting_plans(thinned, problem, settings.reference_starts, settings.seed)
    local = slsqp(thinned, problem, starts)
    found = genetic_search(
        lambda plans: thinned.conversions(plans).mean(axis=0),
        problem,
        settings,
        np.vstack([local.plan, starts]),
    )
    candidates = np.stack([local.plan, found.plan, starts[0]])
    ahead = int(np.argmax(objective.conversions(candidates).mean(axis=0)))
    return starts[0], slsqp(objective, problem, candidates[[ahead]]), found.history


def evaluate_plan(
    objective: Objective, current: Floats, recommended: Floats, credible_mass: float
) -> PlanFigures:
    """Compare two plans, (n,) money, draw by draw.

    ``probability_better`` is the share of draws on which the recommended plan brings strictly more
    conversions: 0 where it is today's plan.
    """
    draws = objective.conversions(np.stack([current, recommended]))
    today, then = draws[:, 0], draws[:, 1]
    uplift = then - today
    tails = [(1 - credible_mass) / 2, (1 + credible_mass) / 2]
    (today_low, today_high), (then_low, then_high), (low, high) = (
        np.quantile(sample, tails).tolist() for sample in (today, then, uplift)
    )
    return PlanFigures(
        conversions_current=float(today.mean()),
        conversions_current_low=today_low,
        conversions_current_high=today_high,
        conversions_recommended=float(then.mean()),
        conversions_recommended_low=then_low,
        conversions_recommended_high=then_high,
        uplift=float(uplift.mean()),
        uplift_low=low,
        uplift_high=high,
        probability_better=float((uplift > 0).mean()),
    )


def starting_plans(objective: Objective, problem: BudgetProblem, count: int, seed: int) -> Floats:
    """Return feasible plans to start from, (count, n): today's, spend by elasticity, then random ones.

    Spend in proportion to ``spend x marginal`` is where marginals are equal if conversions rise with the
    logarithm of spend (Dorfman & Steiner, 1954, *American Economic Review* 44: 826-836).
    """
    today = project(problem.current[None], problem.low, problem.high, problem.total)[0]
    _, marginals = objective.mean_and_gradient(today)
    worth = today * np.maximum(marginals, 0.0)
    elastic = problem.total * worth / worth.sum() if worth.sum() > 0 else today
    drawn = np.random.default_rng(seed).uniform(problem.low, problem.high, size=(count, len(today)))
    plans = np.vstack([today, elastic, drawn])[:count]
    return project(plans, problem.low, problem.high, problem.total)


def _recommended(objective: Objective, problem: BudgetProblem, reference: Optimum) -> Floats:
    """Return the reference plan in cents, or today's where that is allowed and as good on all draws."""
    spend = problem.rounded(reference.plan)
    today, then = objective.conversions(np.stack([problem.current, spend])).mean(axis=0)
    no_gain = then - today <= MATERIAL_GAIN * abs(today)
    return problem.current if problem.allows_current and no_gain else spend


def _optimality_gap(objective: Objective, today: Floats, spend: Floats, reference: Optimum) -> float:
    """Share that the spend misses of the reference's lift over today's plan made feasible, >= 0."""
    base, value = objective.conversions(np.stack([today, spend])).mean(axis=0)
    lift = reference.value - base
    if lift <= MATERIAL_GAIN * abs(base):
        return 0.0
    return max(0.0, float((reference.value - value) / lift))


def _allocation(problem: BudgetProblem, spend: Floats, marginals: Floats) -> pd.DataFrame:
    at_low, at_high = spend <= problem.low, spend >= problem.high
    rule = np.select([at_low & at_high, at_low, at_high], ["fixed", "minimum", "maximum"], default="none")
    return pd.DataFrame(
        {
            "market": [market for market, _ in problem.keys],
            "touchpoint": [touchpoint for _, touchpoint in problem.keys],
            "current_spend": problem.current,
            "recommended_spend": spend,
            "min_spend": problem.low,
            "max_spend": problem.high,
            "marginal_conversions": marginals,
            "binding_rule": rule,
        }
    )
