"""Questions to a small posterior: scenarios, rules, cautions, and a search that was killed."""

import signal
import subprocess
import sys
from dataclasses import fields

import killed_search
import numpy as np
import pandas as pd
import pytest
import scenario_tables
import yaml
from scenario_tables import DEFAULTS, KEYS, PROJECT

from conversionflow.core.array_store import ArrayStore
from conversionflow.core.errors import InputError, SettingsError
from conversionflow.core.settings import Settings
from conversionflow.optimization import GeneticSettings
from conversionflow.optimization.scenarios import Target
from conversionflow.pipeline.cautions import cautions
from conversionflow.pipeline.checkpoint import Checkpoint
from conversionflow.pipeline.plan_solver import Question, Solver, genetic_settings
from conversionflow.pipeline.plan_tables import allocation_rows, plan_row
from conversionflow.pipeline.rule_text import rule_rows
from conversionflow.pipeline.sensitivity import sensitivity_rows
from conversionflow.pipeline.what_if import given_plan


def solve(solver: Solver, question: Question):
    return solver.solve(question, genetic_settings(solver.inputs.settings))


def test_every_constant_of_the_search_is_a_setting_with_its_default():
    chosen = Settings.from_config({field.name: DEFAULTS[field.name] for field in fields(Settings)})
    assert genetic_settings(chosen) == GeneticSettings(seed=DEFAULTS["random_seed"])


def test_the_python_models_get_exactly_the_settings_that_python_reads():
    content = yaml.safe_load((PROJECT / "python_models" / "python_models.yml").read_text())
    assert set(content["anchors"][0]) == {field.name for field in fields(Settings)}


def test_a_plans_rows_keep_budget_and_bounds_and_name_their_cautions():
    solver = scenario_tables.solver()
    solved = solve(solver, Question("fixed_budget"))
    rows, plan = allocation_rows(solver, solved), plan_row(solver, solved).iloc[0]
    assert rows["recommended_spend"].sum() == pytest.approx(plan["total_budget"], abs=1e-9)
    assert plan["total_budget"] == 640.0 + 70.0
    radio = rows.set_index("touchpoint").loc["radio"]
    assert (radio["recommended_spend"], radio["binding_rule"]) == (70.0, "no tracked touches")
    tracked = rows[rows["touchpoint"] != "radio"]
    assert (tracked["share_low"] <= tracked["share_high"]).all()
    assert rows["spend_share"].sum() == pytest.approx(1.0)
    seen = {name: (0.9 * spend, 1.1 * spend) for name, spend in scenario_tables.SPEND.items()}
    for row in tracked.itertuples():
        low, high = seen[row.touchpoint]
        inside = low - 0.01 <= row.recommended_spend <= high + 0.01
        assert isinstance(row.caution, str) != inside
    assert 0 < plan["uplift"] > plan["uplift_downside"]


def test_a_caution_says_how_far_and_what_then():
    solver = scenario_tables.solver()
    today = solver.inputs.current
    texts = cautions(solver.inputs, today * np.array([2.0, 1.0, 0.5]))
    assert texts[0].startswith(
        "The most ever spent in a week is 440.00; the plan spends 800.00, 82% more. What"
    )
    assert "Go there in steps" in texts[0]
    assert texts[1] is None
    assert texts[2].startswith("The least ever spent in a week is 81.00; the plan spends 45.00, 44% less.")


def test_a_target_is_found_and_reported():
    solver = scenario_tables.solver()
    today = solve(solver, Question("fixed_budget"))
    conversions = today.plan.summary["conversions_recommended"].item()
    solved = solve(solver, Question("target_conversions", target=Target("conversions", conversions)))
    plan = plan_row(solver, solved).iloc[0]
    assert plan["target_met"]
    assert plan["total_budget"] <= 710.01
    assert plan["conversions_recommended"] == pytest.approx(conversions, rel=1e-5)
    beyond = solve(solver, Question("target_conversions", target=Target("conversions", 1e6)))
    plan = plan_row(solver, beyond).iloc[0]
    assert not plan["target_met"]
    assert "cannot be reached between" in plan["caution"]


def test_a_target_of_roas_is_about_revenue_and_needs_some():
    solver = scenario_tables.solver()
    solver.inputs.revenue_per_conversion[scenario_tables.MARKET] = float("nan")
    with pytest.raises(InputError, match="Nothing was sold in Italy"):
        solve(solver, Question("target_roas", target=Target("roas", 1.0)))


@pytest.mark.parametrize("objective", ["revenue", "downside"])
def test_a_plan_serves_the_objective_of_the_settings(objective):
    solver = scenario_tables.solver(objective=objective)
    solved = solve(solver, Question("fixed_budget"))
    assert solved.plan.summary["objective"].item() == objective
    other = solve(scenario_tables.solver(), Question("fixed_budget"))
    plans = [one.plan.allocation["recommended_spend"].to_numpy() for one in (solved, other)]
    reached = solved.goal.values(np.stack(plans))
    assert reached[0] >= reached[1] - 1e-9 * abs(reached[1])


