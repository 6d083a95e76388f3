"""Rules that no plan can keep, found before any search, with the smallest set of them that clash."""

import numpy as np

from conversionflow.optimization.money import CENTS
from conversionflow.optimization.objective import Floats, Key
from conversionflow.optimization.rule_model import RuleModel
from conversionflow.optimization.rules import Flags, Rules, label

ROUNDING_CENTS = 0.49
"""Cents by which bounds may miss the budget: below one half, so that rounding outward always meets it."""

CORRECTIONS = 60
"""Ways to resolve the clash that are looked at before a set that only cannot be made smaller is named."""

NO_ROOM = "the rules leave no room that is more than rounding; loosen the tightest of them by a cent"

NAMED = 12
"""Rules named in one message."""


def bound_clashes(keys: tuple[Key, ...], low: Floats, high: Floats, total: float) -> list[str]:
    """Texts for bounds that no plan can keep; less than half a cent off the budget is rounding."""
    clashes = [
        f"the minimum of {label(keys[i])}, {low[i]:,.2f}, is above its maximum, {high[i]:,.2f}"
        for i in np.flatnonzero(low > high)
    ]
    slack = ROUNDING_CENTS / CENTS
    if low.sum() > total + slack:
        enough = _fewest(low, total + slack)
        names = [f"{label(keys[i])} {low[i]:,.2f}" for i in enough]
        clashes.append(f"minimums sum to {low.sum():,.2f}, the budget is {total:,.2f}{_largest(names, low)}")
    if high.sum() < total - slack:
        clashes.append(f"maximums sum to {high.sum():,.2f}, the budget is {total:,.2f}")
    return clashes


def _fewest(amounts: Floats, total: float) -> list[int]:
    """Fewest amounts whose sum is above the total."""
    order = np.argsort(-amounts, kind="stable")
    return [int(i) for i in order[: int(np.searchsorted(np.cumsum(amounts[order]), total, side="right")) + 1]]


def _largest(names: list[str], amounts: Floats) -> str:
    if len(names) == len(amounts):
        return ""
    return f" (too much already: {_listed(names)})"


def clashing_rules(
    keys: tuple[Key, ...], low: Floats, high: Floats, total: float, rules: Rules
) -> RuleModel | None:
    """Return the model of rules that no plan keeps; None where one does, or a tolerance is in the way."""
    model = RuleModel.of(keys, low, high, total, rules)
    everything = np.ones(len(model.items), dtype=np.bool_)
    if _possible(model, everything):
        return None
    nothing = ~everything
    return None if not _possible(model, nothing) or model.fewest_given_up(nothing).all() else model


def smallest_clash(model: RuleModel) -> list[str]:
    """Return the texts of a smallest set of rules that clash, of rules that do.

    Smallest sets are those that every way to resolve the clash touches: the fewest rules that touch all ways
    known so far are a candidate, and where a plan keeps them, the rules it breaks are one more way (Ignatiev,
    Previti, Liffiton & Marques-Silva, 2015, *Smallest MUS extraction with minimal hitting set dualization*,
    CP 2015). After `CORRECTIONS` ways no rule can be taken from the set, but it may not be the smallest.
    """
    clash = _smallest_clash(model)
    if clash is None:
        clash = _irreducible_clash(model)
    return [model.items[i].text for i in np.flatnonzero(clash)]


def clash_text(texts: list[str], total: float) -> str:
    """One sentence for a set of rules that clash; where it is empty, only rounding makes them."""
    if not texts:
        return NO_ROOM
    if len(texts) == 1:
        return f"with a budget of {total:,.2f} no plan keeps {texts[0]}"
    return f"with a budget of {total:,.2f} these clash, and no longer if one is left out: {_listed(texts)}"


def _listed(texts: list[str]) -> str:
    if len(texts) > NAMED:
        return f"{'; '.join(texts[:NAMED])}; and {len(texts) - NAMED} more"
    return "; ".join(texts)


def _possible(model: RuleModel, kept: Flags) -> bool:
    return model.solve(np.zeros(model.matrix.shape[1]), kept).x is not None


def _smallest_clash(model: RuleModel) -> Flags | None:
    """Return a smallest set of rules that clash, (items,) bool; empty where only a tolerance does.

    None where too many ways lead out.
    """
    ways: list[Flags] = []
    candidate = np.zeros(len(model.items), dtype=np.bool_)
    for _ in range(CORRECTIONS):
        if not _possible(model, candidate):
            return candidate
        ways.append(~model.fewest_given_up(candidate))
        if not ways[-1].any():
            return ways[-1]
        candidate = _fewest_touching(ways)
    return None


def _fewest_touching(ways: list[Flags]) -> Flags:
    """Return the fewest rules of which each way contains one."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    size = len(ways[0])
    found = milp(
        np.ones(size),
        integrality=np.ones(size, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(csr_array(np.array(ways, dtype=np.float64)), 1, np.inf),
    )
    return np.asarray(found.x) > 0.5


def _irreducible_clash(model: RuleModel) -> Flags:
    """Return rules that clash and of which none can be left out; small amounts are left out first."""
    kept = np.ones(len(model.items), dtype=np.bool_)
    amounts = np.array([item.amount for item in model.items])
    for item in np.argsort(amounts, kind="stable").tolist():
        kept[item] = False
        if _possible(model, kept):
            kept[item] = True
    return kept
