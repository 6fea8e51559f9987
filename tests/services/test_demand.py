"""What a provider is told of demand: whole groups of five or more, from which nobody can be taken out."""

import time
from collections.abc import Sequence
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.errors import NotFound, NotPermitted
from marketplace.models import (
    Authority,
    ConsultationStatus,
    Demand,
    Dimension,
    Need,
    NeedStatus,
    Provider,
    Role,
    Setting,
    SettingStatus,
)
from marketplace.permissions import SYSTEM
from marketplace.services import demand
from marketplace.services.demand import demand_of, providers_to_tell, settings_told, tell_provider
from marketplace.services.demand_groups import REACHES, WIDEST, counts_within, kinds_to_tell, lying_together
from marketplace.services.small_groups import FEWEST
from tests import builders, commissioning

ON, LATER, NEXT = date(2026, 11, 3), date(2026, 11, 30), date(2026, 12, 1)
HERE = (400_000, 300_000)
POINTS = st.lists(st.tuples(st.integers(-60_000, 60_000), st.integers(-60_000, 60_000)), max_size=60)


def spots(points: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.array(points, dtype=float).reshape(-1, 2)


# ---- groups


@given(points=POINTS)
def test_every_need_is_in_one_group_of_five_to_nine(points: list[tuple[int, int]]) -> None:
    groups = lying_together(spots(points) / 10)  # none of them spread too wide
    members = sorted(at for group in groups for at in group.members)
    assert members == (list(range(len(points))) if len(points) >= FEWEST else [])
    assert all(FEWEST <= len(group.members) < 2 * FEWEST for group in groups)


@given(points=st.lists(st.just((0, 0)), max_size=30))
def test_needs_at_one_place_are_grouped_as_well(points: list[tuple[int, int]]) -> None:
    assert sum(len(group.members) for group in lying_together(spots(points))) in {0, len(points)}


@given(
    points=POINTS,
    places=st.lists(st.tuples(st.integers(-9_000, 9_000), st.integers(-9_000, 9_000)), min_size=2, max_size=4),
)
def test_no_difference_of_two_figures_is_about_fewer_than_five(
    points: list[tuple[int, int]], places: list[tuple[int, int]]
) -> None:
    """By whatever distance, at whatever settings: who takes one from the other is left with nobody, or with five."""
    groups = lying_together(spots(points))
    counted = []
    for easting, northing in places:
        for reach in (0, *REACHES):
            within = [g for g in groups if np.hypot(g.easting - easting, g.northing - northing) <= 1000 * reach]
            counted.append({at for group in within for at in group.members})
            if reach:
                told = counts_within(groups, easting, northing)
                assert all(amount >= FEWEST and amount % FEWEST == 0 for amount in told.values())
    for first, second in combinations(counted, 2):
        for left in (first - second, second - first, first & second):
            assert not left or len(left) >= FEWEST


@given(codes=st.lists(st.sampled_from("ABCDEFG"), max_size=60))
def test_no_kind_of_fewer_than_five_is_told_or_left_when_the_others_are_taken_away(codes: list[str]) -> None:
    kinds = kinds_to_tell(codes)
    assert sorted(code for kind in kinds for code in kind) == sorted(set(codes))
    sizes = [sum(code in kind for code in codes) for kind in kinds]
    assert all(size >= FEWEST for size in sizes) or len(codes) < FEWEST


@given(points=POINTS)
def test_a_group_is_nowhere_counted_far_from_its_needs(points: list[tuple[int, int]]) -> None:
    where = spots(points)
    for group in lying_together(where):
        middle = where[list(group.members)].mean(axis=0)
        assert np.allclose(middle, (group.easting, group.northing))
        assert np.hypot(*(where[list(group.members)] - middle).T).max() <= WIDEST


def test_fifty_thousand_needs_are_grouped_in_seconds() -> None:
    where = np.random.default_rng(1).uniform(0, 500_000, (50_000, 2))
    began = time.process_time()
    groups = lying_together(where)
    assert time.process_time() - began < 10
    assert len(groups) > 50_000 / 10


# ---- in the marketplace


def provider_here(
    session: Session, *at: tuple[int, int], authority: Authority | None = None
) -> tuple[Provider, list[Setting]]:
    provider, la = builders.provider(session), authority or builders.authority(session)
    return provider, [
        builders.setting(session, la, provider, easting=easting, northing=northing)
        for easting, northing in at or [HERE]
    ]


def post(session: Session, authority: Authority, count: int, *, km: float = 5, **fields: object) -> list[Need]:
    """So many needs a few metres apart, so many km east of HERE."""
    framework = builders.framework(session)
    return [
        builders.need(
            session, authority, framework, **{"easting": HERE[0] + int(km * 1000) + n, "northing": HERE[1], **fields}
        )
        for n in range(count)
    ]


def work(session: Session, *, on: date) -> int:
    """Tell every provider that is to be told; how many were."""
    due = providers_to_tell(session, on=on)
    return sum(tell_provider(session, SYSTEM, provider_id=each, on=on) > 0 for each in due)


def told(session: Session, setting: Setting) -> dict[tuple[str, str], dict[int, int]]:
    """What is told of a setting: by dimension and kind, the amounts by reach."""
    session.expire_all()
    row = session.scalars(select(Demand).where(Demand.setting_id == setting.id)).one()
    found: dict[tuple[str, str], dict[int, int]] = {}
    for count in row.counts:
        found.setdefault((count.dimension.value, ",".join(count.codes)), {})[count.reach] = count.amount
    return found


def test_needs_are_told_by_need_level_and_year_group_at_their_distances(session: Session) -> None:
    _, (setting,) = provider_here(session)
    la = builders.authority(session)
    post(session, la, 12)  # ASD, intensive, year 8
    post(session, la, 6, km=20, primary_need="SEMH", level_semh=4, year_group=12)
    post(session, la, 5, km=40, primary_need="SEMH", level_ci=5, year_group=0)
    post(session, la, 5, km=60)
    assert work(session, on=ON) == 1
    assert told(session, setting) == {
        ("all", "all"): {10: 10, 25: 5, 50: 5},
        ("need", "ASD"): {10: 10},
        ("need", "SEMH"): {25: 5, 50: 5},
        ("level", "3"): {10: 10},
        ("level", "4"): {25: 5},
        ("level", "5"): {50: 5},
        ("years", "early"): {50: 5},
        ("years", "lower"): {10: 10},
        ("years", "post_16"): {25: 5},
    }


def test_needs_of_every_open_status_count_and_no_others(session: Session) -> None:
    _, (setting,) = provider_here(session)
    la = builders.authority(session)
    for status in (NeedStatus.PUBLISHED, NeedStatus.CONSULTING, NeedStatus.OFFERED):
        post(session, la, 5, status=status)
    for status in (NeedStatus.DRAFT, NeedStatus.PLACED, NeedStatus.WITHDRAWN):
        post(session, la, 5, status=status)
    work(session, on=ON)
    assert told(session, setting)["all", "all"] == {10: 15}


def test_four_needs_are_told_of_nowhere(session: Session) -> None:
    _, (setting,) = provider_here(session)
    post(session, builders.authority(session), 4)
    work(session, on=ON)
    assert told(session, setting) == {}


def test_a_kind_of_fewer_than_five_is_told_with_the_next_smallest_only(session: Session) -> None:
    _, (setting,) = provider_here(session)
    la = builders.authority(session)
    for code, count in (("ASD", 11), ("SEMH", 7), ("MSI", 1)):
        post(session, la, count, primary_need=code)
    work(session, on=ON)
    kinds = {kind for dimension, kind in told(session, setting) if dimension == "need"}
    assert kinds == {"ASD", "MSI,SEMH"}


def test_who_is_known_singly_is_not_counted_and_cannot_be_taken_away(session: Session) -> None:
    """Four of five are consulted about: the fifth must not be what is left of a figure."""
    provider, (setting,) = provider_here(session)
    provision = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, provision)
    la = builders.authority(session)
    needs = post(session, la, 5)
    for need, status in zip(
        needs, (ConsultationStatus.SENT, ConsultationStatus.WITHDRAWN, ConsultationStatus.CLOSED), strict=False
    ):
        commissioning.consultation(session, need, provision, status=status)
    placed = commissioning.placement(session, commissioning.award(session, needs[3], provision))
    assert placed.provider_id == provider.id
    _, (neighbour,) = provider_here(session)
    work(session, on=ON)
    assert told(session, setting) == {}
    assert told(session, neighbour)["all", "all"] == {10: 5}
    post(session, la, 4)
    work(session, on=NEXT)
    assert told(session, setting)["all", "all"] == {10: 5}
    assert told(session, neighbour)["all", "all"] == {10: 10}


