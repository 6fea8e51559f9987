"""The survey holds what is published and comparable, is renewed only when something has changed, and is nobody's but
the buyers'."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.errors import NotPermitted
from marketplace.models import (
    AuditEvent,
    Band,
    Kind,
    PlacementStatus,
    PriceSchedule,
    Provision,
    Role,
    Setting,
    SettingStatus,
    Survey,
    SurveyedPrice,
    now,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.benchmarks.corridors import corridor_of
from marketplace.services.benchmarks.own import Tie, own_settings
from marketplace.services.benchmarks.places import Standpoint, standpoints
from marketplace.services.benchmarks.survey import latest_survey, make_survey, renew_survey
from marketplace.services.schedule_review import review
from marketplace.services.schedules import schedule_in_force
from pricing.corridor import Place
from tests import builders
from tests.running import running
from tests.services.benchmarks.market import ON, asking, market


def amounts(session: Session, survey: Survey) -> dict[int, int]:
    rows = session.scalars(select(SurveyedPrice).where(SurveyedPrice.survey_id == survey.id))
    return {row.setting_id: row.amount for row in rows}


def test_a_surveyed_price_is_the_one_that_the_schedules_own_page_shows(session: Session) -> None:
    builders.tariff(session)
    settings = market(session, builders.authority(session), [builders.provider(session)], 3)
    found = amounts(session, make_survey(session, SYSTEM, on=ON, at=now()))
    assert found.keys() == {setting.id for setting in settings}
    for setting in settings:
        schedule = schedule_in_force(session, setting.id, on=ON)
        assert schedule
        ((_, comparison),) = review(session, schedule).comparisons.items()
        assert found[setting.id] == comparison.like_for_like


def test_what_is_not_comparable_not_offered_not_in_force_or_closed_is_left_out(session: Session) -> None:
    builders.tariff(session)
    la, provider = builders.authority(session), builders.provider(session)
    kept = asking(session, la, provider, 3_000_000)
    incomplete = builders.provision(session, builders.pool(session, builders.setting(session, la, provider)))
    builders.schedule(session, incomplete, moderate=3_000_000)
    withdrawn = asking(session, la, provider, 3_000_000)
    session.scalars(select(Provision).where(Provision.setting_id == withdrawn.id)).one().is_offered = False
    asking(session, la, provider, 3_000_000, status=SettingStatus.CLOSED)
    porous = builders.setting(session, la, provider)
    row = builders.provision(session, builders.pool(session, porous), kind=Kind.POROUS, sessions=5)
    builders.schedule(session, row, moderate=1_000_000)
    later = builders.setting(session, la, provider)
    builders.schedule(session, builders.provision(session, builders.pool(session, later)), starts_on=date(2027, 9, 1))
    survey = make_survey(session, SYSTEM, on=ON, at=now())
    assert amounts(session, survey).keys() == {kept.id}
    assert survey.left_out == 1  # the one whose hours are not stated


def test_a_survey_is_renewed_when_something_changed_or_a_day_began_and_else_not(session: Session) -> None:
    builders.tariff(session)
    la, provider = builders.authority(session), builders.provider(session)
    asking(session, la, provider, 3_000_000)
    first = renew_survey(session, SYSTEM, on=ON)
    assert first
    assert renew_survey(session, SYSTEM, on=ON) is None
    another = asking(session, la, provider, 3_100_000)  # published
    second = renew_survey(session, SYSTEM, on=ON)
    assert second
    assert len(amounts(session, second)) == 2
    for change in ("is_offered", "type", "provider_id", "authority_id"):
        if change == "is_offered":
            session.scalars(select(Provision).where(Provision.setting_id == another.id)).one().is_offered = False
        elif change == "type":
            another.type = "nmss"  # type: ignore[assignment]
        elif change == "provider_id":
            another.provider_id = builders.provider(session).id
        else:
            another.authority_id = builders.authority(session).id
        session.flush()
        assert renew_survey(session, SYSTEM, on=ON), change
    builders.tariff(session, owner_id=la.id)
    assert renew_survey(session, SYSTEM, on=ON)
    builders.framework_in_consultation(session)  # binds nobody
    assert renew_survey(session, SYSTEM, on=ON) is None
    assert renew_survey(session, SYSTEM, on=ON + timedelta(days=1))
    assert session.scalar(select(func.count()).select_from(Survey)) == 2  # the latest, and the one a page may read
    latest = latest_survey(session)
    assert latest
    assert latest.on == ON + timedelta(days=1)
    events = session.scalars(select(AuditEvent.event)).all()
    assert events.count("prices surveyed") == 8


def test_nobody_but_the_system_makes_a_survey(session: Session) -> None:
    person = builders.acting(builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR))
    with pytest.raises(NotPermitted):
        renew_survey(session, person, on=ON)


def test_from_thirty_prices_on_there_is_a_corridor_and_an_outlier_says_which_lines_make_it(session: Session) -> None:
    builders.tariff(session)
    la = builders.authority(session)
    providers = [builders.provider(session) for _ in range(4)]
    settings = market(session, la, providers, 29)
    assert make_survey(session, SYSTEM, on=ON, at=now()).corridor is None
    dear = asking(session, la, providers[0], 9_000_000)
    survey = make_survey(session, SYSTEM, on=ON, at=now())
    corridor = corridor_of(survey)
    assert corridor
    assert (corridor.n, corridor.on) == (30, ON)
    person = builders.acting(builders.user(session, la, Role.COMMISSIONER))
    point = standing_of(session, survey, dear, person)
    assert point.outlier
    assert (point.place, point.outlier.place) == (Place.ABOVE, Place.ABOVE)
    assert point.outlier.lines[0].label == "Core education, less the band's price"
    assert point.peers
    assert (point.peers.area, point.peers.settings, point.peers.dearer) == (la.name, 21, 0)  # not the provider's own 8
    usual = standing_of(session, survey, settings[15], person)
    assert (usual.place, usual.outlier) == (Place.WITHIN, None)
    assert len(usual.near) == 23  # not the 7 of its provider
    assert len(usual.own) == 29


def standing_of(session: Session, survey: Survey, setting: Setting, person: Actor) -> Standpoint:
    schedule = schedule_in_force(session, setting.id, on=ON)
    assert isinstance(schedule, PriceSchedule)
    (point,) = standpoints(session, survey, review(session, schedule), own=own_settings(session, person))
    assert point.band is Band.MODERATE
    return point


def test_too_few_peers_near_by_are_looked_for_in_the_region_and_in_england(session: Session) -> None:
    builders.tariff(session)
    region = builders.region(session)
    here, beside, far = (builders.authority(session, each) for each in (region, region, builders.region(session)))
    providers = [builders.provider(session) for _ in range(3)]
    setting = asking(session, here, builders.provider(session), 3_000_000)
    market(session, here, providers, 4)
    market(session, far, providers, 1)
    person = builders.acting(builders.user(session, here, Role.COMMISSIONER))
    point = standing_of(session, make_survey(session, SYSTEM, on=ON, at=now()), setting, person)
    assert point.peers
    assert (point.peers.area, point.peers.widened) == ("England", (here.name, region.name))
    market(session, beside, providers, 1)
    point = standing_of(session, make_survey(session, SYSTEM, on=ON, at=now()), setting, person)
    assert point.peers
    assert (point.peers.area, point.peers.widened) == (region.name, (here.name,))
    assert len(point.near) == 5


def test_a_setting_where_a_pupil_of_ones_own_is_placed_is_ones_own_until_the_placement_ends(session: Session) -> None:
    case = running(session)
    person = case.commissioner
    assert own_settings(session, person).ties == {case.setting.id: {Tie.AREA, Tie.PLACED}}
    assert len(own_settings(session, person).settings()) == 1  # marked once, however many ties bind it
    elsewhere = builders.acting(builders.user(session, builders.authority(session), Role.COMMISSIONER))
    assert own_settings(session, elsewhere).ties == {}
    case.placement.status, case.placement.ends_on = PlacementStatus.ENDED, case.placement.starts_on
    session.flush()
    assert own_settings(session, person).counts["placed"] == 0


def test_an_las_own_settings_are_those_in_its_area_in_its_placements_and_fixed_for_its_pupils_by_an_order(
    session: Session,
) -> None:
    region = builders.region(session)
    mine, other = builders.authority(session, region), builders.authority(session, region)
    provider = builders.provider(session)
    near, far, others, placed, twin = (
        asking(session, la, provider, 3_000_000, **named)
        for la, named in (
            (mine, {}),
            (other, {}),
            (other, {}),
            (other, {"name": "Elm School"}),
            (other, {"name": "Oak"}),
        )
    )
    asking(session, other, provider, 3_000_000, name="Oak")
    rows = [
        builders.placement(f"P{number}", setting=setting, price=50_000)
        for number, setting in enumerate([str(far.urn), "Elm School", "Oak", "Unheard of"])
    ]
    builders.placement_set(session, mine, rows)
    builders.placement_set(session, other, [builders.placement("P", setting=str(others.urn), price=50_000)])
    fixed = session.scalars(select(Provision).where(Provision.setting_id == far.id)).one()
    builders.need(session, mine, locked_id=fixed.id)
    ended = session.scalars(select(Provision).where(Provision.setting_id == others.id)).one()
    builders.need(session, mine, locked_id=ended.id, status="withdrawn")
    person = builders.acting(builders.user(session, mine, Role.COMMISSIONER))
    own = own_settings(session, person)
    assert own.ties == {near.id: {Tie.AREA}, far.id: {Tie.ORDER, Tie.PLACEMENT}, placed.id: {Tie.PLACEMENT}}
    assert twin.id not in own.ties  # two settings are called so
    assert own.counts == {"area": 1, "placement": 2, "placed": 0, "order": 1}
    assert own.authorities == {mine.id}
    of_region = builders.acting(builders.user(session, region, Role.PROCUREMENT))
    assert {near.id, far.id, others.id} <= own_settings(session, of_region).settings(Tie.AREA)
    operator = builders.acting(builders.user(session, builders.operator(session), Role.ADMINISTRATOR))
    assert own_settings(session, operator).ties == {}
