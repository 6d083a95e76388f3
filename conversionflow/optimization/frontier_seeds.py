"""Plans that are best for weighted sums of several goals and little money moved, and plans between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from conversionflow.optimization.curve_table import CurveTable
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import MATERIAL_GAIN, Curves, Goal, moved_share
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.polish import slsqp
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.seeds import exact_plan, starting_plans
from conversionflow.optimization.water_filling import water_filling

DEAREST_TO_CHEAPEST = 1e3
"""Ratio of the prices of moved money between which the plans of a frontier are sought."""

SMOOTHED = 1e-3
"""Change of an amount, as a share of the mean amount, below which its distance counts as a parabola."""


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """Goals at their weights, less a price on the share of the budget moved."""

    goals: Sequence[Goal]
    weights: Floats
    price: float
    problem: BudgetProblem
    name: ClassVar[str] = "weighted sum"

    @property
    def keys(self) -> tuple[Key, ...]:
        """Market and touchpoint of each amount."""
        return self.problem.keys

    @property
    def curves(self) -> Curves | None:
        """The sum's curves, where every goal is a sum of curves."""
        parts = [goal.curves for goal in self.goals]
        if any(part is None for part in parts):
            return None
        today, per_money = self.problem.current, self.price / (2 * self.problem.total)

        def summed(spend: Floats) -> tuple[Floats, Floats]:
            values = -per_money * np.abs(spend - today)
            marginals = -per_money * np.sign(spend - today)
            for weight, part in zip(self.weights, parts, strict=True):
                one, slope = part(spend) if part is not None else (0.0, 0.0)
                values, marginals = values + weight * one, marginals + weight * slope
            return values, marginals

        return summed

    def values(self, plans: Floats) -> Floats:
        """Values (B,) of plans (B, n)."""
        moved = moved_share(plans, self.problem.current, self.problem.total)
        total: Floats = self.weights @ np.stack([goal.values(plans) for goal in self.goals])
        return total - self.price * moved

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Value of one plan with the corner of the distance smoothed, and its derivative by spend, (n,)."""
        change = plan - self.problem.current
        corner = SMOOTHED * self.problem.total / len(plan)
        distance = np.sqrt(change**2 + corner**2)
        per_money = self.price / (2 * self.problem.total)
        value, gradient = -per_money * float((distance - corner).sum()), -per_money * change / distance
        for weight, goal in zip(self.weights, self.goals, strict=True):
            one, slope = goal.value_and_gradient(plan)
            value, gradient = value + weight * one, gradient + weight * slope
        return value, gradient

    def thin(self, draws: int) -> Self:
        """Return the sum on at most ``draws`` draws."""
        return type(self)([goal.thin(draws) for goal in self.goals], self.weights, self.price, self.problem)


def supported_plans(goals: Sequence[Goal], problem: BudgetProblem, settings: GeneticSettings) -> Floats:
    """Return feasible plans near the frontier of goals and money moved, (population, n).

    Exact for sums of curves; otherwise by SLSQP, each from the last one.
    """
    today = problem.repair(problem.current[None])[0]
    ends = [_best(goal, problem, settings, today) for goal in goals]
    base, reached = (
        np.stack([goal.values(np.stack([today, *ends])) for goal in goals])[:, side]
        for side in (0, slice(1, None))
    )
    gains = reached.max(axis=1) - base
    ranges = np.where(gains > MATERIAL_GAIN * np.abs(base), gains, 1.0)
    slopes = np.stack([goal.value_and_gradient(today)[1] for goal in goals]) / ranges[:, None]
    spread = slopes.max(axis=1) - slopes.min(axis=1)
    dearest = float(spread.max()) * 2 * problem.total or 1.0
    prices = np.geomspace(dearest / DEAREST_TO_CHEAPEST, dearest, settings.frontier_points)
    mixes = np.random.default_rng(settings.seed).dirichlet(np.ones(len(goals)), len(prices))
    plans = [*ends, today]
    start = ends[0]
    for price, mix in zip(prices, mixes, strict=True):
        plan = _priced(goals, mix / ranges, price, problem, settings)
        start = (
            _best(WeightedSum(goals, mix / ranges, price, problem), problem, settings, start)
            if plan is None
            else plan
        )
        plans.append(start)
    return _between(np.array(plans), goals, problem, settings.population)


def _best(goal: Goal, problem: BudgetProblem, settings: GeneticSettings, start: Floats) -> Floats:
    """Return the exact plan of a sum of curves, or else the best local one from a start and others."""
    exact = exact_plan(goal, problem, settings)
    if exact is not None:
        return exact.plan
    starts = np.vstack([start, starting_plans(goal, problem, 2, settings.seed)])
    return slsqp(goal, problem, starts).plan


def _priced(
    goals: Sequence[Goal], weights: Floats, price: float, problem: BudgetProblem, settings: GeneticSettings
) -> Floats | None:
    """Return the exact plan for concave curves at weights, less a price on moved money; None for others.

    An amount is in two parts, up to today's and beyond, each with a smooth concave curve of its own; the
    price sets their marginals apart, and only the difference counts, so none is made negative.
    """
    unpriced = WeightedSum(goals, weights, 0.0, problem)
    if unpriced.curves is None or problem.rules.any:
        return None
    curves, size = unpriced.curves, len(problem.keys)
    table = CurveTable.of_curves(curves, problem.low, problem.high, settings.curve_points)
    if not table.concave:
        return None
    today = np.clip(problem.current, problem.low, problem.high)
    apart = np.repeat([price / problem.total, 0.0], size)

    def marginals(amounts: Floats) -> Floats:
        rows = amounts.reshape(-1, size)
        priced: Floats = curves(rows)[1].reshape(amounts.shape) + apart
        return priced

    low, high = np.append(problem.low, today), np.append(today, problem.high)
    parts = water_filling(marginals, low, high, problem.total + float(today.sum()))
    return parts[:size] + parts[size:] - today


def _between(plans: Floats, goals: Sequence[Goal], problem: BudgetProblem, count: int) -> Floats:
    """Add plans on the lines between neighbours by money moved, more where neighbours differ more.

    Where the goals are concave, such a plan is at least as good as the line between its neighbours' values.
    """
    moved = moved_share(plans, problem.current, problem.total)
    order = np.argsort(moved, kind="stable")
    plans, moved = plans[order], moved[order]
    values = np.column_stack([*(goal.values(plans) for goal in goals), moved])
    width = np.ptp(values, axis=0)
    scaled = np.divide(values, width, out=np.zeros_like(values), where=width > 0)
    passed = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(scaled, axis=0), axis=1)))
    wanted = np.linspace(0.0, passed[-1], max(2, count - len(plans)))
    left = np.clip(np.searchsorted(passed, wanted, side="right") - 1, 0, len(plans) - 2)
    gap = passed[left + 1] - passed[left]
    along = np.divide(wanted - passed[left], gap, out=np.zeros_like(gap), where=gap > 0)[:, None]
    return np.vstack([plans, (1 - along) * plans[left] + along * plans[left + 1]])