def test_once_told_a_figure_stays_until_the_month_is_over(session: Session) -> None:
    provider, (setting,) = provider_here(session)
    la = builders.authority(session)
    post(session, la, 5)
    assert work(session, on=ON) == 1
    post(session, la, 5)
    gained = builders.setting(session, la, provider, easting=HERE[0], northing=HERE[1])
    for day in (ON, LATER):
        assert work(session, on=day) == 0
    assert told(session, setting)["all", "all"] == {10: 5}
    actor = builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR))
    assert demand_of(session, actor, setting_id=gained.id)[1:] == (None, True), "its turn is next month"
    assert work(session, on=NEXT) == 1
    for each in (setting, gained):
        assert told(session, each)["all", "all"] == {10: 10}


def test_settings_of_one_provider_count_the_same_groups(session: Session) -> None:
    """Two settings a kilometre apart, whose circles differ by one need: their figures do not tell of it."""
    la = builders.authority(session)
    _, (first, second) = provider_here(session, HERE, (HERE[0] + 1_000, HERE[1]))
    post(session, la, 9, km=0)
    post(session, la, 1, km=10.5)
    work(session, on=ON)
    assert told(session, first) == told(session, second)


def test_every_provider_with_an_open_setting_is_told_once(session: Session) -> None:
    la = builders.authority(session)
    providers, settings = zip(*(provider_here(session, authority=la) for _ in range(3)), strict=True)
    builders.setting(session, la, None)  # nobody answers for it
    provider_here(session, authority=la)[1][0].status = SettingStatus.CLOSED
    post(session, la, 5)
    assert providers_to_tell(session, on=ON) == [row.id for row in providers]
    assert work(session, on=ON) == 3
    assert providers_to_tell(session, on=ON) == []
    assert tell_provider(session, SYSTEM, provider_id=providers[0].id, on=ON) == 0
    told_of = session.scalars(select(Demand.setting_id).order_by(Demand.id)).all()
    assert told_of == [row.id for (row,) in settings]


