"""Fit a model, judge the fit, and try again with more care where it did not converge."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType

import numpy as np

from conversionflow.core.errors import SettingsError
from conversionflow.estimation import journey, poisson
from conversionflow.estimation.diagnostics import MINIMUM_CHAINS, Diagnostics
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.priors import Prior, with_overrides
from conversionflow.estimation.sampling import compile_model, sample
from conversionflow.estimation.types import Array, Parameter

logger = logging.getLogger("conversionflow")

#: The models by name: modules with DEFAULT_PRIORS, build, publish and constants.
MODELS: dict[str, ModuleType] = {"journey": journey, "poisson": poisson}


@dataclass(frozen=True)
class SamplerSettings:
    """Settings of the sampler.

    Attributes
    ----------
    draws, tune, chains
        Kept draws and tuning steps per chain, and number of chains; the convergence gate wants 4 or more.
    seed
        Seed of everything random.
    reference_periods
        The last so many periods are the conditions under which budgets are evaluated.
    priors
        Priors by parameter in place of the models' own, as
        ``{"beta1": {"distribution": "Normal", "mu": 1.0, "sigma": 0.5}}``.
    """

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    seed: int = 0
    reference_periods: int = 13
    priors: Mapping[str, Prior] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("draws", "tune", "chains", "reference_periods"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        known = set().union(*(model.DEFAULT_PRIORS for model in MODELS.values()))
        if unknown := set(self.priors) - known:
            raise SettingsError(
                f"No parameter is called {', '.join(sorted(unknown))}; "
                f"priors can be set for {', '.join(sorted(known))}"
            )


@dataclass(frozen=True)
class Rung:
    """One step of the retry ladder: acceptance rate aimed at, and multiple of draws and tuning."""

    target_accept: float
    effort: int


LADDER = (Rung(0.87, 1), Rung(0.97, 2))


@dataclass(frozen=True)
class Attempt:
    """One run of the sampler: its diagnostics, how long it took, and what was done next."""

    diagnostics: Diagnostics
    seconds: float
    action: str


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    model
        Name of the model.
    data
        What it was fitted to.
    posterior : dict of arrays (chain, draw, ...)
        Every sampled quantity of the last attempt, and what the model derives from them.
    parameters
        The published parameters, by (market, touchpoint, related_touchpoint).
    attempts
        What was tried, in order.
    """

    model: str
    data: NetworkData
    posterior: dict[str, Array]
    parameters: tuple[Parameter, ...]
    attempts: tuple[Attempt, ...]

    @cached_property
    def converged(self) -> bool:
        """Whether the last attempt passed the convergence gate."""
        return not self.attempts[-1].diagnostics.failure


def fit(model: str, data: NetworkData, settings: SamplerSettings) -> Fit:
    """Fit a model by name, with a second, more careful attempt where the first does not converge.

    Raises
    ------
    SettingsError
        For an unknown model or a prior that cannot be built.
    """
    if model not in MODELS:
        raise SettingsError(f"There is no model {model!r}; choose from {', '.join(MODELS)}")
    module = MODELS[model]
    started = time.monotonic()
    written = module.build(data, with_overrides(module.DEFAULT_PRIORS, settings.priors))
    names = [variable.name for variable in written.free_RVs]
    compiled = compile_model(written)
    logger.info("%s: compiled in %.0f s", model, time.monotonic() - started)
    attempts: list[Attempt] = []
    for number, rung in enumerate(_ladder(settings), start=1):
        trace = sample(
            compiled,
            label=f"{model}, attempt {number}",
            draws=settings.draws * rung.effort,
            tune=settings.tune * rung.effort,
            chains=settings.chains,
            seed=settings.seed,
            target_accept=rung.target_accept,
        )
        diagnostics = Diagnostics.of(trace, names)
        action = _next_action(diagnostics, number, _ladder(settings))
        attempts.append(Attempt(diagnostics, time.monotonic() - started, action))
        logger.info("%s, attempt %d: %s", model, number, action)
        if not diagnostics.failure:
            break
        started = time.monotonic()
    posterior = {str(name): values.to_numpy() for name, values in trace.posterior.items()}
    rng = np.random.default_rng(settings.seed)
    parameters = module.publish(data, posterior, settings.reference_periods, rng)
    return Fit(model, data, posterior, tuple(parameters), tuple(attempts))


def _ladder(settings: SamplerSettings) -> tuple[Rung, ...]:
    """List the attempts worth making: too few chains stay too few however long they run."""
    return LADDER if settings.chains >= MINIMUM_CHAINS else LADDER[:1]


def _next_action(diagnostics: Diagnostics, number: int, ladder: tuple[Rung, ...]) -> str:
    if not diagnostics.failure:
        return "accepted"
    if number < len(ladder):
        rung = ladder[number]
        return (
            f"retried with target_accept {rung.target_accept} and {rung.effort} times the tuning and draws: "
            f"{diagnostics.failure}"
        )
    return f"given up: {diagnostics.failure}"
