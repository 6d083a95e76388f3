"""Plans brought back to all rules of a budget, whatever they were."""

import zlib
from dataclasses import dataclass

import numpy as np

from conversionflow.core.errors import InfeasibleBudgetError
from conversionflow.optimization.contradictions import NO_ROOM
from conversionflow.optimization.objective import Floats, Integers, Key
from conversionflow.optimization.projection_kernel import Rows, project_rows
from conversionflow.optimization.repair_kernel import Choices, repair_plans
from conversionflow.optimization.rule_model import RuleModel
from conversionflow.optimization.rules import Flags, Rules, label

KNOWN_PLANS = 8
"""Plans that keep all rules, of different corners, to follow where the repair finds no choices of its own."""

KNOWN_GAP = 0.1
"""Relative distance from the best corner at which a known plan is good enough."""

ALLOWED = 1e-9
"""Violation of a rule, as a share of the budget, that counts as rounding."""


def rows_of(rules: Rules, size: int, total: float) -> Rows:
    """Return the linear rules with the budget ahead of them, amounts as shares of the budget."""
    from scipy.sparse import csr_array

    dense = np.vstack([np.ones(size), *(rule.coefficients for rule in rules.linear)])
    by_row, by_column = csr_array(dense), csr_array(dense.T)
    return Rows(
        least=np.array([1.0, *(rule.low / total for rule in rules.linear)]),
        most=np.array([1.0, *(rule.high / total for rule in rules.linear)]),
        starts=by_row.indptr.astype(np.int64),
        columns=by_row.indices.astype(np.int64),
        weights=by_row.data,
        column_starts=by_column.indptr.astype(np.int64),
        column_rows=by_column.indices.astype(np.int64),
        column_weights=by_column.data,
        dense=dense,
    )


def choices_of(rules: Rules, low: Floats, high: Floats, total: float) -> Choices:
    """Return what each touchpoint may be, as shares of the budget; bounds (n,) in money, whole steps."""
    size = len(low)
    at_least = np.maximum(low, rules.min_if_on)
    never = at_least > high
    members = [rule.members for rule in rules.max_active]
    return Choices(
        low=np.where(never, 0.0, at_least) / total,
        high=np.where(never, 0.0, high) / total,
        switchable=rules.switchable(low),
        step=rules.step / total,
        members=np.array(members, dtype=np.bool_).reshape(len(members), size),
        counts=np.array([rule.count for rule in rules.max_active], dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class Repair:
    """The repair of one problem's plans, inside of it in the order of the touchpoints' names.

    So another order of the same touchpoints gives the same plans, ties and rounding included.

    Attributes
    ----------
    order : (n,) integer array
        Places of the touchpoints by name.
    low, high, step : (n,) arrays
        Bounds and steps, money, in the problem's order.
    choices, rows
        What plans must keep, by name.
    known : (P, n) array
        Plans that keep all rules, shares of the budget, by name.
    """

    order: Integers
    low: Floats
    high: Floats
    step: Floats
    total: float
    choices: Choices
    rows: Rows
    known: Floats

    @classmethod
    def of(cls, keys: tuple[Key, ...], low: Floats, high: Floats, total: float, rules: Rules) -> "Repair":
        """Prepare the repair: bounds (n,) in money, whole steps.

        Raises
        ------
        InfeasibleBudgetError
            If HiGHS finds no plan that keeps all rules exactly.
        """
        order = np.array(sorted(range(len(keys)), key=lambda i: keys[i]), dtype=np.int64)
        names, by_name = tuple(keys[i] for i in order), rules.take(order)
        choices = choices_of(by_name, low[order], high[order], total)
        rows = rows_of(by_name, len(keys), total)
        model = RuleModel.of(names, low[order], high[order], total, by_name)
        known = np.array(_known_plans(names, model, choices, rows))
        return cls(order, low, high, rules.step, total, choices, rows, known)

    def __call__(self, plans: Floats) -> tuple[Floats, Flags]:
        """Repair plans (B, n) of money; also return which of them had to follow a known plan, (B,) bool."""
        by_name = np.ascontiguousarray(plans[:, self.order]) / self.total
        repaired, led = repair_plans(by_name, self.known, self.choices, self.rows)
        return self._in_money(repaired), led

    def nearest_known(self, plans: Floats) -> Floats:
        """Return the known plan nearest to each of (B, n) plans of money."""
        known = self._in_money(self.known)
        return np.asarray(known[((plans[:, None] - known) ** 2).sum(axis=-1).argmin(axis=1)])

    def _in_money(self, shares: Floats) -> Floats:
        """Plans of money in the problem's order, steps whole and bounds kept without rounding."""
        money = np.empty_like(shares)
        money[:, self.order] = shares * self.total
        stepped = self.step > 0
        if stepped.any():
            step = self.step[stepped]
            money[:, stepped] = np.round(money[:, stepped] / step) * step
        return np.clip(money, self.low, self.high)


def _known_plans(keys: tuple[Key, ...], model: RuleModel, choices: Choices, rows: Rows) -> list[Floats]:
    """Plans of different corners; each touchpoint's part in them depends on its name, not its place."""
    seeds = [zlib.crc32(label(key).encode()) for key in keys]
    wishes = np.array([np.random.default_rng(seed).normal(size=KNOWN_PLANS) for seed in seeds])
    known: list[Floats] = []
    for wish in wishes.T:
        cost = np.zeros(model.matrix.shape[1])
        cost[: len(keys)] = wish
        found = model.solve(cost, gap=KNOWN_GAP)
        if found.x is None:
            break
        plan = exact_plan(found.x, model, choices, rows)
        if plan is not None and not any(np.allclose(plan, other, rtol=0, atol=1e-9) for other in known):
            known.append(plan)
    if not known:
        raise InfeasibleBudgetError(f"No plan is possible: {NO_ROOM}.")
    if not (choices.switchable.any() or (choices.step > 0).any()):
        return [np.mean(known, axis=0)]
    return known


def exact_plan(solution: Floats, model: RuleModel, choices: Choices, rows: Rows) -> Floats | None:
    """Return the plan of a solution's choices nearest to it, free of the solver's tolerances, or None."""
    size = model.size
    amounts = np.clip(solution[:size] * (model.unit / model.total), 0.0, 1.0)
    on = np.ones(size, dtype=np.bool_)
    on[model.switched] = solution[size : size + len(model.switched)] > 0.5
    off = choices.switchable & ~on
    steps = solution[size + len(model.switched) : model.columns].round()
    amounts[model.stepped] = steps * choices.step[model.stepped]
    fixed = (choices.step > 0) & ~off
    low = np.where(off, 0.0, np.where(fixed, amounts, choices.low))
    high = np.where(off, 0.0, np.where(fixed, amounts, choices.high))
    plan, found = project_rows(amounts, low, high, rows)
    return plan if found else None
