"""The exact optimum of separable concave responses: equal marginals wherever money can move."""

from collections.abc import Callable

import numpy as np

from conversionflow.optimization.objective import Floats
from conversionflow.optimization.projection import ROUNDING, project

Marginals = Callable[[Floats], Floats]

SECANTS = 40
"""Points tried before bisection takes over; smooth curves need about ten."""

EQUAL = 1e-11
"""Relative differences of marginals that count as none."""

AT_BOUND = 1e-12
"""Distance from a bound, as a share of the budget, that counts as none."""

EXPONENTS = (1e-3, 1e3)
"""Range of the power with which a marginal may fall between two points."""

PRICES = 16
"""Prices tried at once when the bracket of the dual price is narrowed."""

HALVINGS = 60
"""Halvings of an amount's range: below the rounding of float64."""


def water_filling(marginals: Marginals, low: Floats, high: Floats, total: float) -> Floats:
    """Return the optimum of separable concave responses (Boyd & Vandenberghe, 2004, example 5.2).

    Each marginal is taken for a power of spend through its last two points; the price at which these powers
    spend the budget gives the next point: Newton's method on the dual with secants, in logarithms, at one
    call a step. Where marginals are flat, jump or are not above 0, bisection does it instead.

    Parameters
    ----------
    marginals : callable
        Marginal conversions at spends (..., n), elementwise, not rising in the spend; infinite at 0 is
        allowed.
    low, high : (n,) arrays
        Bounds, money.
    total : float
        Budget, money.

    Returns
    -------
    (n,) array
        The optimum; its sum is the budget up to float rounding.

    Raises
    ------
    InfeasibleBudgetError
        If the budget is outside the sums of the bounds.
    """
    least: Floats = project(low[None], low, high, total)[0]
    if least.sum() - low.sum() <= ROUNDING * total:
        return least
    plan = _by_secants(marginals, low, high, total)
    return _by_bisection(marginals, low, high, total) if plan is None else plan


def _by_secants(marginals: Marginals, low: Floats, high: Floats, total: float) -> Floats | None:
    """Return the optimum, or None where powers do not lead there."""
    room = high.sum() - low.sum()
    plan = low + (high - low) * min(1.0, (total - low.sum()) / room)
    if (plan <= 0).any():
        return None
    earlier = plan * 0.99
    worth, worth_earlier = marginals(np.stack([plan, earlier]))
    exponent = np.full(len(plan), 1.0)
    for _ in range(SECANTS):
        if not (np.isfinite(worth).all() and (worth > 0).all()):
            return None
        if _is_optimal(plan, worth, low, high, total):
            return np.asarray(project(plan[None], low, high, total)[0])
        exponent = _exponents(plan, worth, earlier, worth_earlier, exponent)
        earlier, worth_earlier = plan, worth
        plan = _spend_all(plan, worth, exponent, low, high, total)
        worth = marginals(plan)
    return None


def _is_optimal(plan: Floats, worth: Floats, low: Floats, high: Floats, total: float) -> bool:
    """Whether marginals are equal inside the bounds, not above at the minimum, not below at the maximum."""
    at_low, at_high = plan - low <= AT_BOUND * total, high - plan <= AT_BOUND * total
    may_rise, may_fall = worth[~at_high], worth[~at_low]
    if not (len(may_rise) and len(may_fall)):
        return True
    return bool(may_rise.max() <= may_fall.min() * (1 + EQUAL))


def _exponents(plan: Floats, worth: Floats, earlier: Floats, worth_earlier: Floats, known: Floats) -> Floats:
    """Powers through two points; what is known where they are too near to tell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.log(plan / earlier)
        power = -np.log(worth / worth_earlier) / distance
    usable = (np.abs(distance) > 1e-7) & np.isfinite(power)
    return np.where(usable, np.clip(power, *EXPONENTS), known)


def _spend_all(
    plan: Floats, worth: Floats, exponent: Floats, low: Floats, high: Floats, total: float
) -> Floats:
    """Amounts at which powers through a point have the one price that spends the budget."""
    inverse = 1.0 / exponent
    level = np.log(np.maximum(plan, np.finfo(float).tiny)) + np.log(worth) * inverse
    price, cheap, dear = float(np.log(worth).mean()), -np.inf, np.inf
    for step in range(100):
        amounts = np.clip(np.exp(np.minimum(level - price * inverse, 700.0)), low, high)
        missing = total - amounts.sum()
        if abs(missing) <= ROUNDING * total:
            break
        cheap, dear = (cheap, price) if missing > 0 else (price, dear)
        slope = float((amounts * inverse)[(amounts > low) & (amounts < high)].sum())
        newton = price - missing / slope if slope > 0 else np.nan
        middle = (cheap + dear) / 2 if dear - cheap < np.inf else price - np.sign(missing) * 2.0**step
        price = newton if cheap < newton < dear else middle
    return np.asarray(amounts)


def _by_bisection(marginals: Marginals, low: Floats, high: Floats, total: float) -> Floats:
    """Narrow the dual price; at each an amount is where its marginal crosses it.

    A flat marginal makes the amounts jump at its price: every split between the two sides is optimal, so the
    last step interpolates to the budget.
    """
    cheap = float(marginals(high).min())
    dear = float(marginals((low + high) / 2).max())
    while _demand(marginals, np.array([dear]), low, high).sum() > total:
        dear += 2 * abs(dear) + np.finfo(float).tiny
    return _between_prices(marginals, low, high, total, min(cheap, dear), dear)


def _between_prices(
    marginals: Marginals, low: Floats, high: Floats, total: float, cheap: float, dear: float
) -> Floats:
    """Narrow the prices between which demand falls past the budget, and split what lies between them."""
    while True:
        prices = np.linspace(cheap, dear, PRICES + 2)
        demand = _demand(marginals, prices, low, high)
        spent = demand.sum(axis=1)
        last = int(np.clip((spent >= total).sum() - 1, 0, PRICES))
        between = spent[last] - spent[last + 1]
        if between <= ROUNDING * total or prices[last + 1] - prices[last] >= dear - cheap:
            break
        cheap, dear = prices[last], prices[last + 1]
    share = np.clip((total - spent[last + 1]) / between, 0.0, 1.0) if between > 0 else 0.0
    split = project((demand[last + 1] + share * (demand[last] - demand[last + 1]))[None], low, high, total)
    return np.asarray(split[0])


def _demand(marginals: Marginals, prices: Floats, low: Floats, high: Floats) -> Floats:
    """Largest amounts whose marginal is still worth the price, by bisection, (prices, n)."""
    worth = np.broadcast_to(low, (len(prices), len(low)))
    above = np.broadcast_to(high, worth.shape)
    for _ in range(HALVINGS):
        middle = (worth + above) / 2
        enough = marginals(middle) >= prices[:, None]
        worth, above = np.where(enough, middle, worth), np.where(enough, above, middle)
    return np.where(marginals(np.broadcast_to(high, worth.shape)) >= prices[:, None], high, worth)
