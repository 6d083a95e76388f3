"""From the seeds with limits and rules to bounds and rules, and what is said of cells that cannot be used."""

import numpy as np
import pandas as pd
import pytest

from conversionflow.core.errors import SettingsError
from conversionflow.optimization import BudgetProblem, read_rules
from conversionflow.optimization.binding import binding_rules
from conversionflow.pipeline.rule_text import rule_rows

KEYS = (("it", "search"), ("it", "social"), ("es", "search"), ("es", "tv"))
CURRENT = np.array([100.0, 50.0, 80.0, 20.0])


def read(limits=(), rules=(), current=CURRENT):
    return read_rules(pd.DataFrame(list(limits)), pd.DataFrame(list(rules)), KEYS, current, 250.0, 0.5, 2.0)


def test_without_rows_the_defaults_hold():
    low, high, rules = read()
    assert low.tolist() == [50.0, 25.0, 40.0, 10.0]
    assert high.tolist() == [200.0, 100.0, 160.0, 40.0]
    assert not rules.any


def test_of_two_rows_the_one_that_names_more_counts_column_by_column():
    low, high, _ = read(
        [
            {"min_spend": 1.0, "max_spend_ratio": 3.0},
            {"market": "es", "min_spend": 2.0},
            {"touchpoint": "search", "min_spend": 3.0},
            {"market": "es", "touchpoint": "search", "min_spend": 4.0},
        ]
    )
    assert low.tolist() == [3.0, 1.0, 4.0, 2.0]
    assert high.tolist() == [300.0, 150.0, 240.0, 60.0]


def test_absolute_and_relative_bounds_hold_together():
    low, high, _ = read(
        [{"min_spend": 60.0, "min_spend_ratio": 0.7, "max_spend": 120.0, "max_spend_ratio": 1.5}]
    )
    assert low.tolist() == [70.0, 60.0, 60.0, 60.0]
    assert high.tolist() == [120.0, 75.0, 120.0, 30.0]


def test_defaults_give_way_to_a_bound_on_the_other_side_and_to_whole_steps():
    low, high, rules = read(
        [
            {"market": "es", "touchpoint": "tv", "min_spend": 90.0},
            {"market": "it", "touchpoint": "social", "max_spend": 5.0},
            {"market": "es", "touchpoint": "search", "spend_step": 100.0},
        ]
    )
    assert low.tolist() == [50.0, 5.0, 0.0, 90.0]
    assert high.tolist() == [200.0, 5.0, 200.0, 90.0]
    assert rules.step.tolist() == [0.0, 0.0, 100.0, 0.0]


def test_spend_that_may_be_off_has_no_default_minimum():
    low, high, rules = read([{"touchpoint": "tv", "min_if_on": 70.0}])
    assert (low[3], high[3], rules.min_if_on[3]) == (0.0, 70.0, 70.0)
    low, _, rules = read(rules=[{"rule": "few", "kind": "max_active", "market": "it", "amount": 1}])
    assert (low[:2].tolist(), rules.min_if_on[:2].tolist()) == ([0.0, 0.0], [50.0, 25.0])
    assert rules.max_active[0].members.tolist() == [True, True, False, False]


def test_frozen_spend_stays_and_a_row_that_names_more_frees_it():
    low, high, rules = read(
        [{"frozen": "true"}, {"market": "es", "touchpoint": "tv", "frozen": False}],
        [{"rule": "step", "kind": "step", "amount": 30, "unit": "money"}],
    )
    assert low.tolist() == [100.0, 50.0, 80.0, 0.0]
    assert high.tolist() == [100.0, 50.0, 80.0, 60.0]
    assert rules.step.tolist() == [0.0, 0.0, 0.0, 30.0]
    low, high, _ = read(rules=[{"rule": "keep tv", "kind": "frozen", "touchpoint": "tv"}])
    assert low[3] == high[3] == 20.0


