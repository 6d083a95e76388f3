"""The repair of plans, compiled: what is on, which step amounts are at, and the nearest plan with that.

Amounts are shares of the budget. The choices leave each touchpoint a box ``[low, high]``; rows are the linear
rules with the budget. Where a row cannot be met within the boxes, choices change one by one, or two at once,
those first that close most for the least distance.
"""

from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.optimization.objective import Floats, Integers
from conversionflow.optimization.projection_kernel import Rows, project_rows
from conversionflow.optimization.rules import Flags

CLOSED = 1e-12
"""Gap of a row, as a share of the budget, that counts as none."""

HALVINGS = 4
"""Halvings of the distance to the fallback's plan where a projection fails on rounding."""


class Choices(NamedTuple):
    """What n touchpoints may be: 0 if `switchable`, or in ``[low, high]``, whole steps if `step` is not 0.

    At most `counts` (C,) of the `members` (C, n) are on.
    """

    low: Floats
    high: Floats
    switchable: Flags
    step: Floats
    members: Flags
    counts: Integers


@compiled
def reach_of_rows(low: Floats, high: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Return the least and the largest value of each row within boxes, (K,) each."""
    least, most = np.zeros(len(rows.least)), np.zeros(len(rows.least))
    for row in range(len(rows.least)):
        for place in range(rows.starts[row], rows.starts[row + 1]):
            column, weight = rows.columns[place], rows.weights[place]
            least[row] += weight * (low[column] if weight > 0 else high[column])
            most[row] += weight * (high[column] if weight > 0 else low[column])
    return least, most


@compiled
def row_gap(row: int, least: float, most: float, rows: Rows) -> float:
    """Return by how much a row of that reach misses its bounds."""
    gap: float = max(rows.least[row] - most, least - rows.most[row], 0.0)
    return gap


@compiled
def total_gap(least: Floats, most: Floats, rows: Rows) -> float:
    """Return the sum of all rows' gaps."""
    gap = 0.0
    for row in range(len(least)):
        off = row_gap(row, least[row], most[row], rows)
        gap += off if off > CLOSED else 0.0
    return gap


@compiled
def gap_change(column: int, fall: float, rise: float, least: Floats, most: Floats, rows: Rows) -> float:
    """Change of the gap if a box's lower end moves by `fall` and its upper end by `rise`."""
    change = 0.0
    for place in range(rows.column_starts[column], rows.column_starts[column + 1]):
        row, weight = rows.column_rows[place], rows.column_weights[place]
        down, up = (fall, rise) if weight > 0 else (rise, fall)
        after = row_gap(row, least[row] + weight * down, most[row] + weight * up, rows)
        change += after - row_gap(row, least[row], most[row], rows)
    return change


@compiled
def shift_reach(column: int, fall: float, rise: float, least: Floats, most: Floats, rows: Rows) -> None:
    """Move a box in the rows' reach."""
    for place in range(rows.column_starts[column], rows.column_starts[column + 1]):
        row, weight = rows.column_rows[place], rows.column_weights[place]
        least[row] += weight * (fall if weight > 0 else rise)
        most[row] += weight * (rise if weight > 0 else fall)


@compiled
def may_start(column: int, leaving: int, on: Flags, choices: Choices) -> bool:
    """Whether one more may be on, with another (or -1) switched off for it."""
    for rule in range(len(choices.counts)):
        if choices.members[rule, column]:
            active = 0
            for other in range(len(on)):
                active += choices.members[rule, other] and on[other] and other != leaving
            if active >= choices.counts[rule]:
                return False
    return True


@compiled
def distance_of_switch(amount: float, low: float) -> tuple[float, float]:
    """Squared distance of an amount to 0, and to being on."""
    return amount * amount if amount > 0 else 0.0, max(low - amount, 0.0) ** 2


@compiled
def choose_active(point: Floats, choices: Choices) -> Flags:
    """Return what is on: all that is nearer to on than to 0, the furthest from 0 first where too many are."""
    size = len(point)
    on = np.ones(size, np.bool_)
    worth = np.empty(size)
    for column in range(size):
        off_cost, on_cost = distance_of_switch(point[column], choices.low[column])
        worth[column] = off_cost - on_cost if choices.switchable[column] else np.inf
        if choices.switchable[column]:
            on[column] = off_cost > on_cost and choices.high[column] > 0
    for column in np.argsort(worth, kind="mergesort"):
        if choices.switchable[column] and on[column]:
            on[column] = may_start(column, column, on, choices)
    return on


@compiled
def best_switch(point: Floats, on: Flags, least: Floats, most: Floats, choices: Choices, rows: Rows) -> int:
    """Return the one to switch that closes most of the gap for the least distance, or -1."""
    best, first = 0.0, -1
    for column in range(len(point)):
        if not choices.switchable[column] or not (on[column] or may_start(column, -1, on, choices)):
            continue
        sign = -1.0 if on[column] else 1.0
        off_cost, on_cost = distance_of_switch(point[column], choices.low[column])
        cost = max(sign * (on_cost - off_cost), 0.0) + CLOSED
        fall, rise = sign * choices.low[column], sign * choices.high[column]
        change = gap_change(column, fall, rise, least, most, rows)
        if change < -CLOSED and change / cost < best:
            best, first = change / cost, column
    return first


@compiled
def mend_active(point: Floats, on: Flags, low: Floats, high: Floats, choices: Choices, rows: Rows) -> bool:
    """Switch touchpoints, one or a swap at a time, until each row can be met; whether that came about."""
    least, most = reach_of_rows(low, high, rows)
    for _ in range(2 * len(point)):
        if total_gap(least, most, rows) <= 0.0:
            return True
        first, second = best_switch(point, on, least, most, choices, rows), -1
        if first < 0:
            first, second = best_swap(point, on, least, most, choices, rows)
        if first < 0:
            return False
        for column in (first, second):
            if column >= 0:
                sign = -1.0 if on[column] else 1.0
                fall, rise = sign * choices.low[column], sign * choices.high[column]
                shift_reach(column, fall, rise, least, most, rows)
                on[column] = not on[column]
                low[column] = choices.low[column] if on[column] else 0.0
                high[column] = choices.high[column] if on[column] else 0.0
    return False


@compiled
def best_swap(
    point: Floats, on: Flags, least: Floats, most: Floats, choices: Choices, rows: Rows
) -> tuple[int, int]:
    """Return one to switch off and one to switch on that together close most of the gap, or -1 twice."""
    best, first, second = -CLOSED, -1, -1
    for leaving in range(len(point)):
        if not (choices.switchable[leaving] and on[leaving]):
            continue
        before = gap_change(leaving, -choices.low[leaving], -choices.high[leaving], least, most, rows)
        shift_reach(leaving, -choices.low[leaving], -choices.high[leaving], least, most, rows)
        for coming in range(len(point)):
            if on[coming] or not may_start(coming, leaving, on, choices):
                continue
            change = before + gap_change(coming, choices.low[coming], choices.high[coming], least, most, rows)
            if change < best:
                best, first, second = change, leaving, coming
        shift_reach(leaving, choices.low[leaving], choices.high[leaving], least, most, rows)
    return first, second


@compiled
def best_step(
    point: Floats, on: Flags, low: Floats, least: Floats, most: Floats, choices: Choices, rows: Rows
) -> tuple[int, float]:
    """Return the step that closes most of the gap for the least distance, or -1."""
    best, first, first_move = 0.0, -1, 0.0
    for column in range(len(point)):
        if not on[column] or choices.step[column] == 0.0:
            continue
        for sign in (-1.0, 1.0):
            move = sign * choices.step[column]
            if not within(low[column] + move, column, choices):
                continue
            cost = max(step_cost(point[column], low[column], move) + move * move, 0.0) + CLOSED
            change = gap_change(column, move, move, least, most, rows)
            if change < -CLOSED and change / cost < best:
                best, first, first_move = change / cost, column, move
    return first, first_move


@compiled
def mend_steps(point: Floats, on: Flags, low: Floats, high: Floats, choices: Choices, rows: Rows) -> bool:
    """Move amounts with steps by one step, one or a trade of two at a time, until each row can be met."""
    least, most = reach_of_rows(low, high, rows)
    for _ in range(4 * len(point)):
        if total_gap(least, most, rows) <= 0.0:
            return True
        first, first_move = best_step(point, on, low, least, most, choices, rows)
        second, second_move = -1, 0.0
        if first < 0:
            first, second, first_move, second_move = best_trade(point, on, low, least, most, choices, rows)
        if first < 0:
            return False
        for column, move in ((first, first_move), (second, second_move)):
            if column >= 0:
                shift_reach(column, move, move, least, most, rows)
                steps = np.round((low[column] + move) / choices.step[column])
                low[column] = high[column] = steps * choices.step[column]
    return False


@compiled
def within(amount: float, column: int, choices: Choices) -> bool:
    """Whether an amount of a touchpoint that is on keeps its box, up to rounding."""
    return bool(choices.low[column] - CLOSED <= amount <= choices.high[column] + CLOSED)


@compiled
def step_cost(wanted: float, amount: float, move: float) -> float:
    """Change of the squared distance to the wanted amount by a move."""
    return move * (2.0 * (amount - wanted) + move)


@compiled
def best_trade(
    point: Floats, on: Flags, low: Floats, least: Floats, most: Floats, choices: Choices, rows: Rows
) -> tuple[int, int, float, float]:
    """Return two steps that together close most of the gap, the nearest of equals, or -1 twice."""
    best, nearest, first, second = -CLOSED, np.inf, -1, -1
    first_move = second_move = 0.0
    for one in range(len(point)):
        if not on[one] or choices.step[one] == 0.0:
            continue
        for sign in (-1.0, 1.0):
            move = sign * choices.step[one]
            if not within(low[one] + move, one, choices):
                continue
            before = gap_change(one, move, move, least, most, rows)
            shift_reach(one, move, move, least, most, rows)
            for other in range(len(point)):
                if other == one or not on[other] or choices.step[other] == 0.0:
                    continue
                for way in (-1.0, 1.0):
                    back = way * choices.step[other]
                    if not within(low[other] + back, other, choices):
                        continue
                    change = before + gap_change(other, back, back, least, most, rows)
                    cost = step_cost(point[one], low[one], move) + step_cost(point[other], low[other], back)
                    if change < best - CLOSED or (
                        change < best + CLOSED and change < -CLOSED and cost < nearest
                    ):
                        best, nearest, first, second = change, cost, one, other
                        first_move, second_move = move, back
            shift_reach(one, -move, -move, least, most, rows)
    return first, second, first_move, second_move


@compiled
def repair_choices(point: Floats, choices: Choices, rows: Rows) -> tuple[Floats, bool]:
    """Return a plan near the point that keeps all rules, and whether one was found."""
    on = choose_active(point, choices)
    low, high = np.where(on, choices.low, 0.0), np.where(on, choices.high, 0.0)
    if not mend_active(point, on, low, high, choices, rows):
        return point, False
    plan, found = project_rows(point, low, high, rows)
    if not (found and (on & (choices.step > 0)).any()):
        return plan, found
    for column in range(len(point)):
        step = choices.step[column]
        if on[column] and step > 0:
            steps = np.round(plan[column] / step)
            steps = min(
                max(steps, np.round(choices.low[column] / step)), np.round(choices.high[column] / step)
            )
            low[column] = high[column] = steps * step
    if not mend_steps(plan, on, low, high, choices, rows):
        return plan, False
    return project_rows(plan, low, high, rows)


@compiled
def repair_as(point: Floats, known: Floats, choices: Choices, rows: Rows) -> Floats:
    """Return the nearest plan with the choices of a plan known to keep all rules, or that plan itself."""
    low, high = choices.low.copy(), choices.high.copy()
    for column in range(len(point)):
        if choices.switchable[column] and known[column] == 0.0:
            low[column] = high[column] = 0.0
        elif choices.step[column] > 0:
            low[column] = high[column] = known[column]
    start = point.copy()
    for _ in range(HALVINGS):
        plan, found = project_rows(start, low, high, rows)
        if found:
            return plan
        start = 0.5 * (start + known)
    return known.copy()


@compiled
def repair_plans(points: Floats, known: Floats, choices: Choices, rows: Rows) -> tuple[Floats, Flags]:
    """Repair plans (B, n) one by one; where that fails, with the choices of the nearest known plan (P, n).

    Returns the plans and which of them had to follow a known one.
    """
    repaired, led = np.empty_like(points), np.zeros(len(points), np.bool_)
    for row in range(len(points)):
        plan, found = repair_choices(points[row], choices, rows)
        if not found:
            nearest, least = 0, np.inf
            for candidate in range(len(known)):
                distance = ((known[candidate] - points[row]) ** 2).sum()
                if distance < least:
                    nearest, least = candidate, distance
            plan = repair_as(points[row], known[nearest], choices, rows)
            led[row] = True
        repaired[row] = plan
    return repaired, led
