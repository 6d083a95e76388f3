"""From a question about the budget to its plan."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial

import numpy as np

from conversionflow.core.errors import InputError
from conversionflow.core.settings import Settings
from conversionflow.estimation import Response
from conversionflow.optimization.economics import Economics
from conversionflow.optimization.genetic import Observer, SearchState
from conversionflow.optimization.genetic_settings import GeneticSettings
from conversionflow.optimization.goals import Downside, ExpectedConversions, ExpectedRevenue, Goal
from conversionflow.optimization.objective import Key
from conversionflow.optimization.plan import Plan, optimise
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.scenarios import Answer, PlanPath, Target, find_total
from conversionflow.optimization.what_if import broken_rules, completed_plan, given_plan
from conversionflow.pipeline.budget_rules import BudgetRules
from conversionflow.pipeline.checkpoint import Checkpoint
from conversionflow.pipeline.plan_inputs import PlanInputs

FIXED_BUDGET = "fixed_budget"
#: Targets that are about conversions whatever the objective; the others are about revenue.
OF_CONVERSIONS = ("conversions", "cpa")
#: Names of settings that are not the field's name after `optimizer_`.
SETTINGS = {"population": "optimizer_population_size", "seed": "random_seed"}


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    scenario : str
        Its name in tables, and that of its own rules in `budget_rules`.
    total : float, optional
        The budget, money per period, with what is spent outside the network; today's where it is not given.
    target : Target, optional
        Find the total, instead.
    given : mapping, optional
        Judge this plan, money by market and touchpoint, instead; what it does not name stays as today.
    """

    scenario: str
    total: float | None = None
    target: Target | None = None
    given: Mapping[Key, float] | None = None


@dataclass(frozen=True, eq=False)
class Solved:
    """A question with its plan; `answer` where the total was asked for, `problem` None for a plan given."""

    question: Question
    goal: Goal
    plan: Plan
    problem: BudgetProblem | None
    answer: Answer | None
    mroas: float
    notes: tuple[str, ...]


def genetic_settings(settings: Settings) -> GeneticSettings:
    """Return the constants of the search as the settings `optimizer_...` have them."""
    names = (field.name for field in fields(GeneticSettings))
    return GeneticSettings(
        **{name: getattr(settings, SETTINGS.get(name, f"optimizer_{name}")) for name in names}
    )


def shorter_search(settings: Settings) -> GeneticSettings:
    """Return the constants for scenarios beside the main one and for questions: with one stand-in at most."""
    search = genetic_settings(settings)
    return replace(
        search,
        generations=settings.optimizer_scenario_generations,
        approximations=min(search.approximations, 1),
    )


@dataclass(frozen=True, eq=False)
class Solver:
    """Answers questions on one set of posterior draws.

    Attributes
    ----------
    inputs : PlanInputs
        The response and today's plan.
    rules : BudgetRules
        What plans may be.
    """

    inputs: PlanInputs
    rules: BudgetRules

    @cached_property
    def economics(self) -> Economics:
        """What plans bring."""
        return Economics(self.inputs.response, self.inputs.revenue_per_conversion)

    def goal(self, target: Target | None = None, response: Response | None = None) -> Goal:
        """Return what a plan makes as large as it can: the setting `objective`, or what its target is about.

        Parameters
        ----------
        target : Target, optional
            Of the question.
        response : Response, optional
            The response on some of the draws; on all where it is not given.

        Raises
        ------
        InputError
            Where that is revenue and a market's revenue per conversion is not known.
        """
        response = self.inputs.response if response is None else response
        name = self.inputs.settings.objective
        if target is not None:
            name = "conversions" if target.figure in OF_CONVERSIONS else "revenue"
        expected = ExpectedConversions(response)
        if name == "downside":
            return Downside(expected, self.inputs.settings.downside_share, self.inputs.current)
        if name == "conversions":
            return expected
        prices = self.inputs.revenue_per_conversion
        missing = [market for market in response.markets if not np.isfinite(prices.get(market, np.nan))]
        if missing:
            raise InputError(f"Nothing was sold in {', '.join(missing)}, so there is no revenue to plan by.")
        return ExpectedRevenue(response, prices)

    def solve(
        self,
        question: Question,
        search: GeneticSettings,
        *,
        observer: Observer | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Solved:
        """Find the plan of a question.

        Parameters
        ----------
        question : Question
            What is asked.
        search : GeneticSettings
            Constants of the search.
        observer : callable, optional
            Called with the state of the search after every generation.
        checkpoint : Checkpoint, optional
            Keeps the search, and has the last generation of one that was stopped.

        Raises
        ------
        InfeasibleBudgetError
            Where no plan keeps bounds and rules.
        InputError
            Where a plan given is of touchpoints that the model does not know, or revenue is not known.
        """
        if question.given is not None:
            return self._judged(question)
        goal = self.goal(question.target)
        total = self.rules.total(question.total)
        path = self._path(question, goal, total)
        answer = None if question.target is None else find_total(question.target, path)
        problem = path.problem_at(total if answer is None else answer.total)
        begun = None if checkpoint is None else checkpoint.begin(goal.name, goal, problem, search)

        def observe(state: SearchState) -> None:
            if observer is not None:
                observer(state)
            if checkpoint is not None:
                checkpoint.keep(state)

        plan = optimise(
            self.inputs.response,
            problem,
            search,
            self.inputs.settings.credible_mass,
            goal=goal,
            observer=observe,
            resumed=begun,
        )
        if checkpoint is not None:
            checkpoint.end()
        mroas = path.marginal_roas(plan.allocation["recommended_spend"].to_numpy())
        notes = (answer.note,) if answer is not None and answer.note else ()
        return Solved(question, goal, plan, problem, answer, mroas, notes)

    def _path(self, question: Question, goal: Goal, total: float) -> PlanPath:
        problem_at = partial(self.rules.problem, question.scenario)
        return PlanPath(goal, self.economics, problem_at, *self.rules.totals(question.scenario, total))

    def _judged(self, question: Question) -> Solved:
        """Evaluate a plan given."""
        inputs, goal = self.inputs, self.goal()
        spend = completed_plan(question.given or {}, inputs.response.keys, inputs.current)
        broken = broken_rules(spend, partial(self.rules.problem, question.scenario))
        plan = given_plan(
            inputs.response,
            inputs.current,
            spend,
            inputs.settings.credible_mass,
            goal=goal,
            feasible=not broken,
        )
        notes = tuple(f"It breaks a rule: {text}" for text in broken)
        return Solved(question, goal, plan, None, None, np.nan, notes)
