"""Budgets to plan, by kind and seed, of curves whose optimum can be found in other ways."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from conversionflow.estimation import Response
from conversionflow.estimation.network_kernel import NetworkDraws
from conversionflow.estimation.response import JourneyMarket
from conversionflow.optimization import ActiveRule, BudgetProblem, LinearRule, Rules, default_bounds

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HillCurves:
    """A sum of Hill curves, ``scale x^slope / (x^slope + half^slope)``, on S draws: arrays (S, n)."""

    scale: Floats
    half: Floats
    slope: float

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Market and touchpoint of each amount."""
        return tuple(("market", f"touchpoint {place:03d}") for place in range(self.scale.shape[1]))

    def conversions(self, plans: Floats) -> Floats:
        """Evaluate plans (B, n) on each draw, (S, B)."""
        sums: Floats = np.stack([self._shares(plan[None])[0] for plan in plans], axis=1)
        return sums

    def mean_and_gradient(self, plan: Floats) -> tuple[float, Floats]:
        """Average one plan over the draws, with its derivative by spend."""
        values, marginals = self.curves(plan[None])
        return float(values.sum()), marginals[0]

    def curves(self, spend: Floats) -> tuple[Floats, Floats]:
        """Average each touchpoint's curve over the draws at spends (G, n), with its derivative."""
        values, marginals = np.empty_like(spend), np.empty_like(spend)
        for row, amounts in enumerate(spend):
            share = self._share(amounts)
            values[row] = (self.scale * share).mean(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                steep = self.slope * share * (1.0 - share) / amounts
            at_nothing = np.inf if self.slope < 1 else self.slope == 1
            steep = np.where(amounts > 0, steep, at_nothing / self.half)
            marginals[row] = (self.scale * steep).mean(axis=0)
        return values, marginals

    def thin(self, draws: int) -> "HillCurves":
        """Keep at most so many draws."""
        return self.take(np.arange(min(draws, len(self.scale))))

    def take(self, draws: NDArray[np.intp]) -> "HillCurves":
        """Keep some of the draws."""
        return replace(self, scale=self.scale[draws], half=self.half[draws])

    def _share(self, amounts: Floats) -> Floats:
        ratio = amounts / self.half
        power = ratio if self.slope == 1 else ratio**3 if self.slope == 3 else ratio**self.slope
        return power / (1.0 + power)

    def _shares(self, plans: Floats) -> Floats:
        sums: Floats = np.stack([(self.scale * self._share(plan)).sum(axis=1) for plan in plans])
        return sums


def hill(
    size: int, draws: int, slope: float, seed: int, low: float = 0.5
) -> tuple[HillCurves, BudgetProblem]:
    """Draw curves and a budget of ``size`` touchpoints, each from ``low`` to twice today's spend."""
    rng = np.random.default_rng((seed, size))
    current = rng.lognormal(8.0, 1.0, size)
    scale = rng.lognormal(4.0, 0.8, size) * rng.lognormal(0.0, 0.2, (draws, size))
    half = current * rng.lognormal(0.0, 0.7, size) * rng.lognormal(0.0, 0.2, (draws, size))
    response = HillCurves(scale, half, slope)
    least, most = default_bounds(current, low, 2.0)
    return response, BudgetProblem(response.keys, current, least, most, float(current.sum()))


def ruled(size: int, draws: int, seed: int) -> tuple[HillCurves, BudgetProblem]:
    """Draw concave curves under a cap and a floor of groups, spend that is 0 or enough, and steps."""
    response, plain = hill(size, draws, 1.0, seed, low=0.0)
    rng = np.random.default_rng((seed, size, 1))
    current, total = plain.current, plain.total
    order = rng.permutation(size)
    capped, floored = (np.isin(np.arange(size), order[part::3]).astype(float) for part in (0, 1))
    on, stepped = order[2::6], order[5::6]
    least = np.zeros(size)
    least[on] = np.round(1.1 * current[on], 2)
    step = np.zeros(size)
    step[stepped] = np.round(0.25 * current[stepped], 0)
    rules = Rules(
        linear=(
            LinearRule("cap of the first group", capped, high=0.95 * float(capped @ current)),
            LinearRule("floor of the second group", floored, low=1.02 * float(floored @ current)),
        ),
        min_if_on=least,
        step=step,
        max_active=(
            ActiveRule("most of the third group", np.isin(np.arange(size), order[2::3]), size // 3 - 2),
        ),
    )
    low = np.where((least > 0) | (step > 0), 0.0, 0.5 * current)
    low[order[2::3]] = 0.0
    return response, BudgetProblem(response.keys, current, low, plain.high, total, rules)


def journey(size: int, draws: int, seed: int, organic: int = 4) -> tuple[Response, BudgetProblem]:
    """Draw a network of ``size`` paid and some organic touchpoints: no sum of curves."""
    rng = np.random.default_rng((seed, size, 2))
    count = size + organic

    def spread(centre: Floats, sd: float) -> Floats:
        return np.asarray(centre * rng.lognormal(0.0, sd, (draws, len(centre))))

    onward = rng.dirichlet(np.full(count, 0.5), count) * 0.4
    ends = np.column_stack([0.05 * rng.lognormal(0.0, 0.5, count), np.full(count, 0.5)])
    shares = np.column_stack([onward, ends])
    shares /= shares.sum(axis=1, keepdims=True)
    rows = np.stack([rng.dirichlet(400.0 * share + 0.01, draws) for share in shares], axis=1)
    network = NetworkDraws(
        entries=spread(rng.lognormal(5.0, 0.8, count), 0.15),
        exponent=np.clip(spread(rng.uniform(0.4, 1.6, size), 0.15), 0.2, 3.0),
        floor=np.clip(spread(rng.uniform(0.05, 0.4, size), 0.15), 0.0, 0.9),
        saturation=spread(rng.uniform(0.3, 3.0, size), 0.3),
        parent_effects=rng.normal(0.1, 0.2, size) + 0.1 * rng.standard_normal((draws, size)),
        conversion_effects=rng.normal(0.1, 0.2, size) + 0.1 * rng.standard_normal((draws, size)),
        moves=np.ascontiguousarray(rows[:, :, :count]),
        conversion=np.ascontiguousarray(rows[:, :, count]),
        lost=np.ascontiguousarray(rows[:, :, count + 1]),
        carryover=np.zeros((draws, size)),
        displacement=rng.uniform(0.0, 0.5, draws),
    )
    keys = tuple(("market", f"touchpoint {place:03d}") for place in range(size))
    spend = rng.lognormal(8.0, 1.0, size)
    response = Response(keys, spend, 2.0 * spend, draws, (("market", JourneyMarket(network)),))
    return response, BudgetProblem(keys, spend, *default_bounds(spend, 0.5, 2.0), float(spend.sum()))
