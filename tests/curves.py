"""Responses whose optimum is known, for tests of the optimiser."""

from dataclasses import dataclass, replace

import numpy as np

from conversionflow.optimization import BudgetProblem, default_bounds


@dataclass(frozen=True)
class Curves:
    """Separable ``sum scale * x^slope / (x^slope + half^slope)``: concave for slope 1, S-shaped above."""

    scale: np.ndarray
    half: np.ndarray
    slope: float = 1.0
    market: str = "it"
    names: tuple[str, ...] = ()

    @property
    def keys(self):
        names = self.names or [f"touchpoint_{index}" for index in range(self.scale.shape[1])]
        return tuple((self.market, name) for name in names)

    def conversions(self, plans):
        return (self.scale[:, None] * self.shape(plans)).sum(axis=-1)

    def mean_and_gradient(self, plan):
        return float(self.conversions(plan[None]).mean()), self.marginals(plan)

    def marginals(self, plans):
        x = plans[..., None, :]
        power, half = x**self.slope, self.half**self.slope
        return (self.scale * self.slope * x ** (self.slope - 1) * half / (power + half) ** 2).mean(axis=-2)

    def shape(self, plans):
        power = plans[None] ** self.slope
        return power / (power + self.half[:, None] ** self.slope)

    def thin(self, draws):
        return replace(self, scale=self.scale[:draws], half=self.half[:draws])

    def take(self, draws):
        return replace(self, scale=self.scale[draws], half=self.half[draws])


class SummedCurves(Curves):
    """The same response, which says that it is a sum of curves."""

    def curves(self, spend):
        values = (self.scale[:, None] * self.shape(spend)).mean(axis=0)
        return values, self.marginals(spend)


def make(size, seed, draws=12, slope=1.0, kind=Curves):
    rng = np.random.default_rng(seed)
    current = rng.lognormal(8, 1, size)
    scale = rng.lognormal(4, 0.8, size) * rng.lognormal(0, 0.2, (draws, size))
    half = current * rng.lognormal(0, 0.7, size) * rng.lognormal(0, 0.2, (draws, size))
    bounds = default_bounds(current, 0.5, 2.0)
    response = kind(scale, half, slope)
    return response, BudgetProblem(response.keys, current, *bounds, float(current.sum()))


def value(response, plan):
    return float(response.conversions(plan[None]).mean())


def lift_gap(response, problem, best, plan):
    base = value(response, problem.current)
    return (value(response, best) - value(response, plan)) / (value(response, best) - base)
