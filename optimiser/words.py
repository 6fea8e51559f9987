"""Amounts, sums and shadow prices in words, and the short sentences of a cell. They decide nothing."""

UNITS = {"places": ("place", "a place"), "hours": ("hour a week", "an hour a week")}


def amount(value: float) -> str:
    """A number of km, places or hours without needless digits."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def pounds(value: int) -> str:
    """Whole £."""
    return f"£{value:,}"


def each(unit: str) -> str:
    """What a pool's price is for: a place, an hour a week."""
    return UNITS.get(unit, (unit, f"one of {unit}"))[1]


def some(value: float, unit: str) -> str:
    """So many places or hours a week."""
    if unit == "places":
        if 0 < value < 1:
            return f"{amount(value)} of a place"
        return f"{amount(value)} place{'' if value == 1 else 's'}"
    return f"{amount(value)} {'hour' if value == 1 else 'hours'} a week" if unit == "hours" else amount(value)


def one_more_is_worth(price: float, unit: str) -> str:
    """The shadow price of a pool with its unit."""
    more = UNITS.get(unit, (f"of {unit}", ""))[0]
    return f"one more {more} is worth {price:,.3f} km-equivalents"


def cheapest_with_room(provision: str, cost: int, missing: int) -> str:
    """Why the budget leaves somebody out."""
    return f"{provision} is the cheapest option with room: {pounds(cost)} a year, {pounds(missing)} more than is left"


def best_is_full(provision: str, pool: str, use: float, room: float, unit: str, price: float) -> str:
    """Why a pool leaves somebody out, and its shadow price."""
    left = "is full" if room <= 0 else f"has {amount(room)} left"
    needs = f"{provision} is best and takes {some(use, unit)}, but pool {pool} {left}"
    return f"{needs}; shadow price: {one_more_is_worth(price, unit)}"
