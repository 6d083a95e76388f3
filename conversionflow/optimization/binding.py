"""What holds a plan's amounts where they are, in words."""

from collections.abc import Iterator

import numpy as np

from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.rule_seeds import KINDS
from conversionflow.optimization.rules import LinearRule

NONE, FIXED = "none", "fixed"


def binding_rules(problem: BudgetProblem, plan: Floats) -> list[str]:
    """Say for each of n touchpoints what holds its spend in a plan, (n,) money in cents.

    ``minimum``, ``maximum`` and ``fixed`` are bounds. What a row of rules or limits asks for has its name
    after a colon, as in ``maximum: video is a third at most``, also where it is about several together:
    ``at most 8 active: NAME``, ``minimum if any: NAME``, ``whole steps: NAME``. A name that is the rule in
    words, as of ``--rule``, stands alone: ``maximum Italy/video 150``. What holds at once is joined by
    semicolons; ``none`` is held by nothing but the budget.
    """
    return ["; ".join(dict.fromkeys(_holding(problem, plan, i))) or NONE for i in range(len(plan))]


def _holding(problem: BudgetProblem, plan: Floats, i: int) -> Iterator[str]:
    rules, origins = problem.rules, problem.rules.origins
    at_low, at_high = plan[i] <= problem.low[i], plan[i] >= problem.high[i]
    if origins.frozen[i]:
        yield _named(FIXED, origins.frozen[i])
        return
    off = bool(rules.switchable(problem.low)[i]) and plan[i] == 0
    if at_low and at_high:
        yield _named(FIXED, *dict.fromkeys((origins.low[i], origins.high[i])))
    elif off:
        yield from _off(problem, plan, i)
    elif at_low:
        yield _named("minimum", origins.low[i])
    elif at_high:
        yield _named("maximum", origins.high[i])
    if rules.min_if_on[i] > 0 and plan[i] == rules.min_if_on[i]:
        yield _named("minimum if any", origins.min_if_on[i])
    for rule in rules.linear:
        if rule.coefficients[i] != 0:
            yield from _side(rule, plan)
    if rules.step[i] > 0 and not (at_low or at_high):
        yield _named("whole steps", origins.step[i])


def _off(problem: BudgetProblem, plan: Floats, i: int) -> Iterator[str]:
    """Say what keeps a touchpoint without spend from getting some."""
    full = [
        rule
        for rule in problem.rules.max_active
        if rule.members[i] and (plan[rule.members] > 0).sum() >= rule.count
    ]
    yield from (_named(f"at most {rule.count} active", rule.name) for rule in full)
    if not full:
        yield _named("minimum if any", problem.rules.origins.min_if_on[i])


def _side(rule: LinearRule, plan: Floats) -> Iterator[str]:
    """Name a linear rule that holds: up to a cent of each amount, as plans are in whole cents."""
    value, cent = float(rule.coefficients @ plan), float(np.abs(rule.coefficients).sum()) / CENTS
    if value - rule.low <= cent:
        yield _named("minimum", rule.name)
    if rule.high - value <= cent:
        yield _named("maximum", rule.name)


def _named(kind: str, *names: str) -> str:
    known = ", ".join(name for name in names if name)
    first, _, more = known.partition(" ")
    if kind != FIXED and first in KINDS and more:
        return known
    return f"{kind}: {known}" if known else kind
