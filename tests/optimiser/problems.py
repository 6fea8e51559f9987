"""Problems to test with: one plain pupil and provision to vary, and random ones with everything that may occur."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from optimiser import Budget, Policy, Pool, Price, Problem, Provision, Pupil, Travel
from optimiser.eligibility import Catalogue
from optimiser.options import find_options
from optimiser.problem import BANDS, GROUNDS, KINDS, SETTING_TYPES
from optimiser.programme import Programme, programme_of

_LAS = ("901", "902", "903")
_NEEDS = ("ASD", "SEMH", "MLD")


def pupil(**fields: Any) -> Pupil:
    """A pupil of LA 901, band intensive, who suits `provision()` next door in every respect."""
    plain = Pupil(
        pupil="P1",
        la="901",
        easting=400_000,
        northing=200_000,
        year_group=5,
        levels=(3, 1, 0, 0),
        primary_need="ASD",
    )
    return replace(plain, **fields)


def provision(**fields: Any) -> Provision:
    """A full day provision of a state special school, 10 km by straight line from `pupil()`."""
    plain = Provision(
        provision="V1",
        setting="100001",
        provider="Alder Trust",
        setting_type="state_special",
        kind="full",
        easting=410_000,
        northing=200_000,
        low_year=0,
        high_year=11,
        needs=("ASD",),
        max_levels=(3, 3, 3, 3),
        pool="K1",
    )
    return replace(plain, **fields)


def problem(
    pupils: tuple[Pupil, ...] | None = None,
    provisions: tuple[Provision, ...] | None = None,
    *,
    amount: float = 1.0,
    price: int = 40_000,
    hours: float = 5.0,
    **fields: Any,
) -> Problem:
    """Those pupils and provisions, with a pool of this amount and a price in every band wherever none is given."""
    offers = (provision(),) if provisions is None else provisions
    pools = {
        row.pool: Pool(
            pool=row.pool, setting=row.setting, unit="hours" if row.kind == "outreach" else "places", amount=amount
        )
        for row in offers
    }
    prices = tuple(
        Price(provision=row.provision, band=band, price=price, hours=hours if row.kind == "outreach" else None)
        for row in offers
        for band in BANDS[1:]
    )
    children = (pupil(),) if pupils is None else pupils
    given = {"pools": tuple(pools.values()), "prices": prices, **fields}
    return Problem(pupils=children, provisions=offers, **given)


def programme_of_choices(source: Problem) -> Programme:
    """All pupils as choices within all room and money."""
    ordered = source.ordered()
    catalogue = Catalogue(ordered)
    room = np.array([row.amount for row in ordered.pools], dtype=np.float64)
    money = {row.la: row.budget for row in ordered.budgets}
    everybody = np.arange(len(ordered.pupils))
    return programme_of(ordered, catalogue, find_options(ordered, catalogue), everybody, room, money)


def seeded(seed: int) -> random.Random:
    """Randomness that comes out the same in every run."""
    return random.Random(seed)  # noqa: S311  (no secret)


def random_problem(rnd: random.Random, pupils: int, provisions: int, *, crowding: float = 0.7) -> Problem:
    """Requests, locks, forbidden ones, wishes, empty pools and budgets, shares and hours; `crowding` < 1 is scarce."""
    settings = [
        (str(100_000 + i), rnd.choice(SETTING_TYPES), rnd.randrange(0, 30_000), rnd.randrange(0, 30_000))
        for i in range(max(1, provisions // 2))
    ]
    offers = tuple(_offer(rnd, f"V{i}", rnd.choice(settings)) for i in range(provisions))
    children = tuple(_child(rnd, f"P{i}", [row[0] for row in settings], offers) for i in range(pupils))
    pools = {row.pool: row for row in offers}
    fair = crowding * pupils / max(1, len(pools))
    return Problem(
        pupils=children,
        provisions=offers,
        pools=tuple(
            Pool(
                pool=name,
                setting=row.setting,
                unit="hours" if row.kind == "outreach" else "places",
                amount=rnd.choice([0.0, round(2 * fair), round(fair + 0.5), round(3 * fair * rnd.random(), 1)]),
            )
            for name, row in pools.items()
        ),
        prices=tuple(price for row in offers for price in _prices(rnd, row)),
        budgets=tuple(
            Budget(la=la, budget=rnd.choice([0, 30_000 * pupils // 4, rnd.randrange(1 + 15_000 * pupils)]))
            for la in _LAS[:2]
        ),
        travel=tuple(
            Travel(pupil=row.pupil, setting=rnd.choice(settings)[0], km=rnd.randrange(0, 500) / 10)
            for row in children
            if settings and rnd.random() < 0.2
        ),
        policy=_policy(rnd),
    )


def _policy(rnd: random.Random) -> Policy:
    return Policy(
        bound_gap=rnd.choice([0.0, 0.001]),
        co_occurrence=rnd.random() < 0.8,
        max_km=rnd.choice([10.0, 25.0, 40.0]),
        unplaced=rnd.choice([(16000.0, 8000.0, 4000.0, 2000.0, 1000.0), (60.0, 50.0, 40.0, 30.0, 20.0)]),
        circuity=rnd.choice([1.0, 1.4, 1.4]),
        cost_weight=rnd.choice([0.0, 0.1, 0.1, 2.0]),
        preference_weight=rnd.choice([0.0, 5.0, 5.0, 30.0]),
        transport_rate=rnd.choice([0.0, 1.5, 1.5, 0.77]),
        free_below_km=rnd.choice([(0.0, 0.0), (3.219, 4.828), (3.219, 4.828)]),
        journeys={"day": rnd.choice([200, 380, 380]), "weekly": rnd.choice([70, 76]), "termly": 12, "annual": 2},
        least_restrictive_weight=rnd.choice([0.0, 0.0, 6.5]),
    )


def _offer(rnd: random.Random, name: str, setting: tuple[str, str, int, int]) -> Provision:
    urn, setting_type, easting, northing = setting
    kind = rnd.choice(["full", "full", "porous", "outreach"])
    return provision(
        provision=name,
        setting=urn,
        setting_type=setting_type,
        kind=kind,
        easting=easting,
        northing=northing,
        low_year=rnd.choice([0, 0, 0, 5]),
        high_year=rnd.choice([6, 11, 11, 11]),
        sex=rnd.choice(["mixed"] * 6 + ["F", "M"]),
        needs=tuple(rnd.sample(_NEEDS, rnd.choice([2, 3, 3, 3]))),
        max_levels=(rnd.choice([3, 5]), 5, 5, rnd.choice([2, 5])),
        facilities=rnd.choice([(), ("hydro",)]),
        las=rnd.choice([(), (), _LAS[:2]]),
        pattern=rnd.choice(["day", "day", "day", "day", "weekly"]) if kind == "full" else "day",
        pool=f"{urn}-hours" if kind == "outreach" else f"{urn}-places",
        sessions=rnd.randrange(1, 10) if kind == "porous" else None,
        shares=(None, 1, 2, 4, 5)[easting % 5] if kind == "porous" else None,
        radius_km=rnd.choice([None, 20.0]) if kind == "outreach" else None,
    )


def _child(rnd: random.Random, name: str, settings: list[str], offers: tuple[Provision, ...]) -> Pupil:
    return pupil(
        pupil=name,
        la=rnd.choice(_LAS),
        easting=rnd.randrange(0, 30_000),
        northing=rnd.randrange(0, 30_000),
        year_group=rnd.randrange(3, 9),
        sex=rnd.choice(["", "F", "M"]),
        levels=(rnd.randrange(0, 5), rnd.randrange(0, 3), rnd.randrange(0, 3), rnd.randrange(0, 3)),
        primary_need=rnd.choice(_NEEDS),
        requirements=("hydro",) if rnd.random() < 0.1 else (),
        options=rnd.choice([("full",), ("full", "porous"), KINDS, KINDS]),
        pattern="weekly" if rnd.random() < 0.08 else "day",
        priority=rnd.randrange(1, 6),
        max_km=rnd.choice([None, None, None, 15.0, 0.0]),
        transport=rnd.random() < 0.2,
        request=rnd.choice(offers).setting if offers and rnd.random() < 0.2 else "",
        ground=rnd.choice(GROUNDS) if rnd.random() < 0.2 else "",
        wishes=tuple(rnd.sample(settings, min(len(settings), rnd.randrange(0, 5)))) if rnd.random() < 0.4 else (),
        locked=rnd.choice(offers).provision if offers and rnd.random() < 0.1 else "",
        forbidden=(rnd.choice(offers).provision,) if offers and rnd.random() < 0.2 else (),
    )


def _prices(rnd: random.Random, row: Provision) -> list[Price]:
    bands = [band for band in BANDS[1:] if rnd.random() < 0.9]
    hours = {band: rnd.randrange(1, 12) / 2 if row.kind == "outreach" else None for band in bands}
    return [
        Price(provision=row.provision, band=band, price=rnd.randrange(3_000, 60_000), hours=hours[band])
        for band in bands
    ]


@st.composite
def problems(draw: st.DrawFn, pupils: int = 5, provisions: int = 5) -> Problem:
    """Random problems of at most this size, none of either included."""
    rnd = seeded(draw(st.integers(0, 2**32)))
    return random_problem(rnd, draw(_sizes(pupils)), draw(_sizes(provisions)))


def _sizes(most: int) -> st.SearchStrategy[int]:
    """0 to `most`, most of them large: of sizes that are drawn once half are so small that nobody has an option."""
    return st.lists(st.integers(0, most), min_size=3, max_size=3).map(max)


def reordered(source: Problem, rnd: random.Random) -> Problem:
    """The same problem with the rows of every table in another order."""
    tables = ("pupils", "provisions", "pools", "prices", "budgets", "travel")
    return replace(
        source, **{name: tuple(rnd.sample(getattr(source, name), len(getattr(source, name)))) for name in tables}
    )