def test_of_two_workers_one_tells(database: Engine) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        provider, _ = provider_here(session)
    with transaction(SYSTEM) as first, transaction(SYSTEM) as second:
        assert tell_provider(first, SYSTEM, provider_id=provider.id, on=ON) == 1
        assert tell_provider(second, SYSTEM, provider_id=provider.id, on=ON) == 0


def test_needs_beyond_a_hundred_km_of_all_settings_are_not_looked_at(session: Session) -> None:
    """They would only be grouped with those that are near."""
    _, (setting,) = provider_here(session)
    la = builders.authority(session)
    post(session, la, 3)
    post(session, la, 2, km=101, northing=HERE[1] - 5_000)
    work(session, on=ON)
    assert told(session, setting) == {}


def test_a_provider_is_told_of_its_own_settings_only(session: Session) -> None:
    provider, (setting,) = provider_here(session)
    _, (other,) = provider_here(session)
    work(session, on=ON)
    actor = builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR))
    assert [row.id for row, _ in settings_told(session, provider.id)] == [setting.id]
    assert demand_of(session, actor, setting_id=setting.id)[0] is setting
    for foreign in (other.id, 10**9):
        with pytest.raises(NotFound):
            demand_of(session, actor, setting_id=foreign)
    with pytest.raises(NotPermitted):
        tell_provider(session, actor, provider_id=provider.id, on=NEXT)


def test_every_year_group_lies_in_one_band_that_has_words() -> None:
    assert sorted(year for years in demand.YEAR_BANDS.values() for year in years) == sorted(vocabulary.YEAR_GROUPS)
    assert demand.YEAR_BANDS.keys() == vocabulary.YEAR_BANDS.keys()
    assert {each.value for each in Dimension} == vocabulary.DIMENSIONS.keys()
