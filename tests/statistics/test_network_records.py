"""What the estimation's dbt model leaves of fits that may be used, and of fits that may not."""

from dataclasses import asdict, replace

import duckdb
import numpy as np
import pandas as pd
import pytest
import scenario_tables

from conversionflow.core.errors import ConvergenceError
from conversionflow.pipeline import fit_network, search_budget
from tests.unit.test_plan_inputs import SETTINGS

WEEKS, TOUCHPOINTS = 40, ("ads", "direct")
CHOSEN = replace(
    SETTINGS,
    models=("poisson", "hurdle"),
    mcmc_draws=600,
    mcmc_tune=400,
    posterior_draws_kept=200,
    reference_periods=13,
    holdout_periods=8,
    priors={"hurdle.beta1": {"distribution": "Normal", "mu": 0.8, "sigma": 0.4}},
)


@pytest.fixture(scope="module")
def tables():
    """Period tables of a paid and an organic touchpoint."""
    rng = np.random.default_rng(8)
    weeks = pd.date_range("2024-01-01", periods=WEEKS, freq="7D")
    spend = rng.gamma(5.0, 20.0, WEEKS)
    rows = []
    for touchpoint in TOUCHPOINTS:
        paid = touchpoint == "ads"
        mean = 5.0 * np.log1p(spend / 100.0) if paid else np.full(WEEKS, 2.0)
        rows.append(
            pd.DataFrame(
                {
                    "period_start": weeks,
                    "market": "all",
                    "touchpoint": touchpoint,
                    "spend": spend if paid else 0.0,
                    "entries": 60,
                    "touches": 100,
                    "conversions": rng.poisson(mean),
                    "revenue": 0.0,
                }
            )
        )
    moves = pd.DataFrame(
        {
            "period_start": weeks,
            "market": "all",
            "touchpoint_from": "ads",
            "touchpoint_to": "direct",
            "transitions": 20,
        }
    )
    spans = pd.DataFrame({"period_start": weeks, "is_complete": True, "is_spend_complete": True})
    return {"periods": spans, "touchpoint_periods": pd.concat(rows), "transition_counts": moves}


def relations(frames):
    connection = duckdb.connect()
    for name, frame in frames.items():
        connection.register(f"frame_{name}", frame)
        connection.execute(f"create table {name} as from frame_{name}")
    return {name: connection.table(name) for name in frames}


def fitted(tables, settings):
    table = fit_network(asdict(settings), **relations(tables)).to_pandas()
    return {record: rows.dropna(axis=1, how="all") for record, rows in table.groupby("record")}


def test_a_fit_leaves_its_comparison_checks_and_priors(tables):
    found = fitted(tables, CHOSEN)
    comparison = found["comparison"].set_index("model")
    assert comparison["selected"].to_dict() == {"poisson": True, "hurdle": False}
    assert comparison["weight"].sum() == pytest.approx(1.0)
    assert comparison["elpd_holdout"].notna().all()
    checks = found["check"]
    key = ["model", "basis", "market", "touchpoint", "measure", "statistic"]
    assert not checks.duplicated(key).any()
    figures = ["observed", "predicted", "predicted_low", "predicted_high", "p_value"]
    assert checks[key + figures].notna().all(axis=None)
    priors = found["prior"].set_index(["model", "parameter"])
    assert priors.loc[("hurdle", "beta1"), "source"] == "setting"
    assert priors.loc[("poisson", "beta1"), "arguments"] == "mu = 1.0, sigma = 0.5"
    assert not found["warning"]["note"].str.contains("judged|converge").any()


def test_a_model_that_did_not_converge_is_not_compared_and_no_plan_rests_on_it(tables):
    settings = replace(CHOSEN, mcmc_draws=20, mcmc_tune=20)
    found = fitted(tables, settings)
    comparison = found["comparison"].set_index("model")
    assert not comparison["selected"].any()
    assert "elpd_loo" not in comparison
    assert found["warning"]["note"].str.contains("did not converge and is not used").sum() == 2
    frames = {
        "periods": tables["periods"],
        "touchpoint_periods": tables["touchpoint_periods"],
        "diagnostics": found["attempt"],
        "draws": found["draw"],
        "constants": found["constant"].rename(columns={"parameter": "constant"}),
    }
    with pytest.raises(ConvergenceError, match="no plan is published and the last one stays"):
        search_budget(asdict(settings), **relations({**frames, **scenario_tables.seeds()}))


def test_a_market_whose_touchpoints_all_have_spend_is_said_to_hide_its_demand(tables):
    settings = replace(CHOSEN, models=("poisson",), mcmc_draws=20, mcmc_tune=20, holdout_periods=0)
    hidden = "All touchpoints of market 'all' have spend"
    assert not fitted(tables, settings)["warning"]["note"].str.contains(hidden).any()
    activity = tables["touchpoint_periods"]
    paid = activity.assign(spend=activity["spend"].where(activity["spend"] > 0, 10.0))
    found = fitted({**tables, "touchpoint_periods": paid}, settings)
    assert found["warning"]["note"].str.contains(hidden).sum() == 1
