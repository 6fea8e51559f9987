"""What one rule of `verify` is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, what holds, and a query for the rows that break it, by a text that names each."""

    name: str
    words: str
    breaches: str
