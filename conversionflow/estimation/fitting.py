"""Fit a model, judge the fit, and try again with more care where it did not converge."""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np

from conversionflow.core.array_store import Stored
from conversionflow.core.errors import InputError, SettingsError
from conversionflow.core.fingerprint import digest
from conversionflow.core.machine import Machine
from conversionflow.estimation import hurdle, journey, poisson, regression_predictive, steady
from conversionflow.estimation.chains import ChainStore, Task, Trace, Work, kept, run
from conversionflow.estimation.checks import REPLICATIONS, SMALLEST_P_VALUE, overdispersion
from conversionflow.estimation.diagnostics import MINIMUM_CHAINS, Diagnostics, published_convergence
from conversionflow.estimation.effort import Effort
from conversionflow.estimation.network import NetworkData
from conversionflow.estimation.no_effect import PRIOR_DRAWS, allow_for_no_effect, no_effect_probability
from conversionflow.estimation.predictive import thinned
from conversionflow.estimation.priors import Prior, with_overrides
from conversionflow.estimation.types import FUNNEL, OVERDISPERSION, Array, Parameter

logger = logging.getLogger("conversionflow")

#: The models by name: modules with DEFAULT_PRIORS, OPTIONAL_PRIORS, EFFECTS, FOLLOWERS, FORMS, REMEDIES,
#: build, publish, constants.
MODELS: dict[str, ModuleType] = {"journey": journey, "poisson": poisson, "hurdle": hurdle}


