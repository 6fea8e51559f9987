"""What a framework would change: counted over the needs that a person may know of, and never a group of few."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import Band, Framework, Need, NeedStatus
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.band_changes import ORDER, band_changes, band_of_each_profile, told
from marketplace.services.frameworks import rule
from marketplace.services.small_groups import FEWEST
from pricing.profile import NeedsProfile, band_for
from tests import builders

COUNTS = st.dictionaries(st.tuples(st.sampled_from(ORDER), st.sampled_from(ORDER)), st.integers(1, 30), max_size=12)
TWO_AREAS = {"level_ci": 3, "level_cl": 3, "derived_band": Band.PROFOUND}  # one band less without co-occurrence


@given(counts=COUNTS)
def test_no_group_of_few_is_shown_and_all_sum_to_the_total(
    counts: dict[tuple[Band | None, Band | None], int],
) -> None:
    found = told(list(counts.items()))
    if sum(counts.values()) < FEWEST:
        assert (found.needs, found.shown, found.together, found.count) == (None, (), (), 0)
        return
    assert found.needs == sum(counts.values()) == sum(needs for _, needs in found.shown) + found.count
    assert all(needs >= FEWEST and counts[cell] == needs for cell, needs in found.shown)
    assert {*found.together, *(cell for cell, _ in found.shown)} == set(counts)
    if found.together:
        assert found.count >= FEWEST
        assert len(found.together) > 1
    order = [[ORDER.index(band) for band in cell] for cell, _ in found.shown]
    assert all(first < second for first, second in pairwise(order))
    changed = sum(needs for (before, after), needs in counts.items() if before is not after)
    assert found.changed <= changed <= found.changed + found.count
    assert found.is_exact <= (found.changed == changed)


def test_the_bands_of_all_profiles_stand_where_the_count_looks_for_them(session: Session) -> None:
    framework = rule(builders.framework(session))
    bands = band_of_each_profile(framework)
    assert len(bands) == 6**4
    for profile in (NeedsProfile(0, 0, 0, 0), NeedsProfile(3, 1, 0, 2), NeedsProfile(1, 4, 4, 5)):
        place = 216 * profile.ci + 36 * profile.cl + 6 * profile.semh + profile.sp
        assert bands[place] == band_for(profile, framework).band


@pytest.fixture
def proposed(database: Engine) -> tuple[int, dict[str, Actor]]:  # noqa: ARG001
    """A framework without co-occurrence; two LAs of a region with needs of two intensive areas: six, and seven."""
    with transaction(SYSTEM) as session:
        region = builders.region(session)
        las = [builders.authority(session, region) for _ in range(2)]
        builders.framework(session)
        for la, many in zip(las, (6, 7), strict=True):
            for _ in range(many):
                builders.need(session, la, **TWO_AREAS)
        for _ in range(5):
            builders.need(session, las[0], band_override=Band.EXCEPTIONAL, band_override_reason="Seen", **TWO_AREAS)
        builders.need(session, las[0], status=NeedStatus.DRAFT, **TWO_AREAS)
        builders.need(session, las[0], status=NeedStatus.WITHDRAWN, **TWO_AREAS)
        far = builders.authority(session)
        for level in range(6):
            band = [None, *Band][level]
            levels = {"level_ci": level, "level_cl": 0, "level_semh": 0, "level_sp": 0}
            for _ in range(5):
                builders.need(session, far, derived_band=band, **levels)
        row = builders.framework_in_consultation(session)
        owners = {"la": las[0], "region": region, "far": far, "provider": builders.provider(session)}
        actors = {name: Actor(scope=owner.kind.value, organisation_id=owner.id) for name, owner in owners.items()}
        actors["operator"] = Actor(scope="operator", organisation_id=builders.operator(session).id)
        return row.id, actors


LESS, STAYS = (Band.PROFOUND, Band.INTENSIVE), (Band.EXCEPTIONAL, Band.EXCEPTIONAL)


@pytest.mark.parametrize(
    ("reader", "needs", "shown"),
    [
        ("la", 11, {LESS: 6, STAYS: 5}),
        ("region", 18, {LESS: 13, STAYS: 5}),
        ("far", 30, {(band, band): 5 for band in ORDER}),
        ("operator", 48, {**{(band, band): 5 for band in ORDER}, LESS: 13, STAYS: 10}),
        ("provider", None, {}),
    ],
)
def test_each_reader_learns_of_its_own_needs_and_the_operator_the_sum_over_all(
    proposed: tuple[int, dict[str, Actor]],
    reader: str,
    needs: int | None,
    shown: dict[tuple[Band | None, Band | None], int],
) -> None:
    framework_id, actors = proposed
    with transaction(actors[reader]) as session:
        found = band_changes(session, session.get_one(Framework, framework_id))
        assert (found.needs, dict(found.shown)) == (needs, shown)
        if reader == "operator":
            assert session.scalar(select(func.count()).select_from(Need)) == 0