def test_rules_in_words_hold_in_the_plan():
    solver = scenario_tables.solver()
    words = ["maximum Italy/ads 300", "minimum_ratio vidéo to retargeting 0.8", "frozen retargeting"]
    ruled = Solver(solver.inputs, solver.rules.with_rules(rule_rows(words, KEYS)))
    spend = solve(ruled, Question("fixed_budget", 600.0)).plan.allocation.set_index("touchpoint")
    plan = spend["recommended_spend"]
    assert plan["ads"] <= 300.0
    assert plan["vidéo"] >= 0.8 * plan["retargeting"] - 0.005
    assert plan["retargeting"] == 150.0
    assert plan.sum() == pytest.approx(530.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("maximum", "is no rule. Write KIND WHAT"),
        ("most ads 3", "its kind is one of minimum, maximum"),
        ("maximum ads 3 euros", "after the amount comes one of money, share, current"),
    ],
)
def test_what_is_no_rule_is_refused_with_how_to_write_one(text, message):
    with pytest.raises(InputError, match=message):
        rule_rows([text], KEYS)


def test_a_rule_on_what_nobody_knows_is_refused_when_it_is_read():
    solver = scenario_tables.solver()
    ruled = Solver(solver.inputs, solver.rules.with_rules(rule_rows(["maximum radar 3"], KEYS)))
    with pytest.raises(SettingsError, match="radar"):
        solve(ruled, Question("fixed_budget"))


def test_a_rule_of_a_scenario_holds_there_only():
    solver = scenario_tables.solver()
    rows = rule_rows(["maximum ads 250"], KEYS).assign(scenario="careful")
    ruled = Solver(solver.inputs, solver.rules.with_rules(rows))
    assert ruled.rules.problem("careful", 600.0).high[0] == 250.0
    assert ruled.rules.problem("fixed_budget", 600.0).high[0] == 800.0


def test_a_plan_is_read_by_touchpoint_and_market():
    rows = pd.DataFrame({"touchpoint": ["ads", "vidéo"], "spend": ["300", "1e2"]})
    assert given_plan(rows, KEYS) == {("Italy", "ads"): 300.0, ("Italy", "vidéo"): 100.0}
    two = [*KEYS, ("Spain", "ads")]
    with pytest.raises(InputError, match="ads is in Italy, Spain: give its market too"):
        given_plan(rows, two)
    with pytest.raises(InputError, match="lacks spend"):
        given_plan(rows[["touchpoint"]], KEYS)
    with pytest.raises(InputError, match="'lots', not a number"):
        given_plan(rows.assign(spend="lots"), KEYS)


def test_sensitivity_covers_parameters_priors_and_totals():
    solver = scenario_tables.solver()
    solved, other = solve(solver, Question("fixed_budget")), solve(solver, Question("more", 900.0))
    draws = scenario_tables.build()["posterior_draws"]
    priors = pd.DataFrame(
        [
            ("beta1", "Normal", "mu = 0.4, sigma = 0.4"),
            ("response_floor", "Beta", "alpha = 2.5, beta = 6.0"),
            ("demand_scale", "LogNormal", "mu = -2.5, sigma = 0.6"),
        ],
        columns=["parameter", "distribution", "arguments"],
    )
    rows = sensitivity_rows(solver, solved, draws[draws["model"] == "journey"], priors, [other])
    assert set(rows.loc[rows["kind"] == "prior", "parameter"]) == {"beta1", "response_floor"}
    of_parameters = rows[rows["kind"] == "parameter"]
    assert len(of_parameters) == 2 * 3 * 6
    beta1 = of_parameters[of_parameters["parameter"] == "beta1"].pivot_table(
        index="touchpoint", columns="direction", values=["value", "recommended_spend"]
    )
    assert (beta1["value"]["low"] < beta1["value"]["high"]).all()
    moved = of_parameters.groupby("touchpoint")["recommended_spend"].agg(np.ptp)
    assert moved.max() > 1.0
    own = draws[
        (draws["parameter"] == "beta1") & (draws["touchpoint"] == "ads") & (draws["model"] == "journey")
    ]
    lowest = np.argsort(own.sort_values(["chain", "draw"])["value"].to_numpy())[:8]
    plan = solved.plan.allocation["recommended_spend"].to_numpy()
    today, then = solver.inputs.response.conversions(np.stack([solver.inputs.current, plan]))[lowest].mean(
        axis=0
    )
    low = of_parameters.set_index(["touchpoint", "parameter", "direction"]).loc[("ads", "beta1", "low")]
    assert low["uplift"] == pytest.approx(then - today)
    assert low["value"] == pytest.approx(np.sort(own["value"])[:8].mean())
    assert (rows["uplift_of_best"] >= rows["uplift"] - 1e-9).all()
    totals = rows[rows["kind"] == "total_budget"]
    assert totals["recommended_spend"].sum() == pytest.approx(830.0)
    keys = ["kind", "parameter", "direction", "market", "touchpoint"]
    assert not rows.duplicated(keys).any()


def test_a_search_killed_between_generations_ends_with_the_plan_of_an_undisturbed_one(tmp_path):
    command = [sys.executable, killed_search.__file__, str(tmp_path)]
    killed = subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    store = ArrayStore(tmp_path)
    [entry] = store.entries()
    assert entry.about == {"generation": str(killed_search.LAST_KEPT)}
    generations = []
    resumed = killed_search.solved(
        Checkpoint(store, after=0.0), lambda state: generations.append(state.generation)
    )
    undisturbed = killed_search.solved(None)
    assert generations[0] == killed_search.LAST_KEPT
    for one, other in zip(
        (resumed.plan.allocation, resumed.plan.history, resumed.plan.summary),
        (undisturbed.plan.allocation, undisturbed.plan.history, undisturbed.plan.summary),
        strict=True,
    ):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert list(store.entries()) == []
