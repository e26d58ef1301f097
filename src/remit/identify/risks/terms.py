"""The words of a scenario that engine, register and editor share; naming them loads no NumPy."""

from __future__ import annotations

from typing import Final

FORMS: Final = {
    "productivity": "Productivity",
    "response": "Response",
    "replacement": "Replacement",
    "fines_and_judgements": "Fines and judgements",
    "competitive_advantage": "Competitive advantage",
    "reputation": "Reputation",
}
"""The six forms of loss, and what people call them (The Open Group, O-RT 3.0.1, section 4)."""

EFFECTS: Final = ("frequency", "vulnerability", "magnitude", "duration")
"""What of a risk a control may lower."""
