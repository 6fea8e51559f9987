"""Chance that is the same each time: a sequence of draws for each part of the demonstration, from the seed alone."""

from random import Random


def chance(part: str, seed: int | None = None) -> Random:
    """The draws of one part; without a seed the same for every demonstration. Parts do not disturb each other: a draw
    more in one changes nothing in the next."""
    return Random(part if seed is None else f"{part} {seed}")  # noqa: S311 - nobody is to be kept from guessing it
