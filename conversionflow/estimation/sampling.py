"""One run of nutpie's No-U-Turn sampler on a PyMC model, with threads and without forking."""

import logging
import os
import sys
import time
from threading import Lock
from typing import Any

import numpy as np
import nutpie
import pymc as pm
from nutpie.compiled_pyfunc import from_pyfunc
from pymc.initial_point import make_initial_point_fn

from conversionflow.estimation.types import Array
from conversionflow.estimation.unconstrained import UnconstrainedDensity

logger = logging.getLogger("conversionflow")

#: Seconds between two lines in a log about a running sampler.
REPORT_SECONDS = 10.0


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


def sample(
    compiled: Any, *, label: str, draws: int, tune: int, chains: int, seed: int, target_accept: float
) -> Any:
    """Run the chains in parallel threads and return ArviZ inference data.

    The same model, settings and seed give the same draws, however many cores there are: every chain has its
    own random stream. Progress is a bar in a terminal and a line now and then in a log.
    """
    interactive = sys.stderr.isatty()
    sampler = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=min(chains, os.cpu_count() or 1),
        seed=seed,
        target_accept=target_accept,
        progress_bar=interactive,
        save_warmup=False,
        blocking=False,
    )
    try:
        return _wait(sampler, label=label, silent=interactive)
    except BaseException:
        sampler.cancel()
        raise


def _wait(sampler: Any, *, label: str, silent: bool) -> Any:
    """Return the finished sampler's trace, and say now and then that it is at work."""
    started = time.monotonic()
    while True:
        try:
            return sampler.wait(timeout=REPORT_SECONDS)
        except TimeoutError:
            if not silent:
                logger.info("%s: sampling for %.0f s", label, time.monotonic() - started)
