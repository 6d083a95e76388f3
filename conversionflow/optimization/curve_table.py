"""Curves read off on a grid once, so that a search does not ask all posterior draws again and again."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from conversionflow.optimization.goals import Curves, Goal
from conversionflow.optimization.objective import Floats, Integers, Key
from conversionflow.optimization.problem import BudgetProblem

STEEPEST = 3.0
"""Slope at an end of a cell, over its mean slope, beyond which a cubic may turn (Fritsch & Carlson, 1980)."""


@dataclass(frozen=True, eq=False)
class CurveTable:
    """One curve per touchpoint: cubics through values and slopes at even steps from low to high.

    Outside the table the curve is held at its end.

    Attributes
    ----------
    low, step : (n,) arrays
        First amount and distance of amounts, money; a step of 0 is a touchpoint of one amount.
    values, slopes : (G, n) arrays
        Values there, and their change over one step.
    """

    low: Floats
    step: Floats
    values: Floats
    slopes: Floats

    @classmethod
    def of_curves(cls, curves: Curves, low: Floats, high: Floats, points: int) -> "CurveTable":
        """Read curves off at ``points`` amounts from low to high, (n,) each.

        Slopes steeper than a monotone cubic allows, such as the infinite one of a power of spend at 0, are
        cut to it.
        """
        step = (high - low) / (points - 1)
        spend = np.minimum(low + step * np.arange(points)[:, None], high)
        values, marginals = curves(spend)
        rises = np.abs(np.diff(values, axis=0))
        beside = np.minimum(np.vstack([rises[:1], rises]), np.vstack([rises, rises[-1:]]))
        with np.errstate(invalid="ignore"):
            slopes = np.where(step > 0, marginals * step, 0.0)
        return cls(low, step, values, np.clip(slopes, -STEEPEST * beside, STEEPEST * beside))

    @classmethod
    def around(cls, goal: Goal, plan: Floats, low: Floats, high: Floats, points: int) -> "CurveTable":
        """Read off what a goal gains over a plan (n,) when one amount moves and the others stay."""
        places = np.arange(len(plan))
        step = (high - low) / (points - 1)
        spend = np.minimum(low + step * np.arange(points)[:, None], high)
        moved = np.tile(plan, (points, len(plan), 1))
        moved[:, places, places] = spend
        plans = np.vstack([plan, moved.reshape(-1, len(plan))])
        gains = goal.values(plans)
        values = (gains[1:] - gains[0]).reshape(points, len(plan))
        slopes = np.gradient(values, axis=0) if points > 2 else np.tile(np.diff(values, axis=0), (2, 1))
        return cls(low, step, values, slopes)

    @property
    def high(self) -> Floats:
        """The last amounts, (n,) money."""
        return self.low + self.step * (len(self.values) - 1)

    @property
    def concave(self) -> bool:
        """Whether no curve's rise grows from one cell to the next, up to rounding."""
        rises = np.diff(self.values, axis=0)
        allowed = 1e-9 * np.abs(self.values).max(axis=0, initial=0.0)
        return bool((np.diff(rises, axis=0) <= allowed).all())

    def by_touchpoint(self, plans: Floats) -> Floats:
        """Value of each amount's curve, (B, n), for plans (B, n)."""
        cell, along = self._cells(plans)
        column = np.arange(len(self.low))
        start, end = self.values[cell, column], self.values[cell + 1, column]
        rise, leaving, arriving = end - start, self.slopes[cell, column], self.slopes[cell + 1, column]
        bend = along * (1 - along) * ((1 - along) * (leaving - rise) + along * (rise - arriving))
        value: Floats = start + rise * along + bend
        return value

    def marginals(self, plans: Floats) -> Floats:
        """Return the curves' derivatives by spend, straight lines between those of the table, (B, n)."""
        cell, along = self._cells(plans)
        column = np.arange(len(self.low))
        slope = self.slopes[cell, column] * (1 - along) + self.slopes[cell + 1, column] * along
        return np.divide(slope, self.step, out=np.zeros_like(slope), where=self.step > 0)

    def _cells(self, plans: Floats) -> tuple[Integers, Floats]:
        """Cell of each amount, and the share of it that the amount has passed, (B, n) each."""
        steps = np.divide(plans - self.low, self.step, out=np.zeros_like(plans), where=self.step > 0)
        steps = np.clip(steps, 0.0, len(self.values) - 1)
        cell = np.minimum(steps.astype(np.int64), len(self.values) - 2)
        return cell, steps - cell


@dataclass(frozen=True, eq=False)
class TabulatedGoal:
    """A goal that is a sum of curves, with its table in the place of its draws."""

    name: str
    keys: tuple[Key, ...]
    table: CurveTable

    @classmethod
    def of(cls, goal: Goal, problem: BudgetProblem, points: int) -> "TabulatedGoal | None":
        """Tabulate a goal between a problem's bounds; None where it is no sum of curves."""
        if goal.curves is None:
            return None
        return cls(goal.name, goal.keys, CurveTable.of_curves(goal.curves, problem.low, problem.high, points))

    def curves(self, spend: Floats) -> tuple[Floats, Floats]:
        """Return each touchpoint's value and derivative, (G, n)."""
        return self.table.by_touchpoint(spend), self.table.marginals(spend)

    def values(self, plans: Floats) -> Floats:
        """Values (B,) of plans (B, n), up to a constant."""
        total: Floats = self.table.by_touchpoint(plans).sum(axis=-1)
        return total

    def value_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Value of one plan, up to a constant, and its derivative by spend, (n,)."""
        return float(self.values(plan)), self.table.marginals(plan)

    def thin(self, draws: int) -> Self:
        """Return the goal itself: its draws are in its table already."""
        del draws
        return self
