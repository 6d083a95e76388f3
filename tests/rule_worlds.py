"""Random budgets that have a plan by construction, with rules of all kinds."""

import numpy as np

from conversionflow.optimization import ActiveRule, BudgetProblem, LinearRule, Rules


def keys_of(size):
    return tuple((("it", "es")[i % 2], f"touchpoint_{i}") for i in range(size))


def witness_world(seed, most=14, unit=1.0):
    """Arguments of a `BudgetProblem` and the plan it was built around."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, most + 1))
    scale = 10.0 ** rng.integers(1, 7)
    step = _steps(rng, size, scale)
    plan = np.round(rng.dirichlet(np.ones(size)) * size * scale, 2) + 0.01
    plan = np.where(step > 0, np.round(plan / np.where(step > 0, step, 1.0)) * step, plan)
    active = ()
    if rng.random() < 0.4:
        members = rng.random(size) < 0.7
        count = int(rng.integers(1, size + 1))
        plan[rng.permutation(np.flatnonzero(members))[count:]] = 0.0
        active = (ActiveRule("few", members, count),)
    if plan.sum() < 0.02:
        plan[0] = 10 * max(step[0], scale)
        active = ()
    if_on = np.where(rng.random(size) < 0.3, np.floor(plan * rng.uniform(20, 100, size)) / 100, 0.0)
    may_be_off = (if_on > 0) | (plan == 0)
    low = np.where(may_be_off, 0.0, plan * rng.uniform(0, 1, size) * (rng.random(size) < 0.8)).round(2)
    high = np.round(plan * rng.uniform(1, 3, size) + (plan == 0) * scale, 2)
    linear = tuple(_linear(rng, f"rule_{k}", plan, scale) for k in range(rng.integers(0, 6)))
    rules = Rules(
        tuple(LinearRule(rule.name, rule.coefficients, rule.low * unit, rule.high * unit) for rule in linear),
        if_on * unit,
        step * unit,
        active,
    )
    return (keys_of(size), plan * unit, low * unit, high * unit, float(plan.sum() * unit), rules), plan * unit


def _steps(rng, size, scale):
    kind = rng.integers(3)
    if kind == 0:
        return np.zeros(size)
    chosen = rng.random(size) < (0.4 if kind == 1 else 1.0)
    return np.where(chosen, rng.choice([0.05, 0.1, 0.25], size) * scale, 0.0)


def _linear(rng, name, plan, scale):
    if rng.random() < 0.7:
        coefficients = (rng.random(len(plan)) < 0.5).astype(float)
        value, room = np.round(coefficients @ plan, 2), scale * rng.choice([0.0, 0.05, 0.5])
        sides = {"low": value - room} if rng.random() < 0.5 else {"high": value + room}
        return LinearRule(name, coefficients, **sides)
    one, other = rng.permutation(len(plan))[:2]
    coefficients = np.zeros(len(plan))
    coefficients[one] = 1.0
    coefficients[other] = -plan[one] / plan[other] * 1.000001 if plan[other] > 0 else -1.0
    return LinearRule(name, coefficients, high=max(0.0, float(coefficients @ plan)))


def problem_of(world, order=None):
    """The problem, its touchpoints in another order if one is given."""
    keys, current, low, high, total, rules = world
    if order is None:
        return BudgetProblem(*world)
    moved = Rules(
        tuple(LinearRule(rule.name, rule.coefficients[order], rule.low, rule.high) for rule in rules.linear),
        rules.min_if_on[order],
        rules.step[order],
        tuple(ActiveRule(rule.name, rule.members[order], rule.count) for rule in rules.max_active),
    )
    names = tuple(keys[i] for i in order)
    return BudgetProblem(names, current[order], low[order], high[order], total, moved)
