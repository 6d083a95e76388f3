"""Scipy's routines without the package around them give what `scipy.optimize` gives, to the bit."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import optimize
from scipy.optimize import LinearConstraint, minimize

from conversionflow.optimization.scipy_routines import brentq
from conversionflow.optimization.slsqp_routine import Linear, least_squares


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("below", [0, 3])
def test_the_bytes_are_those_of_scipy(seed, below):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 30))
    height, speed, start = rng.uniform(1, 5, size), rng.uniform(0.1, 20, size), rng.uniform(0, 1, size)
    zero = Linear(np.ones((1, size)), np.array([start.sum()]))
    weights = rng.normal(size=(below, size))
    not_negative = Linear(weights, weights @ start - rng.uniform(0, 0.3, below))

    def loss(x):
        return -float(height @ (1 - np.exp(-speed * x))), -height * speed * np.exp(-speed * x)

    found = least_squares(loss, start, zero, not_negative, 1e-12, 200)
    rows = [LinearConstraint(zero.weights, zero.bound, zero.bound)]
    if below:
        rows.append(LinearConstraint(not_negative.weights, not_negative.bound, np.inf))
    theirs = minimize(
        loss,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * size,
        constraints=rows,
        options={"ftol": 1e-12, "maxiter": 200},
    )
    assert theirs.nit > 1
    assert np.array_equal(found, theirs.x)


def test_roots_are_those_of_scipy():
    for level in np.linspace(0.1, 0.9, 9):
        found, theirs = (
            search(lambda x, level=level: np.tanh(x) - level, 0.0, 5.0, xtol=1e-3, rtol=1e-15)
            for search in (brentq, optimize.brentq)
        )
        assert found == theirs


def test_a_plan_is_found_without_loading_the_package():
    """Loading `scipy.optimize` takes a tenth of the time in which a question is to be answered."""
    text = "import sys, conversionflow.optimization; print('scipy.optimize' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"
