"""`conversionflow optimize` on a small warehouse of each kind: answers, and scenarios that are kept."""

import pytest
import scenario_tables
from click.testing import CliRunner, Result

from conversionflow.cli import main

TABLES = ("budget_plans", "budget_allocation")


@pytest.fixture(scope="module")
def warehouse(on_each_target, tmp_path_factory):
    warehouse = on_each_target("optimize")
    scenario_tables.fill(warehouse, fit_cache_path=str(tmp_path_factory.mktemp("cache")))
    return warehouse


def optimize(warehouse, *options: str) -> Result:
    runner = CliRunner(env=warehouse.environment)
    return runner.invoke(main, ["optimize", *options], catch_exceptions=False)


def saved(warehouse, table: str, schema: str) -> list[tuple]:
    return sorted(warehouse.query(f"select * from {schema}.{table} where scenario = 'lean'"), key=str)  # noqa: S608


def test_a_saved_scenario_is_in_the_marts_and_kept_once_however_often_it_is_saved(warehouse):
    command = ("--scenario", "target_cpa", "--target", "47", "--rule", "maximum ads 420", "--save", "lean")
    for _ in range(2):
        result = optimize(warehouse, *command)
        assert result.exit_code == 0, result.output
    assert "Target cpa 47.00" in result.output
    assert "Saved as scenario lean" in result.output
    for table, rows in zip(TABLES, (1, 4), strict=True):
        kept = saved(warehouse, table, "saved_scenarios")
        assert len(kept) == rows
        assert saved(warehouse, table, warehouse.schema) == kept
    ((target, figure, met, at, run),) = warehouse.query(
        "select target, target_figure, target_met, saved_at, run_id from budget_plans where scenario = 'lean'"
    )
    assert (target, figure, met, run) == (47.0, "cpa", True, "run-1")
    assert at is not None
    ((spent, total),) = warehouse.query("""
        select sum(recommended_spend), min(total_budget)
        from budget_allocation inner join budget_plans using (scenario) where scenario = 'lean'
    """)
    assert spent == total


def test_a_given_plan_is_judged_and_its_broken_bounds_are_named(warehouse, tmp_path):
    plan = tmp_path / "plan.csv"
    plan.write_text("touchpoint,spend\nads,900\n", encoding="utf-8")
    result = optimize(warehouse, "--plan", str(plan), "--limits", str(tmp_path / "limits.csv"))
    assert result.exit_code == 2
    result = optimize(warehouse, "--plan", str(plan))
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "It breaks a rule: Italy / ads gets 900.00, more than its maximum of 800.00" in text
    assert "The most ever spent in a week is 440.00; the plan spends 900.00, 105% more" in text
    assert "what_if: budget 1,210.00 per period" in text


def test_limits_of_a_file_take_the_place_of_the_seeds(warehouse, tmp_path):
    limits = tmp_path / "limits.csv"
    limits.write_text("touchpoint,min_spend,max_spend\nads,390,410\n", encoding="utf-8")
    result = optimize(warehouse, "--limits", str(limits))
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if " ads " in line]
    assert 390.0 <= float(line.split()[3]) <= 410.0


def test_rules_that_clash_are_named(warehouse):
    options = ("--rule", "minimum ads 300", "--rule", "maximum ads 200")
    result = optimize(warehouse, *options)
    assert result.exit_code == 2
    assert "No plan is possible" in result.output
    assert "300.00" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--save", "fixed_budget"), "fixed_budget is a scenario of the last build"),
        (("--save", "My plan"), "'My plan' cannot be the name of a scenario"),
        (("--scenario", "target_roas"), "--target goes with a scenario target_..., which needs it"),
        (("--scenario", "what_if"), "--plan goes with --scenario what_if"),
        (
            ("--scenario", "target_cpa", "--target", "3", "--total", "9"),
            "--total goes with --scenario fixed_budget",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(warehouse, options, message):
    result = optimize(warehouse, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
