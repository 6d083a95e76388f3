"""Fits as tables."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from conversionflow.estimation.fitting import MODELS, Fit, SamplerSettings
from conversionflow.estimation.nodes import Nodes
from conversionflow.estimation.predictive import chosen_draws
from conversionflow.estimation.priors import SAMPLED_AS
from conversionflow.estimation.types import KEY_COLUMNS, Array, Parameter


def _keys(parameters: Iterable[Parameter]) -> dict[str, np.ndarray]:
    """Columns parameter, market, touchpoint, related_touchpoint: one row per value of each parameter."""
    rows = [(parameter.name, *key) for parameter in parameters for key in parameter.keys]
    columns = zip(("parameter", *KEY_COLUMNS), zip(*rows, strict=True), strict=True)
    return {name: np.asarray(values, dtype=object) for name, values in columns}


def _values(parameters: Iterable[Parameter]) -> Array:
    """Draws of all the parameters side by side, (chain, draw, value)."""
    return np.concatenate([parameter.draws for parameter in parameters], axis=2)


def draws_frame(fit: Fit, keep: int) -> pd.DataFrame:
    """Posterior draws, long.

    Parameters
    ----------
    fit
        The fit.
    keep
        How many draws to keep in all, taken at even distances from each chain; never more than there are.

    Returns
    -------
    DataFrame
        Columns model, chain, draw, parameter, market, touchpoint, related_touchpoint, value.
    """
    values = _values(fit.parameters)
    chains, draws, width = values.shape
    chosen = chosen_draws(draws, keep // chains)
    columns = _keys(fit.parameters)
    repeats = chains * len(chosen)
    return pd.DataFrame(
        {
            "model": fit.model,
            "chain": np.repeat(np.arange(chains), len(chosen) * width),
            "draw": np.tile(np.repeat(chosen, width), chains),
            **{name: np.tile(column, repeats) for name, column in columns.items()},
            "value": values[:, chosen].ravel(),
        }
    )


def summary_frame(fit: Fit, credible_mass: float) -> pd.DataFrame:
    """Posterior means, equal-tailed credible intervals and convergence of the published parameters.

    Returns
    -------
    DataFrame
        Columns model, parameter, market, touchpoint, related_touchpoint, mean, sd, low, high, rhat, ess_bulk,
        ess_tail.
    """
    values = _values(fit.parameters)
    low, high = np.quantile(values, [(1 - credible_mass) / 2, (1 + credible_mass) / 2], axis=(0, 1))
    return pd.DataFrame(
        {
            "model": fit.model,
            **_keys(fit.parameters),
            "mean": values.mean(axis=(0, 1)),
            "sd": values.std(axis=(0, 1), ddof=1),
            "low": low,
            "high": high,
            **fit.convergence,
        }
    )


def diagnostics_frame(fit: Fit) -> pd.DataFrame:
    """Tabulate the attempts: diagnostics, seconds (the first with compiling), what was done next, work."""
    return pd.DataFrame(
        [
            {
                "model": fit.model,
                "attempt": number,
                "rhat_max": attempt.diagnostics.rhat_max,
                "ess_bulk_min": attempt.diagnostics.ess_bulk_min,
                "ess_tail_min": attempt.diagnostics.ess_tail_min,
                "divergences": attempt.diagnostics.divergences,
                "ebfmi_min": attempt.diagnostics.ebfmi_min,
                "tree_depth_max_share": attempt.diagnostics.tree_depth_max_share,
                "seconds": attempt.seconds,
                "converged": not attempt.diagnostics.failure,
                "action": attempt.action,
                "work": f"{fit.model}, attempt {number}: {attempt.work}",
            }
            for number, attempt in enumerate(fit.attempts, start=1)
        ]
    )


def priors_frame(fit: Fit, settings: SamplerSettings) -> pd.DataFrame:
    """Tabulate the priors of the parameters that were sampled.

    Parameters
    ----------
    fit
        The fit.
    settings
        What it was fitted with.

    Returns
    -------
    DataFrame
        Columns model, parameter, distribution, arguments ("mu = 1.0, sigma = 0.5"), source (`default` or
        `setting`).
    """
    rows = []
    for name, prior in settings.priors_of(fit.model).items():
        if SAMPLED_AS.get(name, name) in fit.posterior:
            arguments = ", ".join(f"{key} = {value}" for key, value in prior.items() if key != "distribution")
            source = "setting" if {name, f"{fit.model}.{name}"} & set(settings.priors) else "default"
            rows.append((fit.model, name, prior["distribution"], arguments, source))
    return pd.DataFrame(rows, columns=["model", "parameter", "distribution", "arguments", "source"])


def constants_frame(fit: Fit) -> pd.DataFrame:
    """Constants of the paid touchpoints that evaluating a budget needs beside the draws.

    Returns
    -------
    DataFrame
        Columns model, market, touchpoint, constant, value; `mean_spend` and `max_spend_seen` are money per
        period.
    """
    nodes = Nodes.of(fit.data)
    constants = nodes.spend_constants() | MODELS[fit.model].constants(fit.data)
    rows = [
        (fit.model, *name, constant, float(value))
        for constant, values in constants.items()
        for name, value in zip(nodes.names[: nodes.paid_count], values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["model", "market", "touchpoint", "constant", "value"])
