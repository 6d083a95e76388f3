"""Expected conversions of a budget, rebuilt from tables, against sums over walks and simulated journeys."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from conversionflow.estimation import Response
from conversionflow.estimation.response_kernel import NO_SPEND

MARKET, PAID, TOUCHPOINTS = "Italy", ("ads", "retargeting"), ("ads", "retargeting", "direct")
MEAN_SPEND = {"ads": 400.0, "retargeting": 150.0}


def one_draw(rng):
    """Parameters of one posterior draw, by name."""
    rows = rng.dirichlet([1.0, 1.0, 1.0, 0.6, 4.0], size=3)
    return {
        "reference_entries": rng.uniform(20, 60, 3),
        "beta1": rng.uniform(0.3, 1.0, 2),
        "response_floor": rng.uniform(0.05, 0.5, 2),
        "response_saturation": rng.uniform(0.8, 5.0, 2),
        "parent_effects": rng.normal(0.3, 0.2, 2),
        "conversion_effects": rng.normal(0.0, 0.1, 2),
        "displacement": rng.uniform(0.2, 0.9, 1),
        "transition_probability": rows,
    }


def journey_tables(parameters):
    """Tables of draws and constants as the warehouse keeps them, rows in random order."""
    targets = [*TOUCHPOINTS, "(conversion)", "(null)"]
    rows = []
    for draw, values in enumerate(parameters):
        for name, value in values.items():
            for place in np.ndindex(value.shape):
                related = targets[place[1]] if len(place) == 2 else "(none)"
                own = "(none)" if name == "displacement" else TOUCHPOINTS[place[0]]
                rows.append(("journey", 0, draw, name, MARKET, own, related, value[place]))
    columns = ["model", "chain", "draw", "parameter", "market", "touchpoint", "related_touchpoint", "value"]
    return pd.DataFrame(rows, columns=columns).sample(frac=1.0, random_state=1), constants("journey")


def constants(model):
    rows = [(model, MARKET, name, "mean_spend", mean) for name, mean in MEAN_SPEND.items()]
    rows += [(model, MARKET, name, "max_spend_seen", 2 * mean) for name, mean in MEAN_SPEND.items()]
    rows += [(model, MARKET, name, "log_spend_mean", 0.6) for name in MEAN_SPEND if model != "journey"]
    return pd.DataFrame(rows, columns=["model", "market", "touchpoint", "constant", "value"])


def written_out(values, plan):
    """Entries, transitions and conversion chances at a plan, from the formulas of the documentation."""
    x = plan / np.array(list(MEAN_SPEND.values()))
    h, w = values["response_saturation"], values["response_floor"]
    power = np.maximum(x, NO_SPEND) ** (8 * np.tanh(values["beta1"] * (1 + h) / (h * (1 - w)) / 8))
    entries = values["reference_entries"].copy()
    entries[:2] *= w + (1 - w) * power * (1 + h) / (power + h)
    g = 2 * (x - 1) / (x + 1)
    rows = values["transition_probability"].copy()
    usual = rows[:, :3].sum(axis=1)
    rows[:, :2] *= np.exp(values["parent_effects"] * g)
    rows[:, :3] /= (1 + values["displacement"] * (rows[:, :3].sum(axis=1) / usual - 1))[:, None]
    rows[:2, 3] *= np.exp(values["conversion_effects"] * g)
    return entries, rows[:, :3], rows[:, 3]


@pytest.fixture(scope="module")
def parameters():
    rng = np.random.default_rng(5)
    return [one_draw(rng) for _ in range(6)]


@pytest.fixture(scope="module")
def response(parameters):
    return Response.from_frames("journey", *journey_tables(parameters))


def poisson_response():
    rng = np.random.default_rng(8)
    rows = []
    for draw in range(5):
        rows += [(draw, "reference_conversions", k, "(none)", rng.uniform(3, 9)) for k in TOUCHPOINTS]
        rows += [(draw, "beta1", k, "(none)", rng.uniform(0.4, 1.2)) for k in PAID]
        rows.append((draw, "weighted_parent_effects", "ads", "direct", rng.normal(0.2, 0.1)))
        rows.append((draw, "weighted_parent_effects", "direct", "ads", rng.normal(0.2, 0.1)))
    table = pd.DataFrame(rows, columns=["draw", "parameter", "touchpoint", "related_touchpoint", "value"])
    draws = table.assign(model="poisson", chain=0, market=MARKET)
    return Response.from_frames("poisson", draws, constants("poisson")), table


def test_conversions_are_the_sum_over_all_walks(response, parameters):
    plans = np.array([[400.0, 150.0], [300.0, 190.0], [480.0, 120.0], [250.0, 0.0]])
    found = response.conversions(plans)
    for s, values in enumerate(parameters):
        for b, plan in enumerate(plans):
            visits, moves, converts = written_out(values, plan)
            total = 0.0
            for _ in range(400):
                total += visits @ converts
                visits = visits @ moves
            assert found[s, b] == pytest.approx(total, rel=1e-10)


def test_conversions_match_simulated_journeys(response, parameters):
    rng = np.random.default_rng(3)
    entries, moves, converts = written_out(parameters[0], np.array([520.0, 190.0]))
    chances = np.column_stack([moves, converts, 1 - moves.sum(axis=1) - converts])
    journeys = 200_000
    at = rng.choice(3, size=journeys, p=entries / entries.sum())
    converted = 0
    while at.size:
        steps = (rng.random(at.size)[:, None] > np.cumsum(chances[at], axis=1)[:, :4]).sum(axis=1)
        converted += int((steps == 3).sum())
        at = steps[steps < 3]
    share = converted / journeys
    error = np.sqrt(share * (1 - share) / journeys)
    found = response.conversions(np.array([[520.0, 190.0]]), draws=slice(0, 1))[0, 0] / entries.sum()
    assert abs(found - share) < 4 * error


@pytest.mark.parametrize("plan", [[400.0, 150.0], [150.0, 900.0], [900.0, 4000.0], [40.0, 1.0]])
@pytest.mark.parametrize("model", ["journey", "poisson", "hurdle"])
def test_gradient_is_the_slope_of_the_mean(response, model, plan):
    chosen = {"journey": response, "poisson": poisson_response()[0], "hurdle": hurdle_response()[0]}[model]
    plan = np.array(plan)
    value, gradient = chosen.mean_and_gradient(plan)
    assert value == pytest.approx(chosen.conversions(plan[None]).mean(), rel=1e-12)
    for n in range(2):
        # Richardson's extrapolation of two central differences has an error of the fourth order.
        slopes = []
        for size in (2e-3, 1e-3):
            step = np.eye(2)[n] * size * plan[n]
            ends = chosen.conversions(np.array([plan + step, plan - step])).mean(axis=0)
            slopes.append((ends[0] - ends[1]) / (2 * step[n]))
        assert gradient[n] == pytest.approx((4 * slopes[1] - slopes[0]) / 3, rel=1e-8)


def test_no_budget_makes_more_conversions_than_journeys():
    rng = np.random.default_rng(2)
    strong = [
        one_draw(rng) | {"parent_effects": np.array([2.5, 3.0]), "beta1": np.full(2, 1e-9)} for _ in range(4)
    ]
    response = Response.from_frames("journey", *journey_tables(strong))
    found = response.conversions(np.array([[1e9, 1e9], [0.0, 1e9]]))
    journeys = np.array([values["reference_entries"].sum() for values in strong])
    assert np.all(found > 0)
    assert np.all(found < journeys[:, None] * (1 + 1e-6))


def test_poisson_conversions_are_exponentials_of_log_spend():
    response, table = poisson_response()
    plan = np.array([700.0, 90.0])
    u = np.log1p(plan / [400.0, 150.0]) - 0.6
    expected = []
    for _, rows in table.groupby("draw"):
        value = rows.set_index(["parameter", "touchpoint"])["value"]
        reference = value["reference_conversions"]
        expected.append(
            reference["ads"] * np.exp(value["beta1", "ads"] * u[0])
            + reference["retargeting"] * np.exp(value["beta1", "retargeting"] * u[1])
            + reference["direct"] * np.exp(value["weighted_parent_effects", "ads"] * u[0])
        )
    assert response.conversions(plan[None])[:, 0] == pytest.approx(expected, rel=1e-12)


def hurdle_response():
    rng = np.random.default_rng(9)
    rows = []
    for draw in range(5):
        rows += [(draw, "reference_rate", k, "(none)", rng.uniform(0.2, 4)) for k in TOUCHPOINTS]
        rows += [(draw, "reference_log_odds", k, "(none)", rng.normal()) for k in TOUCHPOINTS]
        rows += [(draw, "occurrence_slope", k, "(none)", rng.normal(1.0, 0.3)) for k in TOUCHPOINTS]
        rows += [(draw, "beta1", k, "(none)", rng.uniform(0.4, 1.2)) for k in PAID]
        rows.append((draw, "weighted_parent_effects", "ads", "direct", rng.normal(0.2, 0.1)))
    table = pd.DataFrame(rows, columns=["draw", "parameter", "touchpoint", "related_touchpoint", "value"])
    draws = table.assign(model="hurdle", chain=0, market=MARKET)
    return Response.from_frames("hurdle", draws, constants("hurdle")), table


def test_conversions_of_the_hurdle_are_a_chance_of_any_times_their_mean():
    response, table = hurdle_response()
    plans = np.array([[700.0, 90.0], [0.0, 0.0]])
    found = response.conversions(plans)
    for b, plan in enumerate(plans):
        u = dict(zip(PAID, np.log1p(plan / [400.0, 150.0]) - 0.6, strict=True))
        for draw, rows in table.groupby("draw"):
            value = rows.set_index(["parameter", "touchpoint"])["value"]
            total = 0.0
            for k in TOUCHPOINTS:
                effects = value["weighted_parent_effects", "ads"] * u["ads"] if k == "direct" else 0.0
                effects += value["beta1", k] * u[k] if k in PAID else 0.0
                odds = np.exp(value["reference_log_odds", k] + value["occurrence_slope", k] * effects)
                counts = np.arange(1, 200)
                chances = poisson.pmf(counts, value["reference_rate", k] * np.exp(effects))
                total += odds / (1 + odds) * (counts @ chances) / chances.sum()
            assert found[draw, b] == pytest.approx(total, rel=1e-10)


def test_thinning_keeps_draws_at_even_distances(response):
    plans = np.array([[400.0, 150.0]])
    thinned = response.thin(3)
    assert thinned.draw_count == 3
    assert np.array_equal(thinned.conversions(plans), response.conversions(plans)[[0, 2, 4]])
    assert np.array_equal(
        response.conversions(plans, draws=np.array([5, 1])), response.conversions(plans)[[5, 1]]
    )
