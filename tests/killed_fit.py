"""A fit that is killed, as by `kill -9`, when it has kept two chains: `python killed_fit.py FOLDER`."""

import os
import signal
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from conversionflow.core.array_store import ArrayStore, Stored
from conversionflow.core.machine import Machine
from conversionflow.estimation import Fit, NetworkData, SamplerSettings, fit

CHAINS = 4
SURVIVING = 2
PERIODS = 30
SETTINGS = SamplerSettings(draws=40, tune=40, chains=CHAINS, seed=11)
ONE_CORE = Machine(cores=1, memory=10**9)


class KillingStore:
    """Keeps chains in a folder, and kills its process after some."""

    def __init__(self, store: ArrayStore) -> None:
        self._store, self._saved = store, 0

    def load(self, key: str) -> Stored | None:
        return self._store.load(key)

    def save(self, key: str, stored: Stored) -> None:
        self._store.save(key, stored)
        self._saved += 1
        if self._saved == SURVIVING:
            os.kill(os.getpid(), signal.SIGKILL)


def small_network(shift: float = 0.0) -> NetworkData:
    """Two touchpoints in one market; `shift` is added to the conversions of one period."""
    rng = np.random.default_rng(5)
    spend = np.stack([rng.lognormal(4.0, 0.5, PERIODS), np.zeros(PERIODS)])[None]
    entries = rng.poisson(40.0, (1, 2, PERIODS)).astype(float)
    moves = rng.poisson(4.0, (1, 2, 2, PERIODS)).astype(float)
    conversions = rng.poisson(6.0, (1, 2, PERIODS)).astype(float)
    conversions[0, 0, 3] += shift
    return NetworkData(
        markets=("all",),
        touchpoints=("ads", "direct"),
        periods=tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(PERIODS)),
        spend=spend,
        entries=entries,
        touches=entries + moves.sum(axis=1) + conversions + moves.sum(axis=2),
        conversions=conversions,
        moves=moves,
        controls=np.linspace(-1.7, 1.7, PERIODS)[None, :, None],
        control_names=("trend",),
    )


def fitted(store: object, machine: Machine = ONE_CORE) -> Fit:
    return fit("poisson", small_network(), SETTINGS, store, machine)  # type: ignore[arg-type]


if __name__ == "__main__":
    fitted(KillingStore(ArrayStore(Path(sys.argv[1]))))
