"""What a plan brings for its money: contribution, ROAS and CPA."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from conversionflow.optimization.objective import Floats, MarketObjective


@dataclass(frozen=True)
class Returns:
    """Posterior means of what a plan brings, per period.

    Attributes
    ----------
    spend : float
        Money.
    conversions : float
        Expected conversions.
    contribution : float
        Conversions less those expected without any spend.
    revenue : float
        Revenue of the contribution, money; nan where a market's revenue per conversion is not known.
    """

    spend: float
    conversions: float
    contribution: float
    revenue: float

    @property
    def roas(self) -> float:
        """Revenue that a unit of money brings, on the mean."""
        return self.revenue / self.spend if self.spend > 0 else np.nan

    @property
    def cpa(self) -> float:
        """Money per conversion that the spend brings; infinite where it brings none."""
        return self.spend / self.contribution if self.contribution > 0 else np.inf


@dataclass(frozen=True, eq=False)
class Economics:
    """A response and what its conversions are worth.

    Attributes
    ----------
    response : MarketObjective
        Conversions for a plan.
    revenue_per_conversion : mapping
        Money by market.
    """

    response: MarketObjective
    revenue_per_conversion: Mapping[str, float]

    def returns(self, plan: Floats) -> Returns:
        """Evaluate a plan, (n,) money, against no spend at all."""
        both = self.response.conversions_by_market(np.stack([plan, np.zeros_like(plan)])).mean(axis=0)
        contributed = both[0] - both[1]
        prices = np.array([self.revenue_per_conversion.get(name, np.nan) for name in self.response.markets])
        return Returns(
            spend=float(plan.sum()),
            conversions=float(both[0].sum()),
            contribution=float(contributed.sum()),
            revenue=float(contributed @ prices),
        )

    def marginal_revenue(self, plan: Floats) -> Floats:
        """Revenue of one more unit of money on each touchpoint of a plan, (n,); nan as for `Returns`."""
        _, gradient = self.response.mean_and_gradient(plan)
        prices = [self.revenue_per_conversion.get(market, np.nan) for market, _ in self.response.keys]
        marginal: Floats = np.array(prices) * gradient
        return marginal

    def thin(self, draws: int) -> "Economics":
        """Return the same on at most ``draws`` posterior draws."""
        return Economics(self.response.thin(draws), self.revenue_per_conversion)
