"""Simulation-based calibration: fits to data drawn from a model's own priors are right as often as they say.

50 fits a model in every run of the tests, 1,000 by `make verify`, with the same test of uniformity. What is
fitted wrongly on purpose must be told apart by fewer.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from model_data import Drawn, hurdle, journey, poisson
from ranks import POSTERIOR_SOURCES as SOURCES
from ranks import p_values, posterior, ranks, uniformity
from verification import PROJECT, code_hash, record

from conversionflow.estimation.effort import Effort

FEW_FITS, FITS, MANY_FITS = 20, 50, 1000
#: Chance that a run of the tests finds fault with a model that has none: of all its quantities together.
LEVEL = 0.01
DONE = PROJECT / ".cache" / "calibration"
CHUNK = 50


@dataclass(frozen=True)
class Case:
    """A form of a model: where its data come from, and effort that leaves nearly independent draws."""

    model: str
    form: str
    draw: Callable[[int], Drawn]
    draws: int
    thinning: int

    def effort(self, seed: int, more: int = 1) -> Effort:
        """As much as draws that are nearly independent take, or more of it."""
        return Effort(
            draws=more * self.draws,
            tune=250 * more,
            thinning=more * self.thinning,
            seed=seed,
            target_accept=0.9,
        )


CASES = {
    "journey": Case("journey", "non-centred", journey, 320, 8),
    "journey, centred": Case("journey", "centred", journey, 320, 8),
    "journey, carrying over": Case("journey", "non-centred", partial(journey, carryover=True), 320, 8),
    "poisson": Case("poisson", "plain", poisson, 160, 4),
    "poisson, negative binomial": Case(
        "poisson", "negative binomial", partial(poisson, overdispersed=True), 160, 4
    ),
    "hurdle": Case("hurdle", "plain", hurdle, 160, 4),
}


def swapped(drawn: Drawn) -> Drawn:
    """The two touchpoints change places in what was counted."""
    data, other = drawn.data, {}
    for name in ("entries", "touches", "conversions"):
        other[name] = getattr(data, name)[:, ::-1].copy()
    return replace(drawn, data=replace(data, moves=data.moves[:, ::-1, ::-1].copy(), **other))


def doubled(drawn: Drawn) -> Drawn:
    """Every row was counted twice, as after a join that repeats them."""
    counts = {
        name: 2.0 * getattr(drawn.data, name) for name in ("entries", "touches", "conversions", "moves")
    }
    return replace(drawn, data=replace(drawn.data, **counts))


def misjudged(drawn: Drawn) -> Drawn:
    """The response to spend is believed to be stronger than that of the worlds."""
    prior = drawn.priors["beta1"]
    return replace(drawn, priors=drawn.priors | {"beta1": prior | {"mu": prior["mu"] + 2 * prior["sigma"]}})


FAULTS = {"two states swapped": swapped, "rows doubled": doubled, "wrong prior": misjudged}


def placed(case: Case, seed: int, fault: Callable[[Drawn], Drawn] | None = None, more: int = 1):
    """Ranks of one fit."""
    drawn = case.draw(seed)
    draws = posterior(case.model, case.form, fault(drawn) if fault else drawn, case.effort(seed, more))
    return ranks(drawn, draws, seed)


@pytest.mark.parametrize("name", ["journey", "poisson", "hurdle"])
def test_truths_lie_anywhere_among_the_draws(name):
    found = p_values([placed(CASES[name], seed) for seed in range(FITS)])
    assert "log_likelihood" in found
    assert min(found.values()) > LEVEL, found


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_fitted_wrongly_is_told_apart(fault):
    found = p_values([placed(CASES["poisson"], seed, FAULTS[fault]) for seed in range(FEW_FITS)])
    assert min(found.values()) < LEVEL


def test_the_likelihood_is_the_same_in_either_form_of_the_demand():
    drawn = journey(0)
    in_form = [
        drawn.log_likelihood({name: value for name, value in drawn.truth.items() if name != other})
        for other in ("demand", "standardised_demand")
    ]
    assert in_form[0] == pytest.approx(in_form[1], rel=1e-12)


def test_the_test_of_uniformity_keeps_its_level_and_sees_what_is_not():
    rng = np.random.default_rng(3)
    chances = np.array([uniformity(rng.random(FITS)) for _ in range(2000)])
    for level in (0.01, 0.05, 0.2):
        assert abs((chances < level).mean() - level) < 4 * np.sqrt(level * (1 - level) / 2000)
    assert uniformity(rng.beta(0.5, 0.5, 200)) < 1e-4
    assert uniformity(rng.beta(2.0, 2.0, 200)) < 1e-4


def kept(name: str, seeds: range, fault: str = "") -> list[dict[str, float]]:
    """Ranks of a chunk of fits; those that are done stay in the cache, for a run that is stopped."""
    done = DONE / code_hash(SOURCES) / f"{name} {fault} {seeds.start}.json"
    if not done.exists():
        done.parent.mkdir(parents=True, exist_ok=True)
        done.write_text(json.dumps([placed(CASES[name], s, FAULTS.get(fault), 2) for s in seeds]))
    found: list[dict[str, float]] = json.loads(done.read_text())
    return found


def row(name: str, fault: str, fits: list[dict[str, float]]) -> str:
    chances = p_values(fits)
    worst, chance = next(iter(chances.items()))
    outcome = "rejected" if chance < LEVEL else "uniform"
    cells = [name, fault or "none", len(fits), len(chances), worst, f"{min(chance, 1):.2g}", outcome]
    return f"| {' | '.join(map(str, cells))} |"


EXPLANATION = f"""Parameters are drawn from a model's priors, data from the model at these, by separate code;
ranks of the true values among posterior draws must be uniform. `p` is the smallest of all quantities (every
parameter and the log likelihood), times their number; below {LEVEL} the model is rejected. With a fault on
purpose it must be.

| model | fault | fits | quantities | least uniform | p | |
|---|---|---|---|---|---|---|
"""


@pytest.mark.verify
def test_many_truths_lie_anywhere_among_the_draws():
    rows: dict[tuple[str, str], list[dict[str, float]]] = {}
    wanted = [(name, "", MANY_FITS) for name in ("journey", "poisson", "hurdle")]
    wanted += [(name, fault, FITS) for name in ("journey", "poisson", "hurdle") for fault in FAULTS]
    wanted += [(name, "", MANY_FITS) for name in CASES if ", " in name]
    for name, fault, count in wanted:
        rows[name, fault] = []
        for start in range(0, count, CHUNK):
            rows[name, fault] += kept(name, range(start, start + CHUNK), fault)
            lines = "\n".join(row(*key, fits) for key, fits in rows.items())
            record("Simulation-based calibration", EXPLANATION + lines, SOURCES)
    for (name, fault), fits in rows.items():
        assert (min(p_values(fits).values()) < LEVEL) == bool(fault), (name, fault)
