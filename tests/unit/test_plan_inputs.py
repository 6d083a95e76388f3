"""On which model a plan rests."""

import pandas as pd
import pytest
import scenario_tables

from conversionflow.core.errors import ConvergenceError
from conversionflow.core.settings import Settings
from conversionflow.pipeline.plan_inputs import mean_spend, selected_model

SETTINGS = Settings.from_config(
    {
        name: scenario_tables.settings(reference_periods=2, fit_cache_path=None)[name]
        for name in Settings.__dataclass_fields__
    }
)


def diagnostics(*rows: tuple[str, int, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["model", "attempt", "converged"])
    return frame.assign(action=["accepted" if ok else "given up: R-hat 1.020" for ok in frame["converged"]])


def test_the_last_attempt_of_the_first_model_counts():
    attempts = diagnostics(("journey", 1, False), ("poisson", 1, False), ("journey", 2, True))
    assert selected_model(SETTINGS, attempts) == "journey"


def test_a_plan_never_moves_to_another_model():
    attempts = diagnostics(("journey", 1, False), ("poisson", 1, True))
    with pytest.raises(ConvergenceError, match=r"Model journey .* R-hat 1\.020.*mcmc_tune: 2000"):
        selected_model(SETTINGS, attempts)


def test_todays_plan_is_the_mean_of_the_last_whole_periods():
    weeks = pd.to_datetime(["2025-01-06", "2025-01-13", "2025-01-20", "2025-01-27"])
    activity = pd.DataFrame(
        {"period_start": weeks, "market": "IT", "touchpoint": "search", "spend": [900.0, 10.0, 30.0, 7.0]}
    )
    assert mean_spend(activity, pd.Series(weeks[:3]), SETTINGS).to_dict() == {("IT", "search"): 20.0}
