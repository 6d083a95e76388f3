"""One run of nutpie's No-U-Turn sampler on a PyMC model, with threads and without forking."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nutpie
import pymc as pm
import pytensor

logger = logging.getLogger("conversionflow")

#: Seconds between two lines in a log about a running sampler.
REPORT_SECONDS = 10.0
#: Warnings of third parties that say nothing about the model.
THIRD_PARTY_WARNINGS = (
    ".*PyTensor could not link to a BLAS installation.*",
    ".*Cannot cache compiled function.*",
    ".*is faster on contiguous arrays.*",
)


@contextmanager
def quiet_third_parties() -> Iterator[None]:
    """Silence the third parties' warnings listed above."""
    with warnings.catch_warnings():
        for message in THIRD_PARTY_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        yield


def compile_model(model: pm.Model) -> Any:
    """Compile a PyMC model for the sampler.

    Without reordered arithmetic, which rounds differently when code comes from the compiler's cache.
    """
    with quiet_third_parties(), pytensor.config.change_flags(numba__fastmath=False):
        return nutpie.compile_pymc_model(model)


def sample(
    compiled: Any, *, label: str, draws: int, tune: int, chains: int, seed: int, target_accept: float
) -> Any:
    """Run the chains in parallel threads and return ArviZ inference data.

    The same model, settings and seed give the same draws, however many cores there are: every chain has its
    own random stream. Progress is a bar in a terminal and a line now and then in a log.
    """
    interactive = sys.stderr.isatty()
    with quiet_third_parties():
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
