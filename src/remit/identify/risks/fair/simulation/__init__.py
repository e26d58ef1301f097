"""Event-driven Monte Carlo simulation of a scenario set; see docs/decisions/0034-streams-and-chunks.md."""

from .run import simulate
from .workers import Progress

__all__ = ["Progress", "simulate"]
