"""Priors by setting: what is taken, and what is refused with a reason."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conversionflow.core.errors import SettingsError
from conversionflow.estimation.fitting import MODELS, SamplerSettings
from conversionflow.estimation.priors import DISTRIBUTIONS, normal, with_overrides
from tests.unit.test_plan_inputs import SETTINGS

RULES = Path(__file__).parents[2] / "macros" / "setting_rules.sql"


def test_a_prior_of_one_model_leaves_the_others_alone():
    given = {"poisson.beta1": normal(0.8, 0.2), "parent_effects": normal(0.0, 0.1)}
    priors = {model: with_overrides(model, module.DEFAULT_PRIORS, given) for model, module in MODELS.items()}
    assert priors["poisson"]["beta1"] == normal(0.8, 0.2)
    assert priors["hurdle"]["beta1"] == MODELS["hurdle"].DEFAULT_PRIORS["beta1"]
    assert {priors[model]["parent_effects"]["sigma"] for model in priors} == {0.1}


@pytest.mark.parametrize(
    ("name", "prior", "reason"),
    [
        ("beta1", {"distribution": "Cauchy", "alpha": 0.0}, "distribution 'Cauchy'; choose one of Normal"),
        ("beta1", {"distribution": "Gamma", "alpha": -1.0, "beta": 2.0}, "alpha -1.0; it must be above 0"),
        (
            "response_saturation",
            normal(1.0, 0.5),
            "allows values from -inf to inf; the parameter takes values from 0.0 to inf",
        ),
    ],
)
def test_a_prior_that_cannot_be_used_is_refused(name, prior, reason):
    with pytest.raises(SettingsError, match=f"'{name}' .*{re.escape(reason)}"):
        with_overrides("journey", MODELS["journey"].DEFAULT_PRIORS, {name: prior})


def test_a_name_that_no_model_has_is_refused():
    with pytest.raises(SettingsError, match=r"No parameter is called beta9; .*poisson\.beta1"):
        SamplerSettings(priors={"beta9": normal(0.0, 1.0)})


@pytest.mark.parametrize(
    "prior", [{"mu": 1.0}, {"distribution": "Normal"}, {"distribution": "Normal", "mu": "1", "sigma": 1.0}]
)
def test_settings_want_a_distribution_and_numbers(prior):
    with pytest.raises(SettingsError, match=r"that of 'beta1' is .*; it needs a distribution"):
        replace(SETTINGS, priors={"beta1": prior})


def test_dbt_knows_the_same_parameters_and_distributions():
    _, priors = RULES.read_text().split("'priors': {")
    parameters, distributions = (
        set(re.findall(r"'(\w+)'", priors.split(f"'{name}': [")[1].split("]")[0]))
        for name in ("choices", "distributions")
    )
    assert parameters == {
        name for module in MODELS.values() for name in module.DEFAULT_PRIORS | module.OPTIONAL_PRIORS
    }
    assert distributions == set(DISTRIBUTIONS)
