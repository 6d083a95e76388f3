"""The budget problem of each scenario and total: today's plan, the seeds' bounds and rules."""

from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.rule_seeds import read_rules
from conversionflow.optimization.scenarios import attainable
from conversionflow.pipeline.plan_inputs import PlanInputs

SHARE = "share"
LEAST_TOTAL = 0.01


@dataclass(frozen=True, eq=False)
class BudgetRules:
    """What a plan may be.

    Attributes
    ----------
    inputs : PlanInputs
        Today's plan and the settings that hold where the seeds say nothing.
    limits, rules : DataFrame
        The seeds `touchpoint_limits` and `budget_rules`.
    """

    inputs: PlanInputs
    limits: pd.DataFrame
    rules: pd.DataFrame

    @property
    def fixed(self) -> float:
        """What is spent outside the network, money: it stays as it is and is not part of a problem."""
        return float(self.inputs.untracked["current_spend"].round(2).sum())

    def total(self, given: float | None) -> float:
        """Return what is to be distributed of a budget, or of today's where none is given."""
        return float(self.inputs.current.sum()) if given is None else given - self.fixed

    def with_rules(self, rules: pd.DataFrame) -> "BudgetRules":
        """Return these rules and more, rows of `budget_rules`."""
        return replace(self, rules=pd.concat([self.rules, rules]) if len(self.rules) else rules)

    def problem(self, scenario: str, total: float) -> BudgetProblem:
        """Return the problem of a total, without what is spent outside the network.

        Raises
        ------
        InfeasibleBudgetError
            Where no plan of that total can keep bounds and rules.
        SettingsError
            Where a row of the seeds cannot be used.
        """
        inputs, settings = self.inputs, self.inputs.settings
        keys = inputs.response.keys
        low, high, rules = read_rules(
            self.limits,
            self._of(scenario),
            keys,
            inputs.current,
            total,
            settings.min_spend_ratio,
            settings.max_spend_ratio,
        )
        return BudgetProblem(keys=keys, current=inputs.current, low=low, high=high, total=total, rules=rules)

    def totals(self, scenario: str, inside: float) -> tuple[float, float]:
        """Return the least and the most total that bounds and rules allow, money.

        Raises
        ------
        InfeasibleBudgetError
            Where the total `inside` is not allowed itself.
        """
        problem = self.problem(scenario, inside)
        low, high = float(problem.low.sum()), float(problem.high.sum())
        if (self._of(scenario).get("unit", pd.Series(dtype=str)) == SHARE).any():
            # bounds that are shares move with the total
            low, high = LEAST_TOTAL, high * max(1.0, self.inputs.settings.max_spend_ratio)
        return attainable(partial(self.problem, scenario), low, high, inside)

    def _of(self, scenario: str) -> pd.DataFrame:
        """Rules of a scenario: its own and those of all."""
        if self.rules.empty:
            return self.rules
        named = self.rules["scenario"].fillna("").astype(str).str.strip()
        return self.rules[named.isin(["", scenario])]
