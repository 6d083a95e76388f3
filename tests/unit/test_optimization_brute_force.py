"""Plans under rules against all plans there are, on instances small enough to try them all."""

from itertools import product

import numpy as np
import pytest
from curves import Curves, SummedCurves, make, value

from conversionflow.optimization import (
    ActiveRule,
    BudgetProblem,
    GeneticSettings,
    LinearRule,
    Rules,
    optimise,
)

SETTINGS = GeneticSettings(population=40, generations=25, reference_starts=4)


def instance(seed):
    """Two touchpoints with steps, one that is 0 or enough, one free; a cap on two, three active at most."""
    slope = (1.0, 1.0, 2.0, 3.0)[seed % 4]
    response, plain = make(4, seed, draws=5, slope=slope, kind=(SummedCurves, Curves)[seed % 2])
    rng = np.random.default_rng((seed, 7))
    current = plain.current
    rules = Rules(
        linear=(
            LinearRule(
                "cap", np.array([1.0, 0.0, 1.0, 0.0]), high=rng.uniform(0.8, 1.5) * current[::2].sum()
            ),
        ),
        min_if_on=np.array([0.0, 0.0, np.round(rng.uniform(0.8, 1.6) * current[2], 2), 0.0]),
        step=np.array([*np.round(current[:2] * rng.uniform(0.2, 0.4, 2)), 0.0, 0.0]),
        max_active=(ActiveRule("three", np.ones(4, dtype=bool), 3),) if seed % 3 == 0 else (),
    )
    high = np.array([2.0, 2.0, 2.0, 4.0]) * current
    return response, BudgetProblem(plain.keys, current, np.zeros(4), high, plain.total, rules)


def all_plans(problem, points):
    """All step and on/off choices, each with ``points`` splits of the rest."""
    rules = problem.rules
    steps = [np.arange(0.0, problem.high[i] + 0.005, rules.step[i]) for i in (0, 1)]
    for first, second, on in product(*steps, (False, True)):
        rest = problem.total - first - second
        cap = min(problem.high[2], rules.linear[0].high - first, rest)
        least = max(rules.min_if_on[2], rest - problem.high[3])
        third = np.linspace(least, cap, points) if on else np.zeros(1)
        plans = np.column_stack(
            [np.full_like(third, first), np.full_like(third, second), third, rest - third]
        )
        yield plans[problem.worst_violation(plans) < 1e-6] if not on or least <= cap else plans[:0]


def brute_force(response, problem):
    """Best of all choices on a coarse line, then on a fine one around the best ten."""
    lines = [plans for plans in all_plans(problem, 60) if len(plans)]
    bests = [line[np.argmax(response.conversions(line).mean(axis=0))] for line in lines]
    order = np.argsort(-response.conversions(np.array(bests)).mean(axis=0))[:10]
    best = -np.inf
    for i in order:
        line = lines[i]
        center, width = bests[i], np.ptp(line[:, 2]) / max(1, len(line) - 1)
        for _ in range(8):
            third = np.clip(center[2] + width * np.linspace(-1, 1, 41), line[:, 2].min(), line[:, 2].max())
            plans = np.tile(center, (41, 1))
            plans[:, 2], plans[:, 3] = third, center[2] + center[3] - third
            values = response.conversions(plans).mean(axis=0)
            center, width = plans[np.argmax(values)], width / 15
            best = max(best, values.max())
    return best


@pytest.mark.parametrize("block", range(5))
def test_no_plan_that_keeps_the_rules_is_better(block):
    for seed in range(10 * block, 10 * block + 10):
        response, problem = instance(seed)
        plan = optimise(response, problem, SETTINGS)
        spend = plan.allocation["recommended_spend"].to_numpy()
        assert problem.worst_violation(spend[None])[0] < 1e-6
        best = brute_force(response, problem)
        assert value(response, spend) == pytest.approx(best, rel=2e-7), seed
