"""The main job end to end on the simulated market: raw events in, a plan out, held against the truth."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rebuilds import assert_second_build_changes_nothing

from conversionflow.estimation import ParameterExport
from conversionflow.optimization import BudgetProblem, GeneticSettings, optimise
from conversionflow.simulation import World

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(new_warehouse):
    warehouse = new_warehouse("demo")
    loaded = warehouse.run("conversionflow", "demo")
    assert loaded.code == 0, loaded.output
    outcome = warehouse.dbt("build")
    assert outcome.code == 0, outcome.output
    return warehouse


@pytest.fixture(scope="module")
def world(demo) -> World:
    ((text,),) = demo.query("select json from demo_truth.world")
    return World.from_json(text)


def test_the_plan_keeps_nine_tenths_of_the_reachable_uplift(demo, world):
    current, recommended = demo.allocated("current_spend"), demo.allocated("recommended_spend")
    base = world.expected_conversions(current)
    best = world.expected_conversions(world.best_plan(total=sum(current.values())))
    assert best > 1.05 * base
    assert world.expected_conversions(recommended) - base >= 0.9 * (best - base)


def test_todays_plan_is_the_mean_spend_of_the_last_13_weeks(demo):
    rows = demo.query("""
        select market, channel, sum(spend) / 13 from raw.spend
        where spend > 0 and spend_date >= date '2025-12-29' - 7 * 13 group by 1, 2
    """)
    today = demo.allocated("current_spend")
    assert today == pytest.approx({(m, c): float(s) for m, c, s in rows}, abs=0.01)


def test_true_transition_probabilities_lie_in_the_posterior_intervals(demo):
    inside, pairs = demo.true_transitions_inside_their_intervals()
    assert pairs > 150
    assert inside >= 0.85 * pairs


def test_the_budget_is_spent_to_the_cent_within_bounds(demo):
    rows = demo.query("""
        select sum(recommended_spend), max(total_budget),
            sum(case when recommended_spend between min_spend and max_spend then 0 else 1 end)
        from budget_allocation inner join budget_plans using (scenario)
        where saved_at is null group by scenario
    """)
    assert len(rows) == 8
    for spent, budget, outside in rows:
        assert spent == budget
        assert outside == 0


def test_each_plan_of_the_frontier_spends_the_budget_and_one_is_recommended(demo):
    rows = demo.query("""
        select plan_id, sum(spend), min(moved_share), min(conversions), bool_or(recommended)
        from budget_frontier group by 1 order by 1
    """)
    ((budget, uplift, today),) = demo.query("""
        select total_budget, uplift, conversions_current from budget_plans where scenario = 'fixed_budget'
    """)
    assert {spent for _, spent, *_ in rows} == {budget}
    assert rows[0][2] == 0.0
    assert [moved for _, _, moved, *_ in rows] == sorted(moved for _, _, moved, *_ in rows)
    (recommended,) = [row for row in rows if row[4]]
    assert today + 0.9 * uplift - 0.05 < recommended[3] <= today + uplift + 1e-6


def test_what_moves_the_plan_is_told_for_parameters_priors_and_totals(demo):
    rows = demo.query("""
        select kind, count(*), count(distinct parameter), min(uplift_of_best - uplift), min(effective_draws)
        from budget_sensitivity group by 1 order by 1
    """)
    kinds = {kind: figures for kind, *figures in rows}
    assert set(kinds) == {"parameter", "prior", "total_budget"}
    assert kinds["total_budget"][0] == 7 * 14
    for _, _, gain, draws in kinds.values():
        assert gain >= -1e-9
        assert draws >= 100
    uplifts = demo.query("""
        select uplift from budget_sensitivity where kind = 'total_budget'
        group by value, uplift order by value
    """)
    assert [uplift for (uplift,) in uplifts] == sorted(uplift for (uplift,) in uplifts)


def test_share_intervals_hold_the_plan_and_cautions_are_where_the_spend_was_never_seen(demo):
    ((outside,),) = demo.query("""
        select count(*) from budget_allocation where scenario = 'fixed_budget'
        and not spend_share between share_low - 0.02 and share_high + 0.02
    """)
    assert outside <= 1
    rows = demo.query("""
        select caution is not null, recommended_spend not between least - 0.01 and most + 0.01
        from budget_allocation inner join (
            select market, touchpoint, min(spend) as least, max(spend) as most
            from touchpoint_periods inner join periods using (period_start)
            where is_complete group by 1, 2
        ) using (market, touchpoint)
        where scenario in (select scenario from budget_plans where saved_at is null)
    """)
    assert len(rows) == 8 * 14
    assert [careful for careful, _ in rows] == [beyond for _, beyond in rows]
    assert any(beyond for _, beyond in rows)


def test_every_model_has_a_verdict_of_the_convergence_gate(demo):
    rows = demo.query("select model, bool_or(converged) from mcmc_diagnostics group by 1 order by 1")
    assert rows == [("journey", True), ("poisson", True)]


def test_planted_flaws_are_rejected_and_true_events_kept(demo):
    rows = demo.query("select source_table, count(*) from rejected_rows group by 1")
    assert {table for table, _ in rows} == {"touches", "conversions", "spend"}
    invalid = "touch_id like 't9%' or touch_id is null"
    assert demo.query(f"select count(*) from journey_touches where {invalid}") == [(0,)]  # noqa: S608
    valid = f"select count(distinct touch_id) from raw.touches where not ({invalid})"  # noqa: S608
    assert demo.query(valid) == demo.query("select count(*) from journey_touches")


def test_tracked_sales_are_about_a_twentieth(demo):
    ((share,),) = demo.query("select sum(tracked_orders) / sum(total_orders) from attribution_scope")
    assert share == pytest.approx(0.05, abs=0.01)


def test_markov_credit_adds_up_to_the_removal_effects_totals(demo):
    rows = demo.query("""
        select sum(conversions), max(target_conversions)
        from attribution inner join markov_weights using (touchpoint)
        where method = 'markov' group by touchpoint
    """)
    assert len(rows) == 10
    for credited, target in rows:
        assert credited == pytest.approx(target, rel=1e-6)


def test_curves_start_at_nothing_and_contribution_agrees_with_the_allocation(demo):
    assert demo.query("select max(abs(conversions)) from response_curves where spend_per_period = 0") == [
        (0,)
    ]
    rows = demo.query("""
        select conversions, conversions_current from response_curves inner join budget_allocation
            using (market, touchpoint)
        where spend_per_period = current_spend and scenario = 'fixed_budget'
    """)
    assert len(rows) == 14
    for on_curve, allocated in rows:
        assert on_curve == pytest.approx(allocated, rel=1e-6)


def test_the_readmes_python_runs_on_the_demo(demo, tmp_path):
    text = (PROJECT / "README.md").read_text()
    (code,) = re.findall("```python\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "conversionflow.duckdb").symlink_to(demo.path)
    shown = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    (printed,) = re.findall("```\n(┌.*?)\n```", text, flags=re.DOTALL)
    columns = printed.splitlines()[1]
    assert columns in shown


def test_an_exported_fit_gives_the_builds_plan_to_the_cent(demo, tmp_path):
    outcome = demo.run("conversionflow", "export", "parameters", str(tmp_path / "fit.nc"))
    assert outcome.code == 0, outcome.output
    fit = ParameterExport.from_netcdf((tmp_path / "fit.nc").read_bytes())
    plan, settings = fit.paid, fit.settings
    today, low, high = (plan[name].to_numpy() for name in ("current_spend", "min_spend", "max_spend"))
    search = GeneticSettings(
        population=settings["optimizer_population_size"],
        generations=settings["optimizer_generations"],
        seed=settings["random_seed"],
    )
    problem = BudgetProblem(fit.response.keys, today, low, high, float(today.sum()))
    found = optimise(fit.response, problem, search, settings["credible_mass"]).allocation
    built = demo.allocated("recommended_spend")
    keys = zip(found["market"], found["touchpoint"], strict=True)
    assert dict(zip(keys, found["recommended_spend"], strict=True)) == built


@pytest.fixture(scope="module")
def rebuilt(demo):
    """The demo with a saved question, and the plans' tables built again."""
    asked = demo.run(
        "conversionflow", "optimize", "--target-name", "duckdb",
        "--scenario", "target_mroas", "--target", "1", "--save", "worth_it",
    )  # fmt: skip
    assert asked.code == 0, asked.output
    before = demo.query("select * from budget_allocation where scenario = 'worth_it' order by all")
    outcome = demo.dbt("build", "--select", "executive_summary", "budget_allocation", "budget_plans")
    assert outcome.code == 0, outcome.output
    return asked, before


def test_a_single_model_builds_again_by_itself(rebuilt):
    assert rebuilt


def test_a_question_is_answered_and_kept_over_a_build(demo, rebuilt):
    asked, before = rebuilt
    assert "Target mroas 1.00: met." in asked.output
    assert len(before) == 14
    assert demo.query("select * from budget_allocation where scenario = 'worth_it' order by all") == before
    ((mroas, total, today),) = demo.query("""
        select saved.mroas, saved.total_budget, built.total_budget from budget_plans as saved
        inner join budget_plans as built on built.scenario = 'fixed_budget' where saved.scenario = 'worth_it'
    """)
    assert mroas == pytest.approx(1.0, abs=1e-3)
    assert total > today


def test_a_budget_that_no_rules_allow_stops_the_build_with_the_reason(demo):
    outcome = demo.dbt("build", "--select", "budget_search", settings={"total_budget": 100})
    assert outcome.code != 0
    assert "No plan is possible: minimums sum to 1,084.32, the budget is 100.00" in outcome.output
    assert demo.query("select count(distinct scenario) from budget_search where record = 'plan'") == [(8,)]


@pytest.mark.verify
def test_a_second_build_on_the_same_input_gives_the_same_rows(demo):
    assert_second_build_changes_nothing(demo)