def test_rules_on_groups_markets_and_ratios_become_linear():
    _, _, rules = read(
        [{"touchpoint": "search", "touchpoint_group": "performance"}],
        [
            {
                "rule": "cap",
                "kind": "maximum",
                "touchpoint_group": "performance",
                "amount": 0.6,
                "unit": "share",
            },
            {"rule": "floor", "kind": "minimum", "market": "it", "amount": 0.5, "unit": "current"},
            {
                "rule": "ratio",
                "kind": "maximum_ratio",
                "market": "it",
                "touchpoint": "social",
                "reference_touchpoint": "search",
                "amount": 0.4,
            },
            {"rule": "half", "kind": "minimum_ratio", "touchpoint": "search", "market": "es", "amount": 0.5},
        ],
    )
    cap, floor, ratio, half = rules.linear
    assert (cap.coefficients.tolist(), cap.high) == ([1.0, 0.0, 1.0, 0.0], 150.0)
    assert (floor.coefficients.tolist(), floor.low) == ([1.0, 1.0, 0.0, 0.0], 75.0)
    assert (ratio.coefficients.tolist(), ratio.high, ratio.low) == ([-0.4, 1.0, 0.0, 0.0], 0.0, -np.inf)
    assert (half.coefficients.tolist(), half.low) == ([0.0, 0.0, 0.5, -0.5], 0.0)


def test_a_sum_of_one_touchpoint_is_a_bound():
    low, high, rules = read(
        rules=[
            {"rule": "a", "kind": "minimum", "touchpoint": "tv", "amount": 45.0, "unit": "money"},
            {"rule": "b", "kind": "maximum", "touchpoint": "social", "amount": 1.2, "unit": "current"},
        ]
    )
    assert (low[3], high[3], high[1], rules.linear) == (45.0, 45.0, 60.0, ())


def test_what_is_read_makes_a_problem_whose_plans_keep_it():
    low, high, rules = read(
        [{"touchpoint": "tv", "min_if_on": 30.0, "spend_step": 15.0, "max_spend": 90.0}],
        [{"rule": "it", "kind": "maximum", "market": "it", "amount": 0.55, "unit": "share"}],
    )
    problem = BudgetProblem(KEYS, CURRENT, low, high, 250.0, rules)
    plans = problem.repair(np.random.default_rng(0).uniform(0, 200, (40, 4)))
    assert (plans[:, :2].sum(axis=1) <= 137.5 + 1e-9).all()
    assert set(plans[:, 3].round(9)) <= {0.0, 30.0, 45.0, 60.0, 75.0, 90.0}


