"""Points and data, small and at random, at which the compiled log densities are checked."""

import numpy as np
from scipy import special

from conversionflow.estimation.experiment_kernel import ExperimentData
from conversionflow.estimation.hurdle_kernel import HurdleParameters
from conversionflow.estimation.journey_kernel import (
    EntryData,
    JourneyParameters,
)
from conversionflow.estimation.moves import pull_shape
from conversionflow.estimation.moves_kernel import (
    MoveData,
    OnwardData,
)
from conversionflow.estimation.poisson_kernel import (
    OverdispersedParameters,
)
from conversionflow.estimation.regression_kernel import (
    PoissonParameters,
    RegressionData,
)

RNG = np.random.default_rng(11)
SPEND = np.array([[0.0, 0.4, 1.0, 1.6, 2.0], [1.2, 0.8, 1.0, 0.7, 1.3]])
COUNTS = RNG.poisson(12.0, (3, 5)).astype(float)
MARKET = np.array([0.0, 1.0, 1.0])
CONTROLS = RNG.normal(0, 1, (2, 5, 2))
ENTRIES = EntryData(
    COUNTS,
    np.log([12.0, 11.0, 13.0]),
    SPEND,
    MARKET,
    np.array([0.0, 0.0]),
    np.asarray(-special.gammaln(COUNTS + 1).sum()),
)
MOVES = MoveData(
    pull_shape(SPEND),
    np.array([1.3, -0.2]),
    RNG.poisson(40.0, (3, 5)).astype(float),
    np.array([[4.5, 0.0], [9.5, 2.5], [0.0, 6.5]]),
    np.full(3, 2.0),
    np.asarray(0.0),
)
ONWARD = OnwardData(
    np.array([[0.3, 0.0], [0.5, 0.2], [0.0, 0.6]]),
    RNG.poisson(11.0, (3, 5)).astype(float),
    np.array([12.0, 0.0, 7.5]),
    MARKET,
)
CONVERTING = MOVES._replace(pull=np.array([0.4, 0.9]), weights=np.array([[3.5, 0.0], [0.0, 2.5], [0.0, 0.0]]))
JOURNEY = JourneyParameters(
    demand_persistence=np.array([0.3, 0.8]),
    demand_scale=np.array([0.1, 0.3]),
    displacement=np.array([0.3, 0.8]),
    control_coefficients=RNG.normal(0, 0.3, (2, 2)),
    demand=RNG.normal(0, 0.2, (2, 5)),
    entry_level=np.array([0.1, -0.2, 0.3]),
    dispersion=np.array([8.0, 30.0, 2.5]),
    beta1=np.array([0.7, 0.4]),
    response_floor=np.array([0.2, 0.45]),
    response_saturation=np.array([3.0, 0.8]),
    parent_effects=np.array([0.4, -0.3]),
    conversion_effects=np.array([-0.2, 0.5]),
    conversion_effects_mean=np.array([0.1]),
    conversion_effects_spread=np.array([0.25]),
    beta1_across_markets=np.array([0.5]),
    beta1_market_spread=np.array([0.2]),
    parent_effects_across_markets=np.array([0.1]),
    parent_effects_market_spread=np.array([0.4]),
    carryover=np.zeros(0),
)
CARRYING = JOURNEY._replace(carryover=np.array([0.3, 0.6]))
REGRESSION = RegressionData(
    COUNTS,
    np.log([6.0, 5.0, 7.0]),
    RNG.normal(0, 0.4, (3, 5)),
    np.array([[1.0, 0.0, 0.3], [2.0, 0.0, 0.2], [0.0, 2.0, 0.4]]),
    MARKET,
    CONTROLS,
    np.array([0.0, 0.0]),
    np.asarray(0.0),
)
POISSON = PoissonParameters(
    entry_level=np.array([0.1, 0.2, -0.3]),
    beta1=np.array([0.9, 0.5]),
    parent_effects=np.array([0.2, -0.4, 0.1]),
    control_coefficients=RNG.normal(0, 0.3, (2, 2)),
    beta1_across_markets=np.array([0.6]),
    beta1_market_spread=np.array([0.3]),
)
#: More spend than there would have been, none where there would have been some, and less.
EXPERIMENTS = ExperimentData(
    node=np.array([0.0, 1.0]),
    without=np.array([[0.5, 0.4, 0.7, 1.6, 1.2], [1.2, 0.8, 1.4, 0.7, 1.3]]),
    value=np.array([0.2, 0.3]),
    visits=np.array([1.2, 1.6]),
    converts=np.array([0.12, 0.15]),
    onward=np.array([0.1, 0.25, 0.15]),
    lift=np.array([1.7, -0.4]),
    sd=np.array([0.5, 0.2]),
)
OVERDISPERSED = OverdispersedParameters(*POISSON, dispersion=np.array([3.0, 12.0, 60.0]))
HURDLE = HurdleParameters(
    *POISSON, occurrence_level=np.array([0.3, -0.5, 0.2]), occurrence_slope=np.array([0.8, 1.3, -0.4])
)
SPARSE = np.array([[0, 1, 0, 3, 2], [0, 0, 0, 0, 0], [4, 2, 1, 6, 9]], dtype=float)
LOG_ODDS = np.array([0.4, -2.0, 2.0])
SPARSE_REGRESSION = REGRESSION._replace(
    counts=SPARSE, base=np.log([1.5, 0.5, 4.0]), constant=np.asarray(-special.gammaln(SPARSE + 1).sum())
)
NETWORK = (CONTROLS, ENTRIES, MOVES, ONWARD, CONVERTING, EXPERIMENTS)


def flat(parameters):
    return np.concatenate([np.ravel(value) for value in parameters])


def slope(function, point):
    """Central differences of a function of a vector."""
    steps = 1e-5 * np.eye(len(point))
    return np.array([(function(point + step) - function(point - step)) / 2e-5 for step in steps])


def zeros_like(parameters):
    return type(parameters)(*(np.zeros_like(value) for value in parameters))
