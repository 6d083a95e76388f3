"""Priors and models as the sampler sees them, against PyMC."""

import numpy as np
import pymc as pm
import pytest
from density_points import (
    REGRESSION,
    RNG,
    slope,
)

from conversionflow.estimation.density_kernel import prior_log_density
from conversionflow.estimation.poisson_kernel import (
    poisson_log_density,
)
from conversionflow.estimation.priors import DISTRIBUTIONS
from conversionflow.estimation.pymc_model import add_log_density
from conversionflow.estimation.unconstrained import UnconstrainedDensity

PRIORS = [
    ("Normal", {"mu": 0.3, "sigma": 0.7}),
    ("HalfNormal", {"sigma": 0.7}),
    ("TruncatedNormal", {"mu": 0.3, "sigma": 0.7, "lower": -0.5, "upper": 2.0}),
    ("TruncatedNormal", {"mu": 0.3, "sigma": 0.7, "lower": -0.5}),
    ("TruncatedNormal", {"mu": 0.3, "sigma": 0.7, "upper": 0.9}),
    ("StudentT", {"nu": 3.5, "mu": 0.2, "sigma": 0.6}),
    ("LogNormal", {"mu": 0.4, "sigma": 0.8}),
    ("Gamma", {"alpha": 3.5, "beta": 4.2}),
    ("Gamma", {"mu": 1.2, "sigma": 0.4}),
    ("Beta", {"alpha": 3.1, "beta": 2.2}),
    ("Exponential", {"lam": 1.7}),
]


def test_every_allowed_distribution_is_checked_against_pymc():
    assert {name for name, _ in PRIORS} == set(DISTRIBUTIONS)


@pytest.mark.parametrize(("name", "arguments"), PRIORS)
def test_priors_on_the_whole_line_are_those_of_pymc(name, arguments):
    with pm.Model(coords={"node": range(3)}) as model:
        getattr(pm, name)("parameter", dims="node", **arguments)
    model_log_density = model.compile_logp()
    value_name = model.value_vars[0].name
    add_log_density(model, poisson_log_density, REGRESSION)
    density = UnconstrainedDensity.of(model)
    points = [np.array([-1.4, 0.2, 0.9]), np.array([0.4, -0.8, 1.7]), np.array([3.0, -3.0, 0.0])]
    found = [prior_log_density(point, density.priors)[0] for point in points]
    expected = [float(model_log_density({value_name: point})) for point in points]
    assert np.diff(found) == pytest.approx(np.diff(expected), rel=1e-6)
    for point in points:
        _, x, steepness, gradient = prior_log_density(point, density.priors)
        assert gradient == pytest.approx(
            slope(lambda moved: prior_log_density(moved, density.priors)[0], point), rel=1e-6, abs=1e-6
        )
        assert steepness == pytest.approx(
            np.diag(slope(lambda moved: prior_log_density(moved, density.priors)[1], point)), rel=1e-6
        )
        assert np.array_equal(density.parameters(point)["parameter"], x)


def pymc_model(name="Normal", **arguments):
    """The `poisson` likelihood under PyMC, with one prior of choice."""
    with pm.Model(coords={"node": range(3), "paid": range(2), "market": range(2)}) as model:
        getattr(pm, name)("entry_level", dims="node", **arguments)
        pm.Gamma("beta1", 3.0, 4.0, dims="paid")
        pm.Normal("parent_effects", 0.0, 0.3, dims="node")
        pm.Normal("control_coefficients", 0.0, 0.5, dims=("market", "paid"))
    return model


def test_the_sampled_density_is_the_one_pymc_evaluates():
    model = pymc_model(mu=0.0, sigma=1.5)
    add_log_density(model, poisson_log_density, REGRESSION)
    density, names = UnconstrainedDensity.of(model), [value.name for value in model.value_vars]
    log_density, gradient = model.compile_logp(), model.compile_dlogp()
    points = RNG.normal(0, 0.4, (3, len(density.priors)))
    by_name = [dict(zip(names, np.split(p, [3, 5, 8]), strict=True)) for p in points]
    by_name = [{**p, names[3]: p[names[3]].reshape(2, 2)} for p in by_name]
    found = [density(point)[0] for point in points]
    assert np.diff(found) == pytest.approx(np.diff([float(log_density(p)) for p in by_name]), rel=1e-9)
    assert density(points[0])[1] == pytest.approx(gradient(by_name[0]), rel=1e-9)


def test_a_prior_without_a_kernel_is_named():
    model = pymc_model("Cauchy", alpha=0.0, beta=1.0)
    add_log_density(model, poisson_log_density, REGRESSION)
    with pytest.raises(TypeError, match=r"Parameter 'entry_level' has the prior .*, which has no kernel"):
        UnconstrainedDensity.of(model)


def test_a_likelihood_beside_the_kernel_is_refused():
    model = pymc_model(mu=0.0, sigma=1.5)
    add_log_density(model, poisson_log_density, REGRESSION)
    with model:
        pm.Normal("seen", model["entry_level"], 1.0, observed=np.zeros(3))
    with pytest.raises(TypeError, match="must be one FusedLogDensity"):
        UnconstrainedDensity.of(model)
