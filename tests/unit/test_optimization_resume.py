"""Every individual of every generation keeps every rule; a killed search ends as if it had not been."""

import numpy as np
import pytest
from curves import Curves, SummedCurves, make, value

from conversionflow.core.errors import InputError
from conversionflow.optimization import (
    ActiveRule,
    BudgetProblem,
    Downside,
    ExpectedConversions,
    GeneticSettings,
    LinearRule,
    Rules,
    SearchState,
    genetic_search,
    optimise,
    search_frontier,
)

SETTINGS = GeneticSettings(
    population=30, generations=12, frontier_population=30, frontier_generations=8, frontier_points=6, seed=5
)


def with_rules(problem):
    """A cap, spend that is 0 or enough, steps, and at most so many active."""
    size, current = len(problem.keys), problem.current
    group = np.arange(size) % 2 == 0
    low, least, step = problem.low.copy(), np.zeros(size), np.zeros(size)
    low[:3], least[1], step[2] = 0.0, np.round(current[1], 2), np.round(0.2 * current[2], 0)
    rules = Rules(
        linear=(LinearRule("cap", group.astype(float), high=0.9 * float(current[group].sum())),),
        min_if_on=least,
        step=step,
        max_active=(ActiveRule("two of three", np.arange(size) < 3, 2),),
    )
    return BudgetProblem(problem.keys, current, low, problem.high, problem.total, rules)


class Stopped(Exception):  # noqa: N818
    """What a kill is here."""


class Watch:
    """Keeps every state; stops the search after one if told."""

    def __init__(self, stop=None):
        self.states, self.stop = [], stop

    def __call__(self, state):
        self.states.append(state)
        if state.generation == self.stop:
            raise Stopped


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [Curves, SummedCurves])
def test_every_individual_of_every_generation_keeps_every_rule_to_the_cent(kind, seed):
    response, plain = make(7, seed, kind=kind)
    watched = []
    for problem in (plain, with_rules(plain)):
        plan, frontier = Watch(), Watch()
        optimise(response, problem, SETTINGS, observer=plan)
        search_frontier([ExpectedConversions(response)], problem, SETTINGS, observer=frontier)
        assert [state.generation for state in plan.states] == list(range(1, 13))
        assert [state.generation for state in frontier.states] == list(range(1, 9))
        for state in plan.states + frontier.states:
            assert state.plans.shape == (30, 7)
            assert (np.round(state.plans.sum(axis=1) * 100) == round(problem.total * 100)).all()
            worst = {name: float(broken.max()) for name, broken in problem.violations(state.plans).items()}
            assert max(worst.values()) < 1e-9 * problem.total, worst
        watched.append(plan)
    assert len(watched[1].states[0].plans) == 30


@pytest.mark.parametrize("stop", [1, 7, 12])
def test_a_search_killed_after_any_generation_ends_with_the_same_bytes(stop):
    response, plain = make(7, 1)
    problem = with_rules(plain)
    undisturbed, killed = Watch(), Watch(stop)
    expected = optimise(response, problem, SETTINGS, observer=undisturbed)
    with pytest.raises(Stopped):
        optimise(response, problem, SETTINGS, observer=killed)
    kept = {name: array.copy() for name, array in killed.states[-1].to_arrays().items()}
    later = Watch()
    plan = optimise(response, problem, SETTINGS, observer=later, resumed=SearchState.from_arrays(kept))
    assert len(later.states) == 12 - stop + 1
    assert later.states[-1].plans.tobytes() == undisturbed.states[-1].plans.tobytes()
    for name in ("allocation", "summary", "history"):
        assert getattr(plan, name).equals(getattr(expected, name))


def test_a_frontier_killed_midway_ends_with_the_same_bytes():
    response, problem = make(6, 2, draws=20)
    goals = [ExpectedConversions(response), Downside(ExpectedConversions(response))]
    killed = Watch(4)
    expected = search_frontier(goals, problem, SETTINGS)
    with pytest.raises(Stopped):
        search_frontier(goals, problem, SETTINGS, observer=killed)
    found = search_frontier(goals, problem, SETTINGS, resumed=killed.states[-1])
    assert found.plans.equals(expected.plans)
    assert found.spend.equals(expected.spend)


def test_the_state_of_another_search_is_refused():
    response, problem = make(6, 0)
    other, other_problem = make(5, 0)
    watch = Watch()
    optimise(other, other_problem, SETTINGS, observer=watch)
    with pytest.raises(
        InputError, match=r"plans of shape \(30, 5\) at generation 12; this one has \(30, 6\)"
    ):
        optimise(response, problem, SETTINGS, resumed=watch.states[-1])


def test_resuming_asks_for_no_generation_twice():
    response, problem = make(5, 3)
    asked, watch = [], Watch()

    def values(plans):
        asked.append(len(plans))
        return response.conversions(plans).mean(axis=0)

    genetic_search(values, problem, SETTINGS, observer=watch)
    before = len(asked)
    genetic_search(values, problem, SETTINGS, resumed=watch.states[8])
    assert before == 12
    assert len(asked) - before == 3


@pytest.mark.parametrize("seed", range(4))
def test_a_plan_under_rules_keeps_them_to_the_cent_and_is_not_below_today(seed):
    response, plain = make(7, seed, slope=2.0, kind=SummedCurves)
    problem = with_rules(plain)
    plan = optimise(response, problem, SETTINGS)
    spend, row = plan.allocation["recommended_spend"].to_numpy(), plan.summary.iloc[0]
    assert problem.worst_violation(spend[None])[0] < 1e-6
    assert row["feasible"]
    assert row["budget_residual"] == 0
    today = problem.repair(problem.current[None])[0]
    assert value(response, spend) >= value(response, today) * (1 - 1e-6)
