"""The convergence gate: which fits may be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conversionflow.estimation.chains import Trace
from conversionflow.estimation.types import Array, Parameter

MINIMUM_CHAINS = 4
RHAT_MAXIMUM = 1.01
ESS_PER_CHAIN_MINIMUM = 100
EBFMI_MINIMUM = 0.3


@dataclass(frozen=True)
class Diagnostics:
    """What one attempt's chains say about themselves, over every sampled quantity.

    Attributes
    ----------
    rhat_max, ess_bulk_min, ess_tail_min
        Rank-normalised split R-hat and effective sample sizes of all chains together, the worst of each
        (Vehtari et al. 2021); not a number where they cannot be computed.
    rhat_worst
        Name of the quantity with the largest R-hat.
    divergences
        Number of divergent transitions.
    ebfmi_min
        Smallest energy Bayesian fraction of missing information of a chain (Betancourt 2016).
    tree_depth_max_share
        Share of the draws that reached the largest tree depth.
    chains
        Number of chains.
    """

    rhat_max: float
    rhat_worst: str
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    ebfmi_min: float
    tree_depth_max_share: float
    chains: int

    @classmethod
    def of(cls, trace: Trace) -> "Diagnostics":
        """Diagnose all sampled variables of a trace."""
        import arviz as az

        statistics: Any = trace.statistics
        data = az.from_dict(trace.posterior, sample_stats=statistics, dims=trace.axes, coords=trace.labels)
        posterior = data.posterior
        rhat, bulk, tail = map(_flat, convergence(posterior))
        worst = max(rhat, key=lambda name: np.inf if np.isnan(rhat[name]) else rhat[name])
        return cls(
            rhat_max=rhat[worst],
            rhat_worst=worst,
            ess_bulk_min=float(np.min(list(bulk.values()))),
            ess_tail_min=float(np.min(list(tail.values()))),
            divergences=int(statistics["diverging"].sum()),
            ebfmi_min=float(np.min(az.bfmi(data))),
            tree_depth_max_share=float(statistics["maxdepth_reached"].mean()),
            chains=int(posterior.sizes["chain"]),
        )

    @property
    def lacks_energy(self) -> bool:
        """Whether the chains cannot move between levels of energy: a sign of a funnel."""
        return not self.ebfmi_min >= EBFMI_MINIMUM

    @property
    def failure(self) -> str:
        """Why the attempt may not be used; empty where it may."""
        ess_minimum = ESS_PER_CHAIN_MINIMUM * self.chains
        checks = {
            f"{self.chains} chains, {MINIMUM_CHAINS} are needed": self.chains >= MINIMUM_CHAINS,
            f"R-hat {self.rhat_max:.3f} of {self.rhat_worst}": self.rhat_max < RHAT_MAXIMUM,
            f"bulk ESS {self.ess_bulk_min:.0f} below {ess_minimum}": self.ess_bulk_min >= ess_minimum,
            f"tail ESS {self.ess_tail_min:.0f} below {ess_minimum}": self.ess_tail_min >= ess_minimum,
            f"{self.divergences} divergent transitions": self.divergences == 0,
            f"E-BFMI {self.ebfmi_min:.2f} below {EBFMI_MINIMUM}": not self.lacks_energy,
        }
        return "; ".join(text for text, passed in checks.items() if not passed)


def convergence(posterior: Any) -> tuple[Any, Any, Any]:
    """Return rank-normalised split R-hat, bulk and tail ESS; not a number where nothing moves."""
    import arviz as az

    with np.errstate(divide="ignore", invalid="ignore"):
        return az.rhat(posterior), az.ess(posterior, method="bulk"), az.ess(posterior, method="tail")


def published_convergence(parameters: Sequence[Parameter]) -> dict[str, Array]:
    """Return `rhat`, `ess_bulk` and `ess_tail` (value,) of all values, one parameter after another."""
    import arviz as az

    values = np.concatenate([parameter.draws for parameter in parameters], axis=2)
    checks = convergence(az.convert_to_dataset({"value": values}))
    names = ("rhat", "ess_bulk", "ess_tail")
    return {name: check["value"].to_numpy() for name, check in zip(names, checks, strict=True)}


def _flat(diagnostic: Any) -> dict[str, float]:
    """Name every element of a dataset of diagnostics, as beta0[Italy, search]."""
    elements = {}
    for name, values in diagnostic.data_vars.items():
        labels = [values.coords[dim].to_numpy() for dim in values.dims]
        for position in np.ndindex(values.shape):
            place = ", ".join(str(label[i]) for label, i in zip(labels, position, strict=True))
            elements[f"{name}[{place}]" if place else str(name)] = float(values.to_numpy()[position])
    return elements
