"""What the morning page says in words, over plain values."""

from __future__ import annotations


def greeting(hour: int) -> str:
    if hour < 5:
        return "Good evening"
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"


def headline(hour: int, name: str, decisions: int, overdue: int) -> str:
    """Say in one sentence what the day asks of this person."""
    first = name.split(maxsplit=1)[0] if name else ""
    hello = f"{greeting(hour)}, {first}."
    if decisions:
        return f"{hello} {count(decisions, 'decision waits', 'decisions wait')} for you."
    if overdue:
        return f"{hello} {count(overdue, 'thing you owe is', 'things you owe are')} overdue."
    return f"{hello} Nothing waits for you."


WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def count(number: int, one: str, many: str) -> str:
    word = WORDS[number] if number < len(WORDS) else f"{number:,}"
    return f"{word} {one if number == 1 else many}"


def change_tone(change: float, better: str) -> str:
    """Colour a change: "good" towards the better side, "act" away from it, "soft" for none."""
    if not change or not better:
        return "soft"
    return "good" if (change < 0) == (better == "lower") else "act"
