"""Attribution: exact Markov removal effects, and credit of single touches that adds up to them."""

from conversionflow.attribution.credit import CreditWeights, credit_weights
from conversionflow.attribution.markov import (
    CONVERSION,
    NULL,
    START,
    Chain,
    attribute,
    chain_from_paths,
    chain_from_transitions,
    removal_effects,
)

__all__ = [
    "CONVERSION",
    "NULL",
    "START",
    "Chain",
    "CreditWeights",
    "attribute",
    "chain_from_paths",
    "chain_from_transitions",
    "credit_weights",
    "removal_effects",
]
