"""How a plan moves when a parameter, a prior or the total budget does: nothing is fitted again."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conversionflow.estimation.draw_table import DrawTable
from conversionflow.optimization.uncertainty import (
    effective_draws,
    power_scaled_weights,
    resolve,
    systematic_sample,
    tails_of,
)
from conversionflow.pipeline.plan_inputs import Floats
from conversionflow.pipeline.plan_solver import Solved, Solver

#: What a prior is raised to, by what it is called: those of Kallioinen et al. (2023).
POWERS = {"weaker": 0.8, "stronger": 1.25}
TAILS = ("low", "high")
#: Draws on which a plan is solved again; what it brings is of all draws of the case.
RESOLVED_DRAWS = 40
#: Parameters that are not part of the response: `reference_entries` hold what `beta0` says at mean spend.
NO_RESPONSE = ("beta0", "dispersion")
#: Parameters whose prior is on the mean over markets, where there are several.
POOLED = ("beta1", "parent_effects", "conversion_effects_mean")
#: Published parameter that a prior is about, where it has another name.
ABOUT = {"conversion_effects_mean": "conversion_effects"}
#: An argument of a prior, as table `priors` writes it.
ARGUMENT = re.compile(r"(\w+) = (\S+)")


@dataclass(frozen=True, eq=False)
class Case:
    """Something that moves: draws, which may repeat, stand for it.

    Attributes
    ----------
    kind, parameter, direction : str
        What moves, and whither.
    value : float
        To what.
    places : (count,) integer array
        The draws.
    worth : float
        Number of equal draws they are worth.
    keys : sequence of (market, touchpoint)
        Whose recommended spend is of interest.
    """

    kind: str
    parameter: str
    direction: str
    value: float
    places: NDArray[np.intp]
    worth: float
    keys: Sequence[tuple[str, str]]


def sensitivity_rows(
    solver: Solver, solved: Solved, draws: pd.DataFrame, priors: pd.DataFrame, others: Sequence[Solved]
) -> pd.DataFrame:
    """Tabulate what moves the plan of a scenario.

    For a parameter: the draws in which it is among the lowest or highest share (`sensitivity_share`). For a
    prior: all draws, weighted as if it were weaker or stronger. For the total budget: other plans.

    Parameters
    ----------
    solver, solved
        The plan and what it was solved with.
    draws, priors : DataFrame
        Rows of `posterior_draws` and `priors` of the plan's model.
    others : sequence of Solved
        Plans of other totals.
    """
    tables = DrawTable.by_market(draws)
    cases = [*_parameters(solver, tables), *_priors(solver, tables, priors)]
    frames = [_resolved(solver, solved, case) for case in cases]
    frames += [_other_total(solver, other) for other in others]
    return pd.concat(frames).assign(scenario=solved.question.scenario)


def _parameters(solver: Solver, tables: dict[str, DrawTable]) -> Iterator[Case]:
    """Yield two cases for each parameter of a paid touchpoint."""
    share = solver.inputs.settings.sensitivity_share
    for market, touchpoint in solver.inputs.response.keys:
        table = tables[market]
        for parameter in sorted(set(map(str, table.names["parameter"])) - set(NO_RESPONSE)):
            if touchpoint not in table.touchpoints(parameter) or table.has_related(parameter):
                continue
            values = table.array(parameter, [touchpoint])[:, 0]
            for direction, places in zip(TAILS, tails_of(values, share), strict=True):
                mean = float(values[places].mean())
                key = [(market, touchpoint)]
                yield Case("parameter", parameter, direction, mean, places, float(len(places)), key)


def _priors(solver: Solver, tables: dict[str, DrawTable], priors: pd.DataFrame) -> Iterator[Case]:
    """Yield two cases for each prior whose parameter is among the draws."""
    for row in priors.itertuples():
        prior = str(row.parameter)
        if prior in NO_RESPONSE:
            continue
        values = _prior_values(tables, prior)
        if values is None:
            continue
        log_prior = _log_density(str(row.distribution), str(row.arguments), values).sum(axis=1)
        for direction, power in POWERS.items():
            weights = power_scaled_weights(log_prior, power)
            places = systematic_sample(weights, len(weights))
            keys = solver.inputs.response.keys
            yield Case("prior", prior, direction, power, places, effective_draws(weights), keys)


def _prior_values(tables: dict[str, DrawTable], prior: str) -> Floats | None:
    """Return the draws (S, values) that a prior is about; None where they are not published."""
    parameter = ABOUT.get(prior, prior)
    by_market = {
        market: pd.DataFrame({name: table.array(parameter, [name])[:, 0] for name in names})
        for market, table in tables.items()
        if (names := sorted(table.touchpoints(parameter))) and not table.has_related(parameter)
    }
    if not by_market:
        return None
    together = pd.concat(by_market, axis=1)
    if prior == "conversion_effects_mean":
        return together.mean(axis=1).to_numpy()[:, None]
    if prior in POOLED:
        return together.T.groupby(level=1).mean().T.to_numpy()
    return together.to_numpy()


def _log_density(distribution: str, arguments: str, values: Floats) -> Floats:
    """Log density of values under a prior as table `priors` writes it, up to a constant."""
    from scipy import stats

    given = {name: float(value) for name, value in ARGUMENT.findall(arguments.replace(",", ""))}
    mu, sigma = given.get("mu", 0.0), given.get("sigma", 1.0)
    densities: dict[str, Callable[[], Any]] = {
        "Normal": lambda: stats.norm(mu, sigma),
        "TruncatedNormal": lambda: stats.norm(mu, sigma),
        "HalfNormal": lambda: stats.halfnorm(scale=sigma),
        "StudentT": lambda: stats.t(given["nu"], mu, sigma),
        "LogNormal": lambda: stats.lognorm(sigma, scale=np.exp(mu)),
        "Gamma": lambda: stats.gamma(given["alpha"], scale=1.0 / given["beta"]),
        "Beta": lambda: stats.beta(given["alpha"], given["beta"]),
        "Exponential": lambda: stats.expon(scale=1.0 / given["lam"]),
    }
    density: Floats = densities[distribution]().logpdf(values)
    return density


def _resolved(solver: Solver, solved: Solved, case: Case) -> pd.DataFrame:
    """Solve a plan again for a case and tabulate it."""
    inputs, plan = solver.inputs, solved.plan.allocation["recommended_spend"].to_numpy()
    if solved.problem is None:
        raise ValueError("A plan that was given is not solved again")
    few = case.places[np.arange(RESOLVED_DRAWS) * len(case.places) // RESOLVED_DRAWS]
    goal = solver.goal(solved.question.target, inputs.response.take(few))
    best = resolve(goal, inputs.response.take(case.places), solved.problem, plan)
    spend = dict(zip(inputs.response.keys, best.plan.round(2).tolist(), strict=True))
    return _rows(
        case.kind, case.parameter, case.direction, case.value, {key: spend[key] for key in case.keys}
    ).assign(uplift=best.uplift_of_given, uplift_of_best=best.uplift, effective_draws=case.worth)


def _other_total(solver: Solver, other: Solved) -> pd.DataFrame:
    """Tabulate the plan of another total."""
    rows, summary = other.plan.allocation, other.plan.summary.iloc[0]
    total = float(summary["total_budget"])
    direction = "low" if total < solver.rules.total(None) else "high"
    spend = dict(
        zip(zip(rows["market"], rows["touchpoint"], strict=True), rows["recommended_spend"], strict=True)
    )
    value = total + solver.rules.fixed
    frame = _rows("total_budget", other.question.scenario, direction, value, spend)
    uplift = float(summary["uplift"])
    return frame.assign(
        uplift=uplift, uplift_of_best=uplift, effective_draws=float(solver.inputs.response.draw_count)
    )


def _rows(
    kind: str, parameter: str, direction: str, value: float, spend: dict[tuple[str, str], float]
) -> pd.DataFrame:
    market, touchpoint = zip(*spend, strict=True)
    return pd.DataFrame(
        {
            "kind": kind,
            "parameter": parameter,
            "direction": direction,
            "value": value,
            "market": market,
            "touchpoint": touchpoint,
            "recommended_spend": list(spend.values()),
        }
    )
