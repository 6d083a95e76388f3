"""The nearest plan that keeps linear rules, compiled.

Amounts are shares of the budget.
"""

from typing import NamedTuple

import numpy as np

from conversionflow.core.compiled import compiled
from conversionflow.optimization.objective import Floats, Integers


class Rows(NamedTuple):
    """K linear rules on n amounts, the budget the first of them.

    Attributes
    ----------
    least, most : (K,) arrays
        What a row's value may be.
    starts, columns, weights : (K + 1,), (entries,), (entries,) arrays
        Entries by row.
    column_starts, column_rows, column_weights : (n + 1,), (entries,), (entries,) arrays
        The same entries by column.
    dense : (K, n) array
        The same again.
    """

    least: Floats
    most: Floats
    starts: Integers
    columns: Integers
    weights: Floats
    column_starts: Integers
    column_rows: Integers
    column_weights: Floats
    dense: Floats


EXACT = 1e-14
"""Residual of a row, per unit of its weights and amounts, that ends the projection."""

SMALL = 1e-3
"""Sum of a row below which its residual is no longer taken relative to it."""

ENOUGH = 1e-11
"""Residual that is accepted where rounding allows no less."""

SWEEPS = 60
"""Sweeps of the dual before a projection counts as failed."""

NEWTON_STEPS = 5

OPEN = 1e-10
"""Relative pivot below which rows count as dependent."""

FAR = 1e-2
"""Relative pivot that is taken instead: it sets how a straight direction is weighed against the others."""

ROOT_STEPS = 100
"""Steps of one row's root search: each passes a kink or halves the bracket."""


@compiled
def row_sum(
    row: int, shift: float, moved: Floats, low: Floats, high: Floats, rows: Rows
) -> tuple[float, float]:
    """Return a row's value, and its slope, where its multiplier rises by the shift."""
    value = slope = 0.0
    for place in range(rows.starts[row], rows.starts[row + 1]):
        column, weight = rows.columns[place], rows.weights[place]
        amount = moved[column] + shift * weight
        if amount <= low[column]:
            amount = low[column]
        elif amount >= high[column]:
            amount = high[column]
        else:
            slope += weight * weight
        value += weight * amount
    return value, slope


@compiled
def row_root(
    row: int,
    target: float,
    moved: Floats,
    low: Floats,
    high: Floats,
    rows: Rows,
) -> tuple[float, bool]:
    """Return the shift at which a row meets its target, and if there is one: Newton's method, bracketed."""
    below, above = -np.inf, np.inf
    least = most = size = 0.0
    reach_low, reach_high = np.inf, -np.inf
    for place in range(rows.starts[row], rows.starts[row + 1]):
        column, weight = rows.columns[place], rows.weights[place]
        to_low, to_high = (low[column] - moved[column]) / weight, (high[column] - moved[column]) / weight
        reach_low = min(reach_low, to_low, to_high)
        reach_high = max(reach_high, to_low, to_high)
        least += min(weight * low[column], weight * high[column])
        most += max(weight * low[column], weight * high[column])
        size += abs(weight) * high[column]
    if target < least - ENOUGH * size or target > most + ENOUGH * size:
        return 0.0, False
    below, above = reach_low, reach_high
    shift = min(max(0.0, below), above)
    for _ in range(ROOT_STEPS):
        value, slope = row_sum(row, shift, moved, low, high, rows)
        missing = target - value
        if abs(missing) <= EXACT * size:
            break
        if missing > 0:
            below = shift
        else:
            above = shift
        newton = shift + missing / slope if slope > 0 else np.inf
        shift = newton if below < newton < above else 0.5 * (below + above)
        if shift <= below or shift >= above:
            break
    return shift, True


@compiled
def move(row: int, shift: float, moved: Floats, rows: Rows) -> None:
    """Add a row's weights times the shift to the point whose clipping is the plan."""
    for place in range(rows.starts[row], rows.starts[row + 1]):
        moved[rows.columns[place]] += shift * rows.weights[place]


@compiled
def clipped(moved: Floats, low: Floats, high: Floats, plan: Floats) -> None:
    """Write the plan that a point stands for."""
    for column in range(len(moved)):
        plan[column] = min(max(moved[column], low[column]), high[column])