@dataclass(frozen=True)
class SamplerSettings:
    """Settings of the sampler.

    Attributes
    ----------
    draws, tune, chains
        Kept draws and tuning steps per chain, and number of chains; the convergence gate wants 4 or more.
    seed
        Seed of everything random.
    thinning
        Every so manieth draw is kept.
    reference_periods
        The last so many periods are the conditions under which budgets are evaluated.
    priors
        Priors by parameter in place of the models' own, as
        ``{"poisson.beta1": {"distribution": "Normal", "mu": 1.0, "sigma": 0.5}}``; without the model's name
        for every model that has the parameter.
    spend_carryover
        Whether `journey` estimates how much of the spend's effect on entries later periods have.
    """

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    seed: int = 0
    thinning: int = 1
    reference_periods: int = 13
    priors: Mapping[str, Prior] = field(default_factory=dict)
    spend_carryover: bool = False

    def __post_init__(self) -> None:
        for name in ("draws", "tune", "chains", "thinning", "reference_periods"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        names = {model: [*module.DEFAULT_PRIORS, *module.OPTIONAL_PRIORS] for model, module in MODELS.items()}
        known = {name for own in names.values() for name in own}
        known |= {f"{model}.{name}" for model, own in names.items() for name in own}
        if unknown := set(self.priors) - known:
            raise SettingsError(
                f"No parameter is called {', '.join(sorted(unknown))}; "
                f"priors can be set for {', '.join(sorted(known))}"
            )

    def priors_of(self, model: str) -> dict[str, Prior]:
        """Return the priors in force for a model."""
        module = MODELS[model]
        optional = module.OPTIONAL_PRIORS if self.spend_carryover else {}
        return with_overrides(model, module.DEFAULT_PRIORS | optional, self.priors)


@dataclass(frozen=True)
class Rung:
    """One step of the retry ladder: acceptance rate aimed at, and multiple of draws and tuning."""

    target_accept: float
    effort: int


#: Probability of no effect below which no draw allows for it.
NEGLIGIBLE = 1e-6
LADDER = (Rung(0.85, 1), Rung(0.97, 2))


@dataclass(frozen=True)
class Step:
    """What an attempt tries: a rung of the ladder, by its number, and a form of the model."""

    rung: int
    form: str

    def following(self, diagnostics: Diagnostics, remedies: Mapping[tuple[str, str], str]) -> "Step | None":
        """Return what to try after a failure, or None where nothing is left.

        More draws do not help out of a funnel, another form does; and too few chains stay too few.
        """
        if diagnostics.chains < MINIMUM_CHAINS:
            return None
        if diagnostics.lacks_energy and (self.form, FUNNEL) in remedies:
            return Step(self.rung, remedies[self.form, FUNNEL])
        return Step(self.rung + 1, self.form) if self.rung + 1 < len(LADDER) else None


@dataclass(frozen=True)
class Attempt:
    """One run of the sampler: its diagnostics, how long it took, what was done next, and what it took."""

    diagnostics: Diagnostics
    seconds: float
    action: str
    work: Work


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
        Every sampled quantity of the last attempt, given that spend has effects.
    parameters
        The published parameters, by (market, touchpoint, related_touchpoint): draws that allow for no effect.
    attempts
        What was tried, in order.
    convergence : dict of arrays (value,)
        `rhat`, `ess_bulk` and `ess_tail` of the published parameters' values, one parameter after another,
        given that spend has effects.
    no_effect
        Probability that spend has no effect at all; 0 where the model does not ask.
    """

    model: str
    data: NetworkData
    posterior: dict[str, Array]
    parameters: tuple[Parameter, ...]
    attempts: tuple[Attempt, ...]
    convergence: Mapping[str, Array]
    no_effect: float = 0.0

    @cached_property
    def converged(self) -> bool:
        """Whether the last attempt passed the convergence gate."""
        return not self.attempts[-1].diagnostics.failure


def fit(
    model: str,
    data: NetworkData,
    settings: SamplerSettings,
    store: ChainStore | None = None,
    machine: Machine | None = None,
) -> Fit:
    """Fit a model by name, with further, more careful attempts where the first does not converge.

    Parameters
    ----------
    model, data, settings
        What is fitted to what, and how.
    store
        Keeps finished chains: what it holds is not sampled again.
    machine
        What may be used of the machine; by default all that the process may.

    Raises
    ------
    SettingsError
        For an unknown model or a prior that cannot be built.
    InputError
        Where the history is too short for a regression; `journey` is then fitted without a response to spend.
    MachineError
        Where memory does not hold the draws.
    """
    if model not in MODELS:
        raise SettingsError(f"There is no model {model!r}; choose from {', '.join(MODELS)}")
    if data.shortness:
        return _steady(model, data, settings)
    module = MODELS[model]
    priors = settings.priors_of(model)
    attempts: list[Attempt] = []
    step: Step | None = Step(0, module.FORMS[0])
    while step is not None:
        started = time.monotonic()
        label = f"{model}, attempt {len(attempts) + 1}"
        task = _task(model, data, priors, step, settings)
        trace, work = run(task, store, machine or Machine.here(), label)
        diagnostics = Diagnostics(**_diagnosed(task, store, trace))
        posterior = trace.posterior
        problem, step = _judged(step, module, diagnostics, data, posterior, settings.seed)
        action = _action(problem, step)
        attempts.append(Attempt(diagnostics, time.monotonic() - started, action, work))
        logger.info("%s: %d chains sampled, %d kept from before", label, work.sampled, work.reused)
        logger.info("%s: %s", label, action)

    def published(draws: Mapping[str, Array]) -> tuple[Parameter, ...]:
        rng = np.random.default_rng(settings.seed)
        return tuple(module.publish(data, draws, settings.reference_periods, rng))

    parameters = published(posterior)
    checked = kept(
        store,
        digest("published", task.keys(), settings.reference_periods),
        lambda: Stored(published_convergence(parameters), task.about),
    )
    asked = kept(
        store,
        digest("no effect", task.keys()),
        lambda: Stored(
            {}, task.about | {"no_effect": repr(_no_effect(module, data, priors, posterior, settings.seed))}
        ),
    )
    no_effect = float(asked.about["no_effect"])
    if no_effect > NEGLIGIBLE:
        rng = np.random.default_rng([settings.seed, 1])
        parameters = published(
            allow_for_no_effect(posterior, module.EFFECTS, module.FOLLOWERS, no_effect, rng)
        )
    return Fit(model, data, posterior, parameters, tuple(attempts), checked.arrays, no_effect)


def _no_effect(
    module: ModuleType,
    data: NetworkData,
    priors: Mapping[str, Prior],
    posterior: Mapping[str, Array],
    seed: int,
) -> float:
    """Return the probability that spend has no effect at all, of a model that names its effects."""
    if not module.EFFECTS:
        return 0.0
    from conversionflow.estimation.prior_draws import prior_draws

    rng = np.random.default_rng([seed, 2])
    before = prior_draws(module, data, priors, PRIOR_DRAWS, rng)
    return no_effect_probability(posterior, {name: before[name] for name in module.EFFECTS})


def _steady(model: str, data: NetworkData, settings: SamplerSettings) -> Fit:
    """Fit the network without a response to spend."""
    if model != "journey":
        raise InputError(f"Model {model} is not fitted. {data.shortness}")
    started = time.monotonic()
    drawn = steady.draw_steady(data, settings.chains, settings.draws, settings.seed)
    diagnostics = steady.diagnose(drawn)
    parameters = tuple(steady.publish(data, drawn, np.random.default_rng(settings.seed)))
    action = _action(diagnostics.failure, None)
    if not diagnostics.failure:
        action += f" in steady form, without a response to spend: {data.shortness}"
    work = Work(settings.chains, 0, 1, sum(values.nbytes for values in drawn.values()))
    attempt = Attempt(diagnostics, time.monotonic() - started, action, work)
    return Fit(model, data, drawn, parameters, (attempt,), published_convergence(parameters))


def _diagnosed(task: Task, store: ChainStore | None, trace: Trace) -> dict[str, Any]:
    """Diagnose an attempt, or take what is kept: of many parameters it takes longer than reading them."""
    stored = kept(
        store,
        digest("diagnostics", task.keys()),
        lambda: Stored({}, task.about | {"diagnostics": json.dumps(asdict(Diagnostics.of(trace)))}),
    )
    found: dict[str, Any] = json.loads(stored.about["diagnostics"])
    return found


def _task(
    model: str, data: NetworkData, priors: Mapping[str, Prior], step: Step, settings: SamplerSettings
) -> Task:
    """Say what an attempt samples; notes to the user decide nothing."""
    rung = LADDER[step.rung]
    effort = Effort(
        draws=settings.draws * rung.effort,
        tune=settings.tune * rung.effort,
        thinning=settings.thinning,
        seed=settings.seed,
        target_accept=rung.target_accept,
    )

    def build() -> Any:
        return MODELS[model].build(data, priors, step.form)

    return Task(model, step.form, (replace(data, notes=()), priors), build, effort, settings.chains)


def _judged(
    step: Step,
    module: ModuleType,
    diagnostics: Diagnostics,
    data: NetworkData,
    posterior: Mapping[str, Array],
    seed: int,
) -> tuple[str, Step | None]:
    """Say what is wrong with an attempt, if anything, and what to try next."""
    if diagnostics.failure:
        return diagnostics.failure, step.following(diagnostics, module.REMEDIES)
    remedy = module.REMEDIES.get((step.form, OVERDISPERSION))
    problem = _overdispersion(data, posterior, seed) if remedy else ""
    return problem, Step(0, remedy) if problem and remedy else None


def _overdispersion(data: NetworkData, posterior: Mapping[str, Array], seed: int) -> str:
    """Say how much more the conversions vary than the model has it; nothing where replications do as much."""
    (observed,) = regression_predictive.observations(data, thinned(posterior, REPLICATIONS)).values()
    dispersion, chance = overdispersion(observed, np.random.default_rng(seed))
    if chance >= SMALLEST_P_VALUE:
        return ""
    return f"conversions vary {dispersion:.2f} times as much as Poisson counts (p = {chance:.3f})"


def _action(problem: str, step: Step | None) -> str:
    if not problem:
        return "accepted"
    if step is None:
        return f"given up: {problem}"
    rung = LADDER[step.rung]
    return (
        f"retried in {step.form} form with target_accept {rung.target_accept} and {rung.effort} times the "
        f"tuning and draws: {problem}"
    )
