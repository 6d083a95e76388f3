"""Scenarios whose total budget is itself the answer: targets, and plans along a range of totals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, floor

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError, InputError
from conversionflow.optimization.economics import Economics
from conversionflow.optimization.goals import Goal
from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.polish import slsqp
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.scipy_routines import brentq

STEPS = 12
"""Steps of total budget from the least to the most, between which a target is looked for."""

COARSE_DRAWS = 50
"""Posterior draws on which the step that holds the target, and the way of the next money, are found."""

LAST_SHARE = 0.01
"""Share of a budget by which it changes where the way of the next money is asked for."""

MET = 1e-6
"""Relative distance from a target at which it counts as met."""

HALVINGS = 50
"""Halvings of the range of totals that rules leave: below a cent."""


@dataclass(frozen=True)
class Measure:
    """How a target is judged.

    Attributes
    ----------
    unit : str
        What the target's number is.
    rises : bool
        Whether more budget brings the figure up: then the least budget that meets the target is the answer,
        and otherwise the largest that still does.
    at_most : bool
        Whether the figure must not exceed the target; it must reach it otherwise.
    """

    unit: str
    rises: bool = False
    at_most: bool = False


MEASURES = {
    "conversions": Measure("tracked conversions per period", rises=True),
    "roas": Measure("revenue of the contribution over spend"),
    "cpa": Measure("spend per contributed conversion", at_most=True),
    "mroas": Measure("revenue of one more unit of money"),
}


@dataclass(frozen=True)
class Target:
    """A figure of `MEASURES` that a plan is to meet."""

    figure: str
    amount: float

    def __post_init__(self) -> None:
        if self.figure not in MEASURES:
            raise InputError(f"There is no target {self.figure!r}; choose from {', '.join(MEASURES)}.")
        if not (np.isfinite(self.amount) and self.amount > 0):
            raise InputError(f"The target of {self.figure} is {self.amount}, not a number above 0.")

    @property
    def measure(self) -> Measure:
        """How it is judged."""
        return MEASURES[self.figure]

    def excess(self, reached: float) -> float:
        """Return by what share of itself the target is exceeded, below 0 where it is missed."""
        if not np.isfinite(reached):
            return -1.0
        excess = reached / self.amount - 1.0
        return -excess if self.measure.at_most else excess


@dataclass(frozen=True)
class Answer:
    """The total that a target asks for.

    Attributes
    ----------
    total : float
        Money per period, whole cents.
    reached : float
        The figure of the best plan of that total.
    met : bool
        Whether that meets the target.
    note : str
        What a reader must know: that bounds end the search, or that no total meets the target. Empty else.
    """

    total: float
    reached: float
    met: bool
    note: str


@dataclass(eq=False)
class PlanPath:
    """The best plans of totals from the least to the most that bounds and rules allow.

    Attributes
    ----------
    goal : Goal
        What the plans make as large as they can.
    economics : Economics
        What targets are judged by.
    problem_at : callable
        The problem of a total; raises InfeasibleBudgetError where bounds and rules leave no plan.
    lowest, highest : float
        Ends of the totals, money.
    """

    goal: Goal
    economics: Economics
    problem_at: Callable[[float], BudgetProblem]
    lowest: float
    highest: float
    _known: dict[float, Floats] = field(default_factory=dict)

    def plan(self, total: float) -> Floats:
        """Return the best plan of a total, (n,) money, begun from the plan of the nearest total known."""
        cents = round(total * CENTS) / CENTS
        if cents not in self._known:
            problem = self.problem_at(cents)
            starts = [problem.current]
            if self._known:
                nearest = min(self._known, key=lambda known: abs(known - cents))
                starts.append(self._known[nearest] * (cents / nearest))
            self._known[cents] = slsqp(self.goal, problem, np.array(starts)).plan
        return self._known[cents]

    def figure(self, name: str, total: float) -> float:
        """Return a figure of `MEASURES` of the best plan of a total."""
        plan = self.plan(total)
        if name == "mroas":
            return self.marginal_roas(plan)
        reached: float = getattr(self.economics.returns(plan), name)
        return reached

    def marginal_roas(self, plan: Floats) -> float:
        """Return the revenue of one more unit of money in a plan, (n,) money, spent as more budget would be.

        That is the way from the best plan of a little less money to that of the plan's total, or to a little
        more where bounds allow no less; nan where they allow neither.
        """
        total = float(plan.sum())
        below = max(total * (1 - LAST_SHARE), self.lowest)
        above = total if below < total else min(total * (1 + LAST_SHARE), self.highest)
        if not above > below:
            return np.nan
        more, less = self.coarse.plan(above), self.coarse.plan(below)
        way = (more - less) / (more.sum() - less.sum())
        return float(self.economics.marginal_revenue(plan) @ way)

    @cached_property
    def coarse(self) -> "PlanPath":
        """The path on fewer posterior draws."""
        goal, economics = self.goal.thin(COARSE_DRAWS), self.economics.thin(COARSE_DRAWS)
        return PlanPath(goal, economics, self.problem_at, self.lowest, self.highest)


def attainable(
    problem_at: Callable[[float], BudgetProblem], low: float, high: float, inside: float
) -> tuple[float, float]:
    """Return the least and the most total between low and high that bounds and rules allow, money.

    Parameters
    ----------
    problem_at : callable
        The problem of a total; raises InfeasibleBudgetError.
    low, high : float
        Sums of the bounds.
    inside : float
        A total that is allowed.

    Raises
    ------
    InfeasibleBudgetError
        Where ``inside`` is not.
    """
    problem_at(inside)
    return _last_allowed(problem_at, inside, low), _last_allowed(problem_at, inside, high)


def _last_allowed(problem_at: Callable[[float], BudgetProblem], allowed: float, end: float) -> float:
    """Return the total nearest to the end, in cents, on the way from an allowed one."""
    rounding = ceil if end < allowed else floor
    wanted, good = rounding(round(end * CENTS, 4)), round(allowed * CENTS)
    if _allows(problem_at, wanted / CENTS):
        return wanted / CENTS
    for _ in range(HALVINGS):
        middle = (good + wanted) // 2
        if middle in (good, wanted):
            break
        good, wanted = (middle, wanted) if _allows(problem_at, middle / CENTS) else (good, middle)
    return good / CENTS


def _allows(problem_at: Callable[[float], BudgetProblem], total: float) -> bool:
    try:
        problem_at(total)
    except InfeasibleBudgetError:
        return False
    return True


def find_total(target: Target, path: PlanPath) -> Answer:
    """Find the least total that brings the conversions of a target, or the largest that still pays as asked.

    A grid of totals on few draws shows between which two the target is crossed, for the largest budget the
    last time; the total is then found on all draws by Brent's method (1973, *Algorithms for Minimization
    without Derivatives*, chapter 4) and rounded to the cent on the side that meets the target.
    """
    totals = np.unique(np.round(np.linspace(path.lowest, path.highest, STEPS + 1), 2))
    coarse = np.array([target.excess(path.coarse.figure(target.figure, total)) for total in totals])
    met = coarse >= 0

    def excess(total: float) -> float:
        return target.excess(path.figure(target.figure, total))

    rises = target.measure.rises
    first = int(np.argmax(met)) if rises else len(met) - 1 - int(np.argmax(met[::-1]))
    left = first - 1 if rises else first
    # the draws left out move the crossing a little: the steps beside it are tried where it has none
    beside = [cell for cell in (left, left - 1, left + 1) if 0 <= cell < len(totals) - 1]
    for cell in beside:
        low, high = totals[cell], totals[cell + 1]
        if (excess(low) >= 0) != (excess(high) >= 0):
            return _crossing(target, path, excess, low, high)
    return _at_the_end(target, path, totals, coarse)


def _crossing(
    target: Target, path: PlanPath, excess: Callable[[float], float], low: float, high: float
) -> Answer:
    """Return the total between two at which the target is just met."""
    root = brentq(excess, low, high, xtol=0.5 / CENTS, rtol=4 * np.finfo(float).eps)
    step = 1 if target.measure.rises else -1
    cents = ceil(root * CENTS) if step > 0 else floor(root * CENTS)
    ends = round(low * CENTS), round(high * CENTS)
    while excess(cents / CENTS) < -MET and ends[0] <= cents + step <= ends[1]:
        cents += step
    total = cents / CENTS
    reached = path.figure(target.figure, total)
    return Answer(total, reached, target.excess(reached) >= -MET, "")


def _at_the_end(target: Target, path: PlanPath, totals: Floats, excess: Floats) -> Answer:
    """Return the best total where none between the bounds is the answer, and say so."""
    if (excess >= 0).any():
        best = int(np.argmax(excess >= 0)) if target.measure.rises else len(totals) - 1
    else:
        best = int(np.argmax(excess))
    total = float(totals[best])
    reached = path.figure(target.figure, total)
    if target.excess(reached) >= -MET:
        side = "least" if target.measure.rises else "most"
        note = (
            f"The {side} that the bounds allow, {total:,.2f}, meets the target of {target.amount:,.2f} "
            f"with {reached:,.2f}: the answer may lie beyond the bounds"
        )
        return Answer(total, reached, True, note)
    note = (
        f"The target of {target.amount:,.2f} cannot be reached between {totals[0]:,.2f} and "
        f"{totals[-1]:,.2f}, which the bounds allow; the best there is {reached:,.2f} at {total:,.2f}"
    )
    return Answer(total, reached, False, note)
