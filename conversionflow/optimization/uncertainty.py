"""How far a plan rests on what is not known: solved again on some of the draws, or on draws weighted anew."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conversionflow.optimization.goals import Goal
from conversionflow.optimization.objective import Floats, Objective
from conversionflow.optimization.polish import slsqp
from conversionflow.optimization.problem import BudgetProblem

Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Resolved:
    """What would be best if only some draws were true.

    Attributes
    ----------
    plan : (n,) array
        The best plan there, money.
    uplift : float
        What it brings over today's plan there, conversions.
    uplift_of_given : float
        What the given plan brings over today's plan there, conversions.
    """

    plan: Floats
    uplift: float
    uplift_of_given: float


def resolve(goal: Goal, objective: Objective, problem: BudgetProblem, given: Floats) -> Resolved:
    """Solve for a goal again from a given plan, (n,) money, and evaluate both plans on the objective's draws.

    The goal may be of fewer of these draws; where its plan is no better on all of them, the given one stays.
    """
    plan = slsqp(goal, problem, given[None]).plan
    today, best, kept = objective.conversions(np.stack([problem.current, plan, given])).mean(axis=0).tolist()
    if best <= kept:
        plan, best = given, kept
    return Resolved(plan, best - today, kept - today)


def share_intervals(
    goals: Iterable[Goal], problem: BudgetProblem, given: Floats, credible_mass: float
) -> tuple[Floats, Floats]:
    """Return the interval of each touchpoint's share of the budget, (n,) each.

    The best plan is solved for by each goal, from the given plan. With a goal of one posterior draw each, the
    interval is of what would be best if one knew the response, and says how far the data settle where the
    money goes.

    Parameters
    ----------
    goals : iterable of Goal
        One per posterior draw.
    problem : BudgetProblem
        Bounds, rules and budget.
    given : (n,) array
        The plan to start from, money.
    credible_mass : float
        Mass of the equal-tailed intervals.
    """
    plans = [slsqp(goal, problem, given[None]).plan for goal in goals]
    tails = [(1 - credible_mass) / 2, (1 + credible_mass) / 2]
    low, high = np.quantile(np.array(plans) / problem.total, tails, axis=0)
    return low, high


def tails_of(values: Floats, share: float) -> tuple[Places, Places]:
    """Return the places of the lowest and of the highest share of draws (S,) of a quantity, at least one."""
    count = max(1, round(share * len(values)))
    order = np.argsort(values, kind="stable")
    return order[:count], order[-count:]


def power_scaled_weights(log_prior: Floats, power: float) -> Floats:
    """Return weights (S,), in sum 1, of draws under the prior raised to a power.

    Draws of the posterior are draws under another prior when weighted by the ratio of the two; that of a
    prior to the power a and the prior is its density to the power a - 1 (Kallioinen, Paananen, Bürkner &
    Vehtari, 2023, *Statistics and Computing* 34: 57). Above 1 the prior says more, below 1 less.

    Parameters
    ----------
    log_prior : (S,) array
        Log density of each draw under the prior.
    power : float
        Above 0.
    """
    log_weights = (power - 1.0) * log_prior
    weights = np.exp(log_weights - log_weights.max())
    scaled: Floats = weights / weights.sum()
    return scaled


def effective_draws(weights: Floats) -> float:
    """Return the number of equal draws that are worth as much as the weighted ones (Kish, 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def systematic_sample(weights: Floats, count: int) -> Places:
    """Return places of ``count`` draws, each as often as its weight asks for, up to one (Kitagawa, 1996)."""
    ends = np.cumsum(weights) / weights.sum()
    ticks = (np.arange(count) + 0.5) / count
    places: Places = np.minimum(np.searchsorted(ends, ticks), len(weights) - 1)
    return places
