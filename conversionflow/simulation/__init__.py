"""Event-level journeys drawn from a market whose truth is known."""

from conversionflow.simulation.demo import demo_world
from conversionflow.simulation.events import simulate
from conversionflow.simulation.truth import truth_tables
from conversionflow.simulation.world import World

__all__ = ["World", "demo_world", "simulate", "truth_tables"]