@compiled
def worst_residual(plan: Floats, prices: Floats, rows: Rows) -> float:
    """Return how far a row is from its bounds, or from the one its price is for, relative to its size."""
    worst = 0.0
    for row in range(len(rows.least)):
        value, size = 0.0, 0.0
        for place in range(rows.starts[row], rows.starts[row + 1]):
            term = rows.weights[place] * plan[rows.columns[place]]
            value += term
            size += abs(term)
        off = max(rows.least[row] - value, value - rows.most[row], 0.0)
        if prices[row] > 0:
            off = abs(value - rows.least[row])
        elif prices[row] < 0:
            off = abs(value - rows.most[row])
        if off > 0:
            worst = max(worst, off / max(size, SMALL))
    return worst


@compiled
def sweep(
    moved: Floats,
    prices: Floats,
    low: Floats,
    high: Floats,
    rows: Rows,
) -> bool:
    """Best multiplier of one row after the other, the others fixed; whether each row can be met."""
    for row in range(len(rows.least) - 1, -1, -1):
        price = prices[row]
        value, _ = row_sum(row, -price, moved, low, high, rows)
        if rows.least[row] <= value <= rows.most[row]:
            shift = -price
        else:
            target = rows.least[row] if value < rows.least[row] else rows.most[row]
            shift, possible = row_root(row, target, moved, low, high, rows)
            if not possible:
                return False
        if shift != 0.0:
            prices[row] = price + shift
            move(row, shift, moved, rows)
    return True


@compiled
def newton_step(
    plan: Floats,
    prices: Floats,
    low: Floats,
    high: Floats,
    rows: Rows,
) -> Floats:
    """Return the multipliers that meet all binding rows at once if no amount hits or leaves a bound."""
    count = len(rows.least)
    size = 0
    binding = np.empty(count, np.int64)
    for row in range(count):
        if prices[row] != 0.0:
            binding[size] = row
            size += 1
    system = np.zeros((size, size))
    missing = np.empty(size)
    for i in range(size):
        row = binding[i]
        value = 0.0
        for place in range(rows.starts[row], rows.starts[row + 1]):
            column = rows.columns[place]
            value += rows.weights[place] * plan[column]
            if low[column] < plan[column] < high[column]:
                for j in range(i + 1):
                    system[i, j] += rows.weights[place] * rows.dense[binding[j], column]
        missing[i] = (rows.least[row] if prices[row] > 0 else rows.most[row]) - value
    solve_in_place(system, missing)
    better = prices.copy()
    for i in range(size):
        better[binding[i]] += missing[i]
    return better


@compiled
def solve_in_place(system: Floats, right: Floats) -> None:
    """Cholesky's method on a lower triangle, with a long step along what the system leaves open.

    Where amounts at their bounds make rows dependent the dual is straight along a direction: what remains of
    the right side there, if it is more than rounding, is followed, and the line search ends it.
    """
    size = len(right)
    largest, scale = 0.0, 0.0
    for i in range(size):
        largest = max(largest, system[i, i])
        scale = max(scale, abs(right[i]))
    largest = largest if largest > 0 else 1.0
    for j in range(size):
        pivot = system[j, j]
        for k in range(j):
            pivot -= system[j, k] * system[j, k]
            right[j] -= system[j, k] * right[k]
        usable = pivot > OPEN * largest
        root = np.sqrt(pivot if usable else FAR * largest)
        if not usable and abs(right[j]) <= OPEN * scale:
            right[j] = 0.0
        right[j] /= root
        system[j, j] = root
        for i in range(j + 1, size):
            value = system[i, j]
            for k in range(j):
                value -= system[i, k] * system[j, k]
            system[i, j] = value / root if usable else 0.0
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            right[i] -= system[k, i] * right[k]
        right[i] /= system[i, i]


@compiled
def turn_of(
    direction: Floats, prices: Floats, turn: Floats, terms: Floats, rows: Rows
) -> tuple[float, float, float]:
    """Write how the point turns with a direction of the prices, and the size of what was added up for it.

    Returns the target of the turned sum, its size, and how far the direction may be followed: no price passes
    0, where its row would change the bound it is held to.
    """
    target, size, furthest = 0.0, 0.0, np.inf
    for row in range(len(rows.least)):
        if prices[row] == 0.0:
            direction[row] = 0.0
        change = direction[row]
        if change == 0.0:
            continue
        bound = change * (rows.least[row] if prices[row] > 0 else rows.most[row])
        target += bound
        size += abs(bound)
        if rows.least[row] < rows.most[row] and change * prices[row] < 0:
            furthest = min(furthest, -prices[row] / change)
        for place in range(rows.starts[row], rows.starts[row + 1]):
            turn[rows.columns[place]] += change * rows.weights[place]
            terms[rows.columns[place]] += abs(change * rows.weights[place])
    return target, size, furthest


