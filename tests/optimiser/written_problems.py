"""Problems of every shape that files can hold, for round trips; nothing here needs to solve."""

from dataclasses import replace

from hypothesis import strategies as st

from optimiser.problem import (
    BANDS,
    GROUNDS,
    KINDS,
    PATTERNS,
    PRIMARY_NEEDS,
    Budget,
    Policy,
    Pool,
    Price,
    Problem,
    Provision,
    Pupil,
    Travel,
)

words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters=";", categories="LNPSZ"), min_size=1
)
ids = words.map(str.strip).filter(lambda word: word.isprintable() and len(word) > 0)
numbers = st.floats(0, 1000, allow_nan=False)
easting, northing = st.integers(0, 700_000), st.integers(0, 1_300_000)
levels = st.tuples(*[st.integers(0, 5)] * 4)


def lists(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(items, max_size=3, unique=True).map(tuple)


def consistent(problem: Problem) -> Problem:
    """The problem without its references to settings that offer nothing, which files may not hold."""
    offering = {row.setting for row in problem.provisions}
    pupils = (
        replace(
            row,
            request=row.request if row.request in offering else "",
            wishes=tuple(wish for wish in row.wishes if wish in offering),
        )
        for row in problem.pupils
    )
    travel = (row for row in problem.travel if row.setting in offering)
    return replace(problem, pupils=tuple(pupils), travel=tuple(travel))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Small problems in which every column takes every kind of value, and texts look as bad as they may."""
    provisions, pools, prices = [], [], []
    for setting in draw(st.lists(ids, min_size=1, max_size=3, unique=True)):
        where, kind_of_setting = (draw(easting), draw(northing)), draw(st.sampled_from(("ap", "independent")))
        for kind in draw(st.lists(st.sampled_from(KINDS), unique=True)):
            pool, provision = f"{setting}{kind}", f"{kind}{setting}"
            is_outreach = kind == "outreach"
            amount = draw(numbers) if is_outreach else float(draw(st.integers(0, 99)))
            pools.append(Pool(pool=pool, setting=setting, unit="hours" if is_outreach else "places", amount=amount))
            low = draw(st.integers(-1, 14))
            provisions.append(
                Provision(
                    provision=provision, setting=setting, provider=draw(ids), setting_type=kind_of_setting, kind=kind,
                    easting=where[0], northing=where[1], low_year=low, high_year=draw(st.integers(low, 14)),
                    needs=draw(lists(st.sampled_from(PRIMARY_NEEDS)).filter(len)), max_levels=draw(levels), pool=pool,
                    pattern=draw(st.sampled_from(PATTERNS)) if kind == "full" else "day",
                    sex=draw(st.sampled_from(("mixed", "F", "M"))), facilities=draw(lists(ids)),
                    las=draw(lists(st.from_regex(r"\A[0-9]{3}\Z"))),
                    sessions=draw(st.integers(1, 9)) if kind == "porous" else None,
                    radius_km=draw(st.none() | numbers) if is_outreach else None,
                )
            )  # fmt: skip
            for band in draw(lists(st.sampled_from(BANDS[1:]))):
                hours = draw(st.floats(0.1, 40)) if is_outreach else None
                price = draw(st.integers(0, 400_000))
                prices.append(Price(provision=provision, band=band, price=price, hours=hours))
    names = [row.provision for row in provisions]
    settings = sorted({row.setting for row in provisions})
    some_provisions = lists(st.sampled_from(names)) if names else st.just(())
    some_settings = lists(st.sampled_from(settings)) if settings else st.just(())
    pupils = [
        Pupil(
            pupil=name, la=draw(st.from_regex(r"\A[0-9]{3}\Z")), easting=draw(easting), northing=draw(northing),
            year_group=draw(st.integers(-1, 14)), levels=draw(levels),
            primary_need=draw(st.sampled_from(PRIMARY_NEEDS)), sex=draw(st.sampled_from(("", "F", "M"))),
            secondary_needs=draw(lists(st.sampled_from(PRIMARY_NEEDS))),
            requirements=draw(lists(ids)), options=draw(lists(st.sampled_from(KINDS)).filter(len)),
            pattern=draw(st.sampled_from(PATTERNS)), priority=draw(st.integers(1, 5)),
            max_km=draw(st.none() | numbers), transport=draw(st.booleans()), wishes=draw(some_settings),
            request=draw(st.sampled_from(["", *settings])), ground=draw(st.sampled_from(["", *GROUNDS])),
            locked=draw(st.sampled_from(["", *names])), forbidden=draw(some_provisions),
        )
        for name in draw(st.lists(ids, max_size=3, unique=True))
    ]  # fmt: skip
    budgets = draw(st.dictionaries(st.from_regex(r"\A[0-9]{3}\Z"), st.integers(0, 10**9), max_size=2))
    pairs = [(pupil.pupil, setting) for pupil in pupils for setting in settings if draw(st.booleans())]
    return Problem(
        pupils=tuple(pupils), provisions=tuple(provisions), pools=tuple(pools), prices=tuple(prices),
        budgets=tuple(Budget(la=la, budget=budget) for la, budget in budgets.items()),
        travel=tuple(Travel(pupil=pupil, setting=setting, km=draw(numbers)) for pupil, setting in pairs),
        policy=Policy(max_km=draw(numbers), co_occurrence=draw(st.booleans()), bound_gap=draw(st.floats(0, 1))),
    )  # fmt: skip
