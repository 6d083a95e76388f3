"""Marketing measurement in the warehouse: journeys, a Bayesian network of touchpoints, and a budget plan."""
