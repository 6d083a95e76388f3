"""A plan that somebody has in mind: whether it may be, and which rules it breaks."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from conversionflow.core.errors import InfeasibleBudgetError, InputError
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats, Key, Objective
from conversionflow.optimization.plan import Plan, evaluate_plan
from conversionflow.optimization.problem import BudgetProblem


def completed_plan(given: Mapping[Key, float], keys: tuple[Key, ...], current: Floats) -> Floats:
    """Return a plan (n,) in the order of the keys: what is given, and today's spend elsewhere.

    Raises
    ------
    InputError
        Naming what is no market and touchpoint of the keys, and amounts that are no money.
    """
    unknown = [" / ".join(key) for key in given if key not in keys]
    if unknown:
        known = ", ".join(" / ".join(key) for key in keys)
        raise InputError(f"The plan has spend on {', '.join(unknown)}; the model knows {known}.")
    plan = np.array(
        [given.get(key, amount) for key, amount in zip(keys, current.tolist(), strict=True)], dtype=np.float64
    )
    wrong = [
        f"{plan[n]} on {' / '.join(key)}"
        for n, key in enumerate(keys)
        if not (np.isfinite(plan[n]) and plan[n] >= 0)
    ]
    if wrong:
        raise InputError(f"A plan is of amounts of 0 or more; this one has {', '.join(wrong)}.")
    return np.round(plan * CENTS) / CENTS


def broken_rules(plan: Floats, problem_at: Callable[[float], BudgetProblem]) -> list[str]:
    """Return texts that name the bounds and rules that a plan, (n,) money in cents, breaks.

    Parameters
    ----------
    plan : (n,) array
        The plan.
    problem_at : callable
        The problem of a total; raises InfeasibleBudgetError where no plan of that total keeps the rules.
    """
    try:
        problem = problem_at(float(plan.sum()))
    except InfeasibleBudgetError as error:
        return [str(error)]
    texts = []
    for n, key in enumerate(problem.keys):
        name = " / ".join(key)
        if plan[n] < problem.low[n] - 0.5 / CENTS:
            texts.append(f"{name} gets {plan[n]:,.2f}, less than its minimum of {problem.low[n]:,.2f}")
        if plan[n] > problem.high[n] + 0.5 / CENTS:
            texts.append(f"{name} gets {plan[n]:,.2f}, more than its maximum of {problem.high[n]:,.2f}")
    broken = problem.violations(plan[None])
    texts += [
        f"{rule} is broken by {amount[0]:,.2f}"
        for rule, amount in broken.items()
        if rule not in ("bounds", "budget") and amount[0] > 0.5 / CENTS
    ]
    return texts


def given_plan(
    objective: Objective, current: Floats, given: Floats, credible_mass: float, *, goal: Goal, feasible: bool
) -> Plan:
    """Report a plan that was given, (n,) money, as one that was searched for is reported.

    Nothing says how far it is from the best: its gaps are nan, and its history is empty.
    """
    _, marginals = objective.mean_and_gradient(given)
    before, then = goal.values(np.stack([current, given])).tolist()
    summary = {
        "total_budget": float(given.sum()),
        "objective": goal.name,
        "goal_current": before,
        "goal_recommended": then,
        **asdict(evaluate_plan(objective, current, given, credible_mass)),
        "optimality_gap": np.nan,
        "optimality_reference": "the plan was given, not searched for",
        "first_order_gap": np.nan,
        "budget_residual": 0.0,
        "feasible": feasible,
    }
    market, touchpoint = zip(*objective.keys, strict=True)
    allocation = pd.DataFrame(
        {
            "market": market,
            "touchpoint": touchpoint,
            "current_spend": current,
            "recommended_spend": given,
            "min_spend": given,
            "max_spend": given,
            "marginal_conversions": marginals,
            "binding_rule": "given",
        }
    )
    history = pd.DataFrame(columns=["generation", "best", "mean", "worst", "diversity"], dtype=float)
    return Plan(allocation, pd.DataFrame([summary]), history)
