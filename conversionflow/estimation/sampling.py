"""nutpie's No-U-Turn sampler on a PyMC model, chain by chain, with threads and without forking."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

import numpy as np
import nutpie
import pyarrow as pa
import pymc as pm
from nutpie.compiled_pyfunc import from_pyfunc
from pymc.initial_point import make_initial_point_fn

from conversionflow.estimation.effort import Chain, Effort
from conversionflow.estimation.sampling_progress import Progressed, SamplingProgress
from conversionflow.estimation.types import Array
from conversionflow.estimation.unconstrained import UnconstrainedDensity

#: What of the sampler's statistics is kept: all that the convergence gate reads.
STATISTICS = ("diverging", "energy", "maxdepth_reached")
#: Seconds that a look whether a chain has finished takes.
LOOK_SECONDS = 0.05


def compile_model(model: pm.Model) -> Any:
    """Make a PyMC model ready for the sampler; chains start near the priors' centres, as PyMC's do."""
    density = UnconstrainedDensity.of(model)
    density(np.zeros(len(density.priors)))  # Compiles the kernels, or finds them in the cache.
    initial_point = make_initial_point_fn(
        model=model, jitter_rvs=set(model.free_RVs), return_transformed=True
    )
    one_at_a_time = Lock()
    values = [model.rvs_to_values[rv].name for rv in model.free_RVs]

    def start(seed: int) -> Array:
        with one_at_a_time:
            point = initial_point(seed)
        return np.concatenate([np.ravel(point[name]) for name in values]).astype(np.float64)

    return from_pyfunc(
        ndim=len(density.priors),
        make_logp_fn=lambda: density,
        make_expand_fn=lambda *_: density.parameters,
        make_initial_point_fn=start,
        expanded_dtypes=[np.dtype(np.float64)] * len(density.shapes),
        expanded_shapes=list(density.shapes.values()),
        expanded_names=list(density.shapes),
        coords={name: list(labels) for name, labels in model.coords.items() if labels is not None},
        dims={rv.name: model.named_vars_to_dims[rv.name] for rv in model.free_RVs},
    )


def sample_chains(
    compiled: Any,
    chains: Sequence[int],
    effort: Effort,
    *,
    in_flight: int,
    label: str,
    finished: Callable[[int, "Chain"], None],
) -> None:
    """Sample chains in parallel threads.

    The same model, effort and chain number give the same draws, however many cores there are and whichever
    other chains are sampled. Progress is a bar in a terminal and a line now and then in a log.

    Parameters
    ----------
    compiled
        From `compile_model`.
    chains
        Numbers of the chains to sample.
    in_flight
        Most chains that run at a time.
    label
        Names the work in the progress.
    finished
        Called with a chain's number and draws as soon as it has finished.
    """
    waiting, running = deque(chains), dict[int, Any]()
    made = Progressed()
    with SamplingProgress(label, len(chains) * (effort.draws + effort.tune)) as progress:
        try:
            while waiting or running:
                while waiting and len(running) < in_flight:
                    chain = waiting.popleft()
                    running[chain] = _start(compiled, effort, chain)
                for chain, results in _finished(running):
                    del running[chain]
                    done = _chain(results, effort)
                    made += Progressed(effort.draws + effort.tune, int(done.statistics["diverging"].sum()))
                    finished(chain, done)
                if progress.due or not (waiting or running):
                    progress.show(sum((Progressed.of(one.inspect()) for one in running.values()), made))
        finally:
            for sampler in running.values():
                sampler.cancel()


def _finished(running: Mapping[int, Any]) -> list[tuple[int, Any]]:
    """Wait a moment for the chains, and return those that have finished with their raw results."""
    finished = []
    for chain, sampler in running.items():
        with suppress(TimeoutError):
            finished.append((chain, sampler.wait(timeout=LOOK_SECONDS)))
    return finished


def _start(compiled: Any, effort: Effort, chain: int) -> Any:
    """Start one chain in a thread of its own."""
    return nutpie.sample(
        compiled,
        draws=effort.draws,
        tune=effort.tune,
        chains=1,
        cores=1,
        seed=effort.chain_seed(chain),
        target_accept=effort.target_accept,
        progress_bar=False,
        return_raw_trace=True,
        blocking=False,
    )


def _chain(results: Any, effort: Effort) -> Chain:
    """Take one chain from nutpie's raw results: Arrow columns whose metadata hold the shapes."""
    draws, statistics = (pa.record_batch(batches[0])[effort.tune :] for batches in results.get_arrow_trace())
    shapes, axes = {}, {}
    for column in draws.schema:
        shapes[column.name] = [int(size) for size in _listed(column, b"shape")]
        axes[column.name] = _listed(column, b"dims")
    kept = {}
    for name, shape in shapes.items():
        values = draws[name].flatten() if shape else draws[name]
        kept[name] = values.to_numpy().reshape(effort.draws, *shape)[:: effort.thinning].copy()
    return Chain(kept, {name: statistics[name].to_numpy(zero_copy_only=False) for name in STATISTICS}, axes)


def _listed(column: pa.Field, key: bytes) -> list[str]:
    """Read a list that nutpie wrote about a column."""
    text = (column.metadata or {}).get(key, b"").decode()
    return text.split(",") if text else []