@pytest.mark.parametrize(
    ("limits", "rules", "words"),
    [
        (
            {"touchpoint": "radio"},
            {},
            "limits all / radio: touchpoint is 'radio'; use one of search, social, tv",
        ),
        ({"market": "fr"}, {}, "market is 'fr'; use one of es, it"),
        ({"min_spend": -1}, {}, "min_spend is '-1'; give a number of 0 or more"),
        ({"max_spend": "much"}, {}, "max_spend is 'much'"),
        ({"frozen": "perhaps"}, {}, "frozen is 'perhaps'; give true or false"),
        ({"frozen": True, "min_spend": 3}, {}, "frozen is 'True'; frozen spend stays as it is"),
        ({"min_if_on": 9, "min_spend": 3}, {}, "min_if_on is 9.00, which lets its spend be 0"),
        ({}, {"rule": "x", "kind": "most"}, "rule.*x: kind is 'most'; use one of minimum, maximum"),
        ({}, {"rule": "x", "kind": "minimum", "amount": 1, "unit": "eur"}, "unit is 'eur'; use one of money"),
        ({}, {"rule": "x", "kind": "minimum", "amount": 1}, "unit is ''"),
        ({}, {"rule": "x", "kind": "minimum", "unit": "money"}, "amount is ''; give a number"),
        ({}, {"rule": "x", "kind": "minimum", "amount": 30, "unit": "share"}, "30 % is 0.3"),
        ({}, {"rule": "x", "kind": "max_active", "amount": 1.5}, "give how many may have spend"),
        ({}, {"rule": "x", "kind": "frozen", "amount": 1}, "amount is '1'; frozen spend stays"),
        (
            {},
            {"rule": "x", "kind": "step", "amount": 1, "unit": "share"},
            "unit is 'share'; use one of money",
        ),
        ({}, {"rule": "x", "kind": "minimum_ratio", "amount": 1, "unit": "money"}, "leave it empty"),
        (
            {},
            {"rule": "x", "kind": "minimum", "amount": 1, "unit": "money", "reference_touchpoint": "tv"},
            "only minimum_ratio and maximum_ratio",
        ),
        ({}, {"rule": "x", "kind": "frozen", "touchpoint_group": "g"}, "no touchpoint has a group"),
        ({}, {"rule": "", "kind": "frozen"}, "give each rule a name of its own"),
        (
            {},
            {"rule": "x", "kind": "frozen", "market": "it", "touchpoint": "tv"},
            "no touchpoint of the plan",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_do(limits, rules, words):
    with pytest.raises(SettingsError, match=words):
        read([limits] if limits else [], [rules] if rules else [])


def test_all_that_is_wrong_is_named_together():
    with pytest.raises(SettingsError, match=r"touchpoint is 'radio'.*kind is 'most'.*name of its own"):
        read([{"touchpoint": "radio"}], [{"rule": "x", "kind": "most"}, {"rule": "x", "kind": "frozen"}])


def test_two_rows_that_give_the_same_limit_of_the_same_are_refused():
    with pytest.raises(SettingsError, match="another row gives it for it / search"):
        read([{"touchpoint": "search", "min_spend": 1}, {"touchpoint": "search", "min_spend": 2}])


def held(plan, limits=(), rules=()):
    low, high, read_together = read(limits, rules)
    problem = BudgetProblem(KEYS, CURRENT, low, high, float(np.sum(plan)), read_together)
    plan = np.array(plan)
    assert problem.worst_violation(plan[None])[0] < 1e-9
    return binding_rules(problem, plan)


def test_what_holds_spend_is_named_by_the_row_that_asks_for_it():
    limits = [{"touchpoint": "tv", "max_spend": 30.0}, {"touchpoint": "social", "frozen": "true"}]
    rules = [
        {"rule": "enough", "kind": "minimum", "touchpoint": "search", "amount": 250, "unit": "money"},
        {"rule": "little", "kind": "maximum", "market": "es", "touchpoint": "search", "amount": 90},
    ]
    rules[1]["unit"] = "money"
    assert held([170.0, 50.0, 90.0, 30.0], limits, rules) == [
        "none",
        "fixed: touchpoint_limits",
        "maximum: little",
        "maximum: touchpoint_limits",
    ]
    assert held([170.0, 50.0, 80.0, 10.0], limits, rules)[::2] == ["minimum: enough"] * 2
    assert held([200.0, 25.0, 40.0, 20.0]) == ["maximum", "minimum", "minimum", "none"]


def test_a_rule_in_words_is_said_once():
    texts = ["maximum it/search 170", "step social 10", "max_active es 1", "min_if_on tv 25"]

    def told(plan, *chosen):
        return held(plan, rules=rule_rows([texts[i] for i in chosen], KEYS).to_dict("records"))

    assert told([170.0, 60.0, 85.0, 25.0], 0, 1, 3) == [texts[0], texts[1], "none", texts[3]]
    ratio = rule_rows(["maximum_ratio social to tv 2", "frozen es/tv"], KEYS).to_dict("records")
    assert held([170.0, 40.0, 85.0, 20.0], rules=ratio) == [
        "none",
        ratio[0]["rule"],
        "none",
        "fixed: frozen es/tv",
    ]
    named = {"rule": "minimum", "kind": "minimum", "touchpoint": "tv", "amount": 15, "unit": "money"}
    assert held([170.0, 60.0, 85.0, 15.0], rules=[named])[3] == "minimum: minimum"


def test_gaps_between_allowed_amounts_are_named():
    rules = [
        {"rule": "or none", "kind": "min_if_on", "touchpoint": "tv", "amount": 25, "unit": "money"},
        {"rule": "few", "kind": "max_active", "market": "es", "amount": 1},
        {"rule": "packs", "kind": "step", "touchpoint": "social", "amount": 10},
    ]
    assert held([100.0, 60.0, 0.0, 25.0], rules=rules) == [
        "none",
        "whole steps: packs",
        "at most 1 active: few",
        "minimum if any: or none",
    ]


def test_a_rule_of_the_command_line_that_cannot_be_used_is_not_called_a_seeds():
    with pytest.raises(SettingsError) as error:
        read(rules=rule_rows(["maximum Italy 0.5 share"], KEYS).to_dict("records"))
    assert "--rule maximum Italy 0.5 share: touchpoint is 'Italy'" in str(error.value)
    assert "seed" not in str(error.value)