@compiled
def turned_sum(shift: float, turn: Floats, moved: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Return the turned sum of the plan that far along the turn, and its slope."""
    value = slope = 0.0
    for column in range(len(turn)):
        amount = moved[column] + shift * turn[column]
        if amount <= low[column]:
            amount = low[column]
        elif amount >= high[column]:
            amount = high[column]
        else:
            slope += turn[column] * turn[column]
        value += turn[column] * amount
    return value, slope


@compiled
def turned_root(
    target: float, size: float, end: float, turn: Floats, moved: Floats, low: Floats, high: Floats
) -> float:
    """Return where the turned sum meets its target, or the end if it does not before."""
    below, above, shift = 0.0, end, 0.0
    for _ in range(ROOT_STEPS):
        value, slope = turned_sum(shift, turn, moved, low, high)
        missing = target - value
        if abs(missing) <= EXACT * size or above - below <= 1e-16 * above or (shift == end and missing > 0):
            break
        if missing > 0:
            below = shift
        else:
            above = shift
        newton = shift + missing / slope if slope > 0 else np.inf
        shift = min(newton, end) if newton > below else 0.5 * (below + above)
        if shift > above:
            shift = 0.5 * (below + above)
    return shift


@compiled
def climb(direction: Floats, prices: Floats, moved: Floats, low: Floats, high: Floats, rows: Rows) -> bool:
    """Move the prices along a direction to the dual's exact maximum there; whether it has one."""
    turn, terms = np.zeros(len(moved)), np.zeros(len(moved))
    target, size, furthest = turn_of(direction, prices, turn, terms, rows)
    last_kink = 0.0
    for column in range(len(turn)):
        size += terms[column] * high[column]
        if abs(turn[column]) <= 1e-12 * terms[column]:
            turn[column] = 0.0
        if turn[column] != 0.0:
            bound = high[column] if turn[column] > 0 else low[column]
            last_kink = max(last_kink, (bound - moved[column]) / turn[column])
    value, _ = turned_sum(0.0, turn, moved, low, high)
    if target - value <= EXACT * size:
        return True
    end = min(furthest, last_kink)
    shift = turned_root(target, size, end, turn, moved, low, high)
    if shift == end and furthest > last_kink:
        value, _ = turned_sum(shift, turn, moved, low, high)
        if furthest == np.inf and target - value > ENOUGH * size:
            return False
    for row in range(len(rows.least)):
        change = direction[row]
        if change != 0.0:
            price = prices[row] + shift * change
            if rows.least[row] < rows.most[row] and (price > 0) != (prices[row] > 0):
                price = 0.0
            move(row, price - prices[row], moved, rows)
            prices[row] = price
    return True


@compiled
def project_rows(
    point: Floats,
    low: Floats,
    high: Floats,
    rows: Rows,
) -> tuple[Floats, bool]:
    """Return the nearest plan within the bounds that keeps all rows, and whether there is one.

    The dual of the projection is maximised: one row after the other exactly (Hildreth, 1957, *Naval Research
    Logistics* 4: 79-85), which always rises, then all binding rows at once by Newton's method where that
    rises too. The dual is piecewise quadratic, so Newton's method ends it exactly.
    """
    prices, before = np.zeros(len(rows.least)), np.zeros(len(rows.least))
    moved, plan = point.copy(), np.empty(len(point))
    residual = np.inf
    for attempt in range(SWEEPS):
        before[:] = prices
        if not sweep(moved, prices, low, high, rows):
            return plan, False
        if attempt % 2 == 1:
            direction = prices - before
            if not climb(direction, prices, moved, low, high, rows):
                return plan, False
        for _ in range(NEWTON_STEPS):
            clipped(moved, low, high, plan)
            residual = worst_residual(plan, prices, rows)
            if residual <= EXACT:
                return plan, True
            direction = newton_step(plan, prices, low, high, rows) - prices
            if not climb(direction, prices, moved, low, high, rows):
                return plan, False
    return plan, residual <= ENOUGH
