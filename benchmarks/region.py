"""A fictional region of any size to time the optimiser on, from a seed.

Homes and settings stand in towns, each LA's money and most pools bind: harder than life. With more provisions the
region is larger, not denser. Nothing here is real.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass, replace

from optimiser import Budget, Pool, Price, Problem, Provision, Pupil
from optimiser.problem import BANDS

_FIRST_LA = 801
_LAS = 6  # for each 300 provisions, and at least
_NEEDS = {"ASD": 32, "SLCN": 21, "SEMH": 21, "MLD": 11, "SLD": 4, "PD": 4, "SPLD": 2, "HI": 1, "PMLD": 1}
_PRICES = {"mild": 9_000, "moderate": 30_000, "intensive": 48_000, "profound": 66_000, "exceptional": 95_000}
_TYPES = ("state_special", "independent", "section41", "nmss", "ap")
_CORNER = 300_000  # easting and northing of the square that the region fills
_SIDE = 70_000  # metres, for 300 provisions
_SPREAD = 6_000  # metres, of homes and settings about their town
_MEANS_A_PUPIL = 33_000  # £ a year: about three quarters of what all pupils would cost


@dataclass(frozen=True, slots=True)
class _Town:
    easting: float
    northing: float
    la: str


def generate(pupils: int, provisions: int = 300, *, seed: int, year: int = 0) -> Problem:
    """A region with so many pupils and so many provisions, three to a setting: full, porous and outreach.

    Of the same seed another `year` is the same region, with as many other pupils from the same towns.
    """
    rnd = random.Random(seed)  # noqa: S311  (a benchmark needs a seed, not secrecy)
    side = _side(provisions)
    las = tuple(str(_FIRST_LA + i) for i in range(_LAS * max(1, provisions // 300)))
    towns = [_Town(rnd.uniform(0, side), rnd.uniform(0, side), rnd.choice(las)) for _ in range(max(6, provisions // 8))]
    offers = tuple(row for i in range(provisions // 3) for row in _setting(rnd, 100_000 + i, rnd.choice(towns)))
    children = tuple(_pupil(rnd, i, rnd.choice(towns)) for i in range(pupils))
    counts = Counter(child.la for child in children)
    share = pupils / max(1, provisions // 3)
    if year:
        other = random.Random(f"{seed}, year {year}")  # noqa: S311  (the same)
        others = tuple(_pupil(other, i, other.choice(towns)) for i in range(pupils))
    return Problem(
        pupils=others if year else children,
        provisions=offers,
        pools=tuple(pool for row in offers if row.kind == "full" for pool in _pools(rnd, row, share)),
        prices=tuple(price for row in offers for price in _prices(rnd, row)),
        budgets=tuple(Budget(la=la, budget=_MEANS_A_PUPIL * counts[la]) for la in las),
    )


def side_by_side(regions: int, pupils: int, provisions: int, *, seed: int) -> tuple[Problem, dict[str, str]]:
    """So many regions in a row, whose settings near a border serve pupils of both, and the region of each LA."""
    parts: list[Problem] = []
    region_of: dict[str, str] = {}
    for at in range(regions):
        part = generate(pupils // regions, provisions // regions, seed=seed + at)
        shift = at * round(_side(provisions // regions))
        parts.append(_moved(part, str(at + 1), shift))
        region_of |= {row.la: f"Region {at + 1}" for row in parts[-1].budgets}
    return Problem(
        pupils=tuple(row for part in parts for row in part.pupils),
        provisions=tuple(row for part in parts for row in part.provisions),
        pools=tuple(row for part in parts for row in part.pools),
        prices=tuple(row for part in parts for row in part.prices),
        budgets=tuple(row for part in parts for row in part.budgets),
    ), region_of


def _moved(part: Problem, name: str, shift: int) -> Problem:
    """The same region further east, its keys its own."""

    def own(key: str) -> str:
        return f"{name}-{key}"

    return Problem(
        pupils=tuple(
            replace(row, pupil=own(row.pupil), la=own(row.la), easting=row.easting + shift) for row in part.pupils
        ),
        provisions=tuple(
            replace(
                row,
                provision=own(row.provision),
                setting=own(row.setting),
                pool=own(row.pool),
                easting=row.easting + shift,
            )
            for row in part.provisions
        ),
        pools=tuple(replace(row, pool=own(row.pool), setting=own(row.setting)) for row in part.pools),
        prices=tuple(replace(row, provision=own(row.provision)) for row in part.prices),
        budgets=tuple(replace(row, la=own(row.la)) for row in part.budgets),
    )


def _side(provisions: int) -> float:
    return _SIDE * math.sqrt(max(1.0, provisions / 300))


def _near(rnd: random.Random, town: _Town) -> tuple[int, int]:
    return _CORNER + round(rnd.gauss(town.easting, _SPREAD)), _CORNER + round(rnd.gauss(town.northing, _SPREAD))


def _setting(rnd: random.Random, urn: int, town: _Town) -> list[Provision]:
    easting, northing = _near(rnd, town)
    low, high = rnd.choice([(-1, 6), (7, 11), (3, 11), (0, 14)])
    needs = tuple(sorted(rnd.sample(list(_NEEDS), rnd.randint(3, 6))))
    top = rnd.choice([3, 4, 4, 5])
    levels = (top, top, rnd.randint(2, 5), rnd.randint(2, 5))
    setting_type = rnd.choice(_TYPES)
    return [
        Provision(
            provision=f"{urn}-{kind}",
            setting=str(urn),
            provider=f"Provider {urn % 40}",
            setting_type=setting_type,
            kind=kind,
            easting=easting,
            northing=northing,
            low_year=low,
            high_year=high,
            needs=needs,
            max_levels=levels if kind != "outreach" else (3, 3, 3, 3),
            pool=f"{urn}-hours" if kind == "outreach" else f"{urn}-places",
            sessions=rnd.randint(3, 7) if kind == "porous" else None,
            radius_km=30.0 if kind == "outreach" else None,
        )
        for kind in ("full", "porous", "outreach")
    ]


def _pools(rnd: random.Random, row: Provision, share: float) -> tuple[Pool, Pool]:
    places = max(1, round(share * rnd.uniform(0.3, 1.1)))
    hours = round(share * rnd.uniform(0.3, 1.1), 1)
    return (
        Pool(pool=f"{row.setting}-places", setting=row.setting, unit="places", amount=places),
        Pool(pool=f"{row.setting}-hours", setting=row.setting, unit="hours", amount=hours),
    )


def _prices(rnd: random.Random, row: Provision) -> list[Price]:
    factor = rnd.uniform(0.75, 1.35)
    if row.kind == "outreach":
        hours = {"mild": 2.0, "moderate": 3.5, "intensive": 5.0}
        return [
            Price(provision=row.provision, band=b, price=round(2_600 * factor * h), hours=h) for b, h in hours.items()
        ]
    share = (row.sessions or 10) / 10 * (1.1 if row.kind == "porous" else 1.0)
    return [
        Price(provision=row.provision, band=band, price=round(factor * share * _PRICES[band])) for band in BANDS[1:]
    ]


def _pupil(rnd: random.Random, number: int, town: _Town) -> Pupil:
    easting, northing = _near(rnd, town)
    levels = (rnd.choice([0, 1, 2, 3, 3, 4]), rnd.randint(0, 3), rnd.randint(0, 3), rnd.randint(0, 2))
    return Pupil(
        pupil=f"{town.la}-{number:06d}",
        la=town.la,
        easting=easting,
        northing=northing,
        year_group=rnd.randint(0, 11),
        levels=levels,
        primary_need=rnd.choices(list(_NEEDS), list(_NEEDS.values()))[0],
        options=rnd.choice([("full",), ("full", "porous"), ("full", "porous", "outreach")]),
        priority=rnd.choices([1, 2, 3, 4, 5], [1, 2, 4, 2, 1])[0],
    )
