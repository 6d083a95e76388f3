"""Chains of one attempt: those that are kept come from the store, the others are sampled and kept."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from conversionflow.core.array_store import Stored
from conversionflow.core.errors import MachineError
from conversionflow.core.fingerprint import digest
from conversionflow.core.machine import Machine
from conversionflow.estimation.effort import Chain, Effort
from conversionflow.estimation.types import Array

if TYPE_CHECKING:
    import pymc as pm

#: Bytes of the sampler's statistics of one draw, beside its parameters.
STATISTICS_BYTES = 200
#: Copies of its draws that a running chain holds at its end (measured: 4.6 times), nutpie's buffers most.
RUNNING_COPIES = 5
#: Copies of the kept draws while they are diagnosed and published.
KEPT_COPIES = 3


class ChainStore(Protocol):
    """Where finished chains are kept (`core.array_store.ArrayStore` keeps them on disk)."""

    def load(self, key: str) -> Stored | None:
        """Return what is kept under a key, or None."""

    def save(self, key: str, stored: Stored) -> None:
        """Keep something under a key."""


@dataclass(frozen=True)
class Work:
    """What one attempt took.

    Attributes
    ----------
    sampled, reused
        Numbers of chains that were sampled, and that came from the store.
    in_flight
        Most chains that ran at a time.
    draws_bytes
        Memory of the draws that are kept.
    """

    sampled: int
    reused: int
    in_flight: int
    draws_bytes: int

    def __str__(self) -> str:
        """Say it, for the run's manifest."""
        return (
            f"{self.sampled} chains sampled, {self.in_flight} at a time, {self.reused} from the cache, "
            f"draws of {self.draws_bytes / 1e6:,.1f} MB"
        )


@dataclass(frozen=True)
class Trace:
    """All chains of an attempt.

    Attributes
    ----------
    posterior : dict of arrays (chain, draw, ...)
        Draws of each parameter.
    statistics : dict of arrays (chain, draw)
        What the convergence gate reads of the sampler.
    axes, labels
        Names of each parameter's axes after the first two, and the labels along each of them.
    """

    posterior: dict[str, Array]
    statistics: dict[str, NDArray[Any]]
    axes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the draws."""
        return sum(values.nbytes for values in self.posterior.values())


@dataclass(frozen=True)
class Task:
    """What decides an attempt's draws, chain by chain.

    Attributes
    ----------
    model, form
        What is fitted, for messages and lists.
    identity
        Everything that decides the model's density: data, priors, names. Equal identities, equal draws.
    build
        Writes the model down; called only where a chain is missing.
    effort
        Draws, tuning, seed and what else the sampler is told.
    chains
        Number of chains.
    """

    model: str
    form: str
    identity: tuple[object, ...]
    build: "Callable[[], pm.Model]"
    effort: Effort
    chains: int

    @property
    def about(self) -> dict[str, str]:
        """What a list of kept things says of this attempt."""
        return {"model": self.model, "form": self.form}

    def keys(self) -> list[str]:
        """Keys of the chains; how many others there are does not change a chain's draws."""
        shared = digest(self.model, self.form, self.identity, self.effort)
        return [f"{shared}-{chain}" for chain in range(self.chains)]


def kept(store: ChainStore | None, key: str, make: Callable[[], Stored]) -> Stored:
    """Return what is kept under a key; where nothing is, make it and keep it."""
    found = store.load(key) if store else None
    if found is None:
        found = make()
        if store:
            store.save(key, found)
    return found


def run(task: Task, store: ChainStore | None, machine: Machine, label: str) -> tuple[Trace, Work]:
    """Return all chains of an attempt, and what it took.

    Raises
    ------
    MachineError
        Where memory does not hold one running chain beside the draws that are kept.
    """
    keys = task.keys()
    found = {chain: store.load(key) for chain, key in enumerate(keys)} if store else {}
    chains = {chain: stored for chain, stored in found.items() if stored is not None}
    missing = [chain for chain in range(task.chains) if chain not in chains]
    in_flight = 0
    if missing:
        from conversionflow.estimation.sampling import compile_model, sample_chains

        compiled = compile_model(task.build())
        in_flight = chains_in_flight(task, int(compiled.n_dim), len(missing), machine)

        def finished(number: int, chain: Chain) -> None:
            chains[number] = _stored(task, chain, number, compiled.coords)
            if store:
                store.save(keys[number], chains[number])

        sample_chains(compiled, missing, task.effort, in_flight=in_flight, label=label, finished=finished)
    trace = _together([chains[chain] for chain in range(task.chains)])
    return trace, Work(len(missing), task.chains - len(missing), in_flight, trace.size)


def chains_in_flight(task: Task, parameters: int, missing: int, machine: Machine) -> int:
    """Return how many chains may run at a time: as many as cores, fewer where memory is short.

    Raises
    ------
    MachineError
        Where memory does not hold even one.
    """
    effort = task.effort
    kept = KEPT_COPIES * task.chains * effort.kept * parameters * 8
    running = RUNNING_COPIES * (effort.tune + effort.draws) * (parameters * 8 + STATISTICS_BYTES)
    fitting = (machine.memory - kept) // running
    if fitting < 1:
        raise MachineError(
            f"Sampling model {task.model} ({parameters:,} parameters) needs an estimated "
            f"{_megabytes(kept + running)} of memory and {_megabytes(machine.memory)} are free. "
            "Lower mcmc_draws, mcmc_tune or mcmc_chains, raise mcmc_thinning, or take a larger machine"
        )
    return min(missing, machine.cores, fitting)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def _stored(task: Task, chain: Chain, number: int, coords: Mapping[str, Sequence[Any]]) -> Stored:
    """One chain with the labels of its axes."""
    arrays = {f"draws/{name}": draws for name, draws in chain.draws.items()}
    arrays |= {f"statistics/{name}": values for name, values in chain.statistics.items()}
    labels = {axis: list(coords[axis]) for axes in chain.axes.values() for axis in axes}
    about = task.about | {"chain": str(number)}
    return Stored(arrays, about | {"axes": json.dumps(chain.axes), "labels": json.dumps(labels)})


def _together(chains: list[Stored]) -> Trace:
    """Chains as one trace."""
    return Trace(
        _group(chains, "draws/"),
        _group(chains, "statistics/"),
        json.loads(chains[0].about["axes"]),
        json.loads(chains[0].about["labels"]),
    )


def _group(chains: list[Stored], prefix: str) -> dict[str, NDArray[Any]]:
    names = [name for name in chains[0].arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): np.stack([chain.arrays[name] for chain in chains]) for name in names}
