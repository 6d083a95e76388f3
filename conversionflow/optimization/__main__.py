"""Compile the optimiser's kernels ahead of the first search: `python -m conversionflow.optimization`."""

from pathlib import Path

import numpy as np

from conversionflow.core.compiled import clear_old_code
from conversionflow.optimization.problem import BudgetProblem
from conversionflow.optimization.rules import LinearRule, Rules


def compile_kernels() -> None:
    """Repair one plan of a small budget with a rule."""
    keys = (("all", "first"), ("all", "second"))
    rules = Rules((LinearRule("cap", np.array([1.0, 0.0]), high=6.0),), step=np.array([0.5, 0.0]))
    budget = BudgetProblem(keys, np.full(2, 5.0), np.zeros(2), np.full(2, 10.0), 10.0, rules)
    budget.repair(np.array([[9.0, 4.0]]))


if __name__ == "__main__":
    clear_old_code(Path(__file__).parent)
    compile_kernels()
