"""From the seeds `touchpoint_limits` and `budget_rules` to bounds and rules."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from conversionflow.optimization.objective import Floats, Integers, Key
from conversionflow.optimization.problem import default_bounds
from conversionflow.optimization.rules import ActiveRule, Flags, LinearRule, Origins, Rules, label
from conversionflow.optimization.seed_rows import SOURCE, Names, Problems, Row, rows_of_seed, stricter

KINDS = (
    "minimum",
    "maximum",
    "minimum_ratio",
    "maximum_ratio",
    "min_if_on",
    "step",
    "max_active",
    "frozen",
)

UNITS = ("money", "share", "current")

LIMITS = ("min_spend", "max_spend", "min_spend_ratio", "max_spend_ratio", "min_if_on", "spend_step")


@dataclass(eq=False)
class _Draft:
    """What has been read so far; amounts are nan where no row gives one."""

    keys: tuple[Key, ...]
    current: Floats
    total: float
    problems: Problems
    limits: dict[str, Floats]
    frozen: Flags
    groups: tuple[str, ...]
    origins: dict[str, list[str]]
    linear: list[LinearRule] = field(default_factory=list)
    max_active: list[ActiveRule] = field(default_factory=list)

    def tighten(self, column: str, given: Floats, scope: Flags, name: str, *, largest: bool) -> None:
        """Take amounts, (n,) money, where they say more than what has been read; their rule has a name."""
        known = self.limits[column]
        stronger = scope & (np.isnan(known) | (given > known if largest else given < known))
        self.limits[column] = np.where(stronger, given, known)
        self.name(column, stronger, name)

    def name(self, column: str, scope: Flags, name: str) -> None:
        """Remember where a limit is from."""
        for i in np.flatnonzero(scope):
            self.origins[column][i] = name


def read_rules(
    limits: pd.DataFrame,
    rules: pd.DataFrame,
    keys: tuple[Key, ...],
    current: Floats,
    total: float,
    min_spend_ratio: float,
    max_spend_ratio: float,
) -> tuple[Floats, Floats, Rules]:
    """Return minimum and maximum spend, (n,) money each, and the other rules.

    An empty cell says nothing; a row with no market or touchpoint is about all of them, and of two rows of
    `touchpoint_limits` about the same the one that names more counts (touchpoint before market), column by
    column; what is frozen has no other limit. The default ratios hold where no row gives a bound on that
    side, and give way to what rows say: to a bound on the other side, to whole steps, and to ``min_if_on``.
    Under ``max_active`` the default minimum holds for what is on.

    Parameters
    ----------
    limits : DataFrame
        ``market``, ``touchpoint``, ``min_spend``, ``max_spend``, ``min_spend_ratio``, ``max_spend_ratio``,
        ``frozen``, ``min_if_on``, ``spend_step``, ``touchpoint_group``; missing columns are empty.
    rules : DataFrame
        ``rule``, ``kind``, ``market``, ``touchpoint``, ``touchpoint_group``, ``reference_touchpoint``,
        ``reference_group``, ``amount``, ``unit``; every row given counts.
    keys : tuple of (market, touchpoint)
        n of them, in the order of ``current``.
    current : (n,) array
        Today's spend, money.
    total : float
        The budget, money.
    min_spend_ratio, max_spend_ratio : float
        Default bounds as multiples of today's spend.

    Raises
    ------
    SettingsError
        Naming row, column, value and what to do, for every cell that cannot be used.
    """
    default_low, default_high = default_bounds(current, min_spend_ratio, max_spend_ratio)
    draft = _read_limits(limits, keys, current, total)
    read: set[str] = set()
    for row in rows_of_seed(rules, "budget_rules", ("rule",), draft.problems):
        if not row.text("rule") or row.text("rule") in read:
            row.wrong("rule", "give each rule a name of its own")
        read.add(row.text("rule"))
        _read_rule(row, draft)
    draft.problems.raise_any()
    return _bounds_and_rules(draft, default_low, default_high)


def _read_limits(limits: pd.DataFrame, keys: tuple[Key, ...], current: Floats, total: float) -> _Draft:
    """Read `touchpoint_limits`, the rows that name more after those that name less."""
    size, problems = len(keys), Problems()
    amounts = {name: np.full(size, np.nan) for name in LIMITS}
    frozen, groups = np.zeros(size, dtype=np.bool_), [""] * size
    names = Names.of(keys, tuple(groups))
    origins = {name: [""] * size for name in (*LIMITS, "frozen")}
    level_of: dict[tuple[str, int], int] = {}
    rows = list(rows_of_seed(limits, "touchpoint_limits", ("market", "touchpoint"), problems))
    for row in sorted(rows, key=_level):
        scope, level = np.flatnonzero(names.scope(row, "market", "touchpoint", "")), _level(row)
        given = {name: value for name in LIMITS if (value := row.amount(name)) is not None}
        flag, group = row.flag("frozen"), row.text("touchpoint_group")
        if flag and given:
            row.wrong("frozen", f"frozen spend stays as it is: empty {', '.join(given)}, or frozen")
        _refuse_twice(row, [*given, *(["frozen"] if flag is not None else [])], scope, level, level_of, keys)
        if flag:
            for values in amounts.values():
                values[scope] = np.nan
        for name, value in given.items():
            amounts[name][scope] = value
        source = row.text(SOURCE) or "touchpoint_limits"
        for name in (*given, *(["frozen"] if flag else [])):
            for i in scope:
                origins[name][i] = source
        if given or flag is not None:
            frozen[scope] = bool(flag)
        for i in scope if group else ():
            groups[i] = group
    return _Draft(keys, current, total, problems, amounts, frozen, tuple(groups), origins)


def _level(row: Row) -> int:
    return 2 * bool(row.text("touchpoint")) + bool(row.text("market"))


def _refuse_twice(
    row: Row,
    columns: list[str],
    scope: Integers,
    level: int,
    level_of: dict[tuple[str, int], int],
    keys: tuple[Key, ...],
) -> None:
    """Remember it where two rows that name as much give the same limit of the same touchpoint."""
    for column in columns:
        again = [i for i in scope if level_of.get((column, int(i))) == level]
        if again:
            row.wrong(column, f"another row gives it for {label(keys[again[0]])}; keep one of them")
        for i in scope:
            level_of[column, int(i)] = level


def _read_rule(row: Row, draft: _Draft) -> None:
    """Add one row of `budget_rules` to what has been read."""
    names = Names.of(draft.keys, draft.groups)
    scope = names.scope(row, "market", "touchpoint", "touchpoint_group")
    kind, name = row.choice("kind", KINDS), row.text("rule")
    if not kind:
        return
    _refuse_unused(row, kind)
    if kind == "frozen":
        draft.frozen = draft.frozen | scope
        draft.name("frozen", scope, name)
        return
    amount = row.amount("amount")
    if amount is None:
        if not row.text("amount"):
            row.wrong("amount", "give a number")
        return
    if kind in ("minimum", "maximum"):
        _add_sum(name, kind, scope, _in_money(row, amount, scope, draft), draft)
    elif kind in ("minimum_ratio", "maximum_ratio"):
        reference = names.scope(row, "market", "reference_touchpoint", "reference_group")
        coefficients = scope.astype(np.float64) - amount * reference
        side = {"low": 0.0} if kind == "minimum_ratio" else {"high": 0.0}
        draft.linear.append(LinearRule(name, coefficients, **side))
    else:
        _add_discrete(row, kind, scope, amount, draft)


def _add_discrete(row: Row, kind: str, scope: Flags, amount: float, draft: _Draft) -> None:
    """Add a rule that leaves gaps between allowed amounts."""
    if kind == "max_active":
        if amount != round(amount) or amount < 1:
            row.wrong("amount", "give how many may have spend, 1 or more")
        draft.max_active.append(ActiveRule(row.text("rule"), scope, round(amount)))
    elif kind == "min_if_on":
        alone = np.eye(len(scope), dtype=np.bool_)
        each = np.array([_in_money(row, amount, only, draft) for only in alone])
        draft.tighten("min_if_on", each, scope, row.text("rule"), largest=True)
    else:
        draft.limits["spend_step"] = np.where(scope, amount, draft.limits["spend_step"])
        draft.name("spend_step", scope, row.text("rule"))


def _refuse_unused(row: Row, kind: str) -> None:
    """Remember cells that a kind of rule has no use for, and a missing unit."""
    if kind in ("minimum", "maximum", "min_if_on"):
        row.choice("unit", UNITS)
    elif kind == "step":
        row.choice("unit", ("", "money"))
    elif row.text("unit"):
        row.wrong("unit", f"a rule of kind {kind} has none: leave it empty")
    if kind not in ("minimum_ratio", "maximum_ratio"):
        for column in ("reference_touchpoint", "reference_group"):
            if row.text(column):
                row.wrong(column, "only minimum_ratio and maximum_ratio refer to others: leave it empty")
    if kind == "frozen" and row.text("amount"):
        row.wrong("amount", "frozen spend stays as it is: leave it empty")


def _in_money(row: Row, amount: float, scope: Flags, draft: _Draft) -> float:
    unit = row.text("unit")
    if unit == "share":
        if amount > 1:
            row.wrong("amount", "a share of the budget is from 0 to 1: 30 % is 0.3")
        return amount * draft.total
    return amount * float(draft.current[scope].sum()) if unit == "current" else amount


def _add_sum(name: str, kind: str, scope: Flags, amount: float, draft: _Draft) -> None:
    """Add a bound of one touchpoint, or a rule on the sum of several."""
    if scope.sum() > 1:
        side = {"low": amount} if kind == "minimum" else {"high": amount}
        draft.linear.append(LinearRule(name, scope.astype(np.float64), **side))
        return
    column, largest = ("min_spend", True) if kind == "minimum" else ("max_spend", False)
    draft.tighten(column, np.full(len(scope), amount), scope, name, largest=largest)


def _bounds_and_rules(
    draft: _Draft, default_low: Floats, default_high: Floats
) -> tuple[Floats, Floats, Rules]:
    """Put limits, defaults and rules together."""
    given, current = draft.limits, draft.current
    low = stricter(given["min_spend"], given["min_spend_ratio"] * current, largest=True)
    high = stricter(given["max_spend"], given["max_spend_ratio"] * current, largest=False)
    step = np.where(draft.frozen, 0.0, np.nan_to_num(given["spend_step"]))
    capped = np.zeros(len(current), dtype=np.bool_)
    for rule in draft.max_active:
        capped = capped | rule.members
    default_low, default_high = _whole_steps(default_low, default_high, step)
    default_low = np.fmin(default_low, high)
    if_on = np.where(capped & np.isnan(low), default_low, 0.0)
    min_if_on = np.where(np.isnan(given["min_if_on"]), if_on, given["min_if_on"])
    min_if_on = np.where(draft.frozen, 0.0, min_if_on)
    _refuse_never_off(draft, low)
    default_high = np.fmax(np.fmax(default_high, low), min_if_on)
    lowest = np.where(np.isnan(low), np.where(min_if_on > 0, 0.0, default_low), low)
    highest = np.where(np.isnan(high), default_high, high)
    fixed_low = np.where(draft.frozen, np.fmax(current, given["min_spend"]), lowest)
    fixed_high = np.where(draft.frozen, np.fmin(current, given["max_spend"]), highest)
    rules = Rules(tuple(draft.linear), min_if_on, step, tuple(draft.max_active), _origins(draft))
    return fixed_low, fixed_high, rules


def _origins(draft: _Draft) -> Origins:
    """Name where each limit is from: of an amount and a ratio the one that counts."""
    given, names = draft.limits, draft.origins

    def of_two(amount: str, ratio: str, sign: float) -> tuple[str, ...]:
        by_amount, by_ratio = sign * given[amount], sign * given[ratio] * draft.current
        counts = np.where(np.isnan(by_amount) | (by_ratio > by_amount), ratio, amount)
        said = ~(np.isnan(by_amount) & np.isnan(by_ratio))
        return tuple(names[counts[i]][i] if said[i] else "" for i in range(len(said)))

    return Origins(
        low=of_two("min_spend", "min_spend_ratio", 1.0),
        high=of_two("max_spend", "max_spend_ratio", -1.0),
        min_if_on=tuple(names["min_if_on"]),
        step=tuple(names["spend_step"]),
        frozen=tuple(name if held else "" for name, held in zip(names["frozen"], draft.frozen, strict=True)),
    )


def _whole_steps(low: Floats, high: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Widen default bounds to whole steps."""
    whole = np.where(step > 0, step, 1.0)
    down = np.floor(np.round(low / whole, 9)) * whole
    up = np.ceil(np.round(high / whole, 9)) * whole
    return np.where(step > 0, down, low), np.where(step > 0, up, high)


def _refuse_never_off(draft: _Draft, low: Floats) -> None:
    """Raise where a row says that spend may be 0 or enough and another that it may not be 0."""
    for i in np.flatnonzero((draft.limits["min_if_on"] > 0) & (low > 0) & ~draft.frozen):
        draft.problems.add(
            f"{label(draft.keys[i])}: min_if_on is {draft.limits['min_if_on'][i]:,.2f}, which lets its spend "
            f"be 0, and its minimum is {low[i]:,.2f}; keep one of them"
        )
    draft.problems.raise_any()
