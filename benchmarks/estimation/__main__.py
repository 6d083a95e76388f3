"""Time the fits of all models to their tables, in new processes, and effective draws beside `pm.sample`.

Run with `python -m benchmarks.estimation [--large]`. The large network, 40 touchpoints x 156 weeks x 5
markets, takes some minutes.
"""

import logging
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import click
import numpy as np

from conversionflow.estimation import NetworkData

DRAWS = 1000
FIRST = date(2023, 1, 2)
TABLES = """
import sys, time
began = time.monotonic()
from benchmarks.estimation.__main__ import network
from conversionflow import estimation
from pathlib import Path
from conversionflow.core.array_store import ArrayStore
store = ArrayStore(Path(sys.argv[1]), "benchmark")
data = network(12, 104, 1)
imported = time.monotonic()
settings = estimation.SamplerSettings(draws=1000, tune=1000, seed=1)
for model in ("journey", "poisson", "hurdle"):
    fit = estimation.fit(model, data, settings, store)
    tables = [estimation.draws_frame(fit, 1000), estimation.summary_frame(fit, 0.9)]
    tables += [estimation.diagnostics_frame(fit), estimation.constants_frame(fit)]
    print(f"  {model}: {len(fit.attempts)} attempt(s), converged {fit.converged}")
ended = time.monotonic()
print(f"  {ended - imported:.1f} s, and {imported - began:.1f} s of imports")
"""


def network(touchpoints: int, weeks: int, markets: int, seed: int = 5) -> NetworkData:
    """Draw a network's counts: two thirds of the touchpoints paid, entries by powers of spend."""
    rng = np.random.default_rng(seed)
    paid = touchpoints * 2 // 3
    shape = (markets, touchpoints, weeks)
    spend = np.zeros(shape)
    spend[:, :paid] = 1000.0 * np.exp(rng.normal(0, 0.4, (markets, paid, weeks)))
    relative = spend[:, :paid] / spend[:, :paid].mean(axis=2, keepdims=True)
    steps = rng.normal(0, 0.08, (markets, weeks))
    demand = np.stack([np.convolve(path, 0.7 ** np.arange(12))[:weeks] for path in steps])
    mean = rng.uniform(20, 120, (markets, touchpoints, 1)) * np.exp(demand)[:, None]
    mean[:, :paid] *= relative ** rng.uniform(0.2, 0.6, (1, paid, 1))
    entries = rng.negative_binomial(60, 60 / (60 + mean)).astype(float)
    chances = rng.dirichlet(np.ones(touchpoints), (markets, touchpoints)) * 0.4
    touches, arrived = np.zeros(shape), entries
    moves, conversions = np.zeros((markets, touchpoints, touchpoints, weeks)), np.zeros(shape)
    while arrived.sum():
        touches += arrived
        left = arrived.astype(int)
        onward = np.zeros(shape)
        for m, i, t in np.argwhere(left):
            steps_taken = rng.multinomial(left[m, i, t], [*chances[m, i], 0.05, 0.55])
            moves[m, i, :, t] += steps_taken[:touchpoints]
            conversions[m, i, t] += steps_taken[touchpoints]
            onward[m, :, t] += steps_taken[:touchpoints]
        arrived = onward
    trend = np.linspace(-1.7, 1.7, weeks)
    return NetworkData(
        markets=tuple(f"market {m}" for m in range(markets)),
        touchpoints=tuple(f"touchpoint {k:02d}" for k in range(touchpoints)),
        periods=tuple(FIRST + timedelta(weeks=week) for week in range(weeks)),
        spend=spend,
        entries=entries,
        touches=touches,
        conversions=conversions,
        moves=moves,
        controls=np.tile(trend[None, :, None], (markets, 1, 1)),
        control_names=("trend",),
    )


def tables(folder: str) -> None:
    """Fit all models and make their tables in a fresh process, with whatever the folder keeps."""
    subprocess.run([sys.executable, "-c", TABLES, folder], check=True)  # noqa: S603


def beside_pymc() -> str:
    """Compare the least effective draws a second of `journey` with those of PyMC's default sampler."""
    import arviz as az
    import pymc as pm

    from conversionflow.estimation import SamplerSettings, fit, journey

    data = network(12, 104, 1)
    began = time.monotonic()
    found = fit("journey", data, SamplerSettings(draws=DRAWS, tune=DRAWS, seed=1))
    ours = time.monotonic() - began
    ess = found.attempts[-1].diagnostics.ess_bulk_min
    began = time.monotonic()
    with journey.build(data, journey.DEFAULT_PRIORS):
        trace = pm.sample(progressbar=False, random_seed=1)
    theirs = time.monotonic() - began
    their_ess = min(float(values.min()) for values in az.ess(trace).values())
    ratio = (ess / ours) / (their_ess / theirs)
    return (
        f"journey: {ess:,.0f} effective draws in {ours:.1f} s; pm.sample {their_ess:,.0f} in {theirs:.1f} s; "
        f"ratio of draws a second {ratio:.1f}"
    )


def large() -> str:
    """Fit `journey` to a large network."""
    from conversionflow.estimation import SamplerSettings, fit

    data = network(40, 156, 5)
    began = time.monotonic()
    found = fit("journey", data, SamplerSettings(draws=DRAWS, tune=DRAWS, seed=1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    actions = "; ".join(attempt.action for attempt in found.attempts)
    return f"40 x 156 x 5: {time.monotonic() - began:.0f} s, peak {peak:,.0f} MB, {actions}"


@click.command()
@click.option("--large/--no-large", "with_large", default=False, help="Also fit the large network.")
def main(with_large: bool) -> None:
    """Measure each part in turn."""
    with tempfile.TemporaryDirectory() as folder:
        kept = str(Path(folder) / "fits")
        for title in ("12 touchpoints x 104 weeks, from nothing:", "again, from the cache:"):
            click.echo(title)
            tables(kept)
    click.echo(beside_pymc())
    if with_large:
        # the sampler says how far it is
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        click.echo(large())


if __name__ == "__main__":
    main()
