"""The demonstration region: whole, valid, the same each time, and about nothing real."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

import pricing.schedule
from marketplace import db
from marketplace.models import (
    AuditEvent,
    Authority,
    Award,
    AwardStatus,
    Band,
    Budget,
    Consultation,
    ConsultationStatus,
    EventKind,
    Ground,
    HomeArea,
    Kind,
    LedgerLine,
    Need,
    NeedStatus,
    Organisation,
    OrganisationKind,
    Pattern,
    Placement,
    PlacementStatus,
    PriceSchedule,
    Provision,
    ReintegrationPlan,
    ScheduleStatus,
    Setting,
    SettingType,
    Stance,
    Tariff,
    TariffComment,
    TariffStatus,
    Unit,
    Uplift,
    UpliftStatus,
    User,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.schemas.needs import ReferenceField
from marketplace.services import law
from marketplace.services.band_changes import band_changes
from marketplace.services.demonstration import build_demonstration, names, places
from marketplace.services.demonstration.supply import terms_of
from marketplace.services.frameworks import framework_in_force, list_frameworks, rule
from marketplace.services.letters import set_letter
from marketplace.services.needs import missing_answers
from marketplace.services.people import ROLES, actor_of
from marketplace.services.schedule_review import review
from marketplace.services.schedules import priced
from marketplace.services.tariffs import list_tariffs
from marketplace.services.uplift_assessment import assess
from marketplace.services.verify import verify
from marketplace.web.coordinates import latitude_longitude
from pricing.profile import NeedsProfile, band_for

ON = date(2026, 11, 24)
REAL = Path(os.environ.get("MARKETPLACE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))


class Given(Exception):
    """Gives up the transaction."""


@pytest.fixture(scope="module")
def region(application: Engine) -> Iterator[Session]:
    """The session in which the demonstration has been built; it is given up at the end, and nothing is kept."""
    db.configure(application)
    with suppress(Given), db.transaction(SYSTEM) as session:
        build_demonstration(session, SYSTEM, on=ON)
        yield session
        raise Given


def test_the_region_has_its_authorities_settings_and_pupils(region: Session) -> None:
    authorities = region.scalars(select(Authority)).all()
    assert (len(authorities), {row.region.name for row in authorities}) == (6, {names.REGION})
    assert all(row.boundary for row in authorities)
    settings = Counter(region.scalars(select(Setting.type)))
    assert (sum(settings.values()), set(settings)) == (60, set(SettingType))
    needs = region.scalars(select(Need)).all()
    assert (len(needs), {need.status for need in needs}) == (600, set(NeedStatus) - {NeedStatus.WITHDRAWN})
    assert {need.authority.code for need in needs} == set(names.AUTHORITIES)
    assert len(region.scalars(select(HomeArea)).all()) == 36


def test_every_kind_pattern_and_band_is_offered_and_asked_for(region: Session) -> None:
    provisions = region.scalars(select(Provision)).all()
    assert {row.kind for row in provisions} == set(Kind)
    assert {row.pattern for row in provisions} == set(Pattern)
    assert {row.pool.unit for row in provisions} == set(Unit)
    assert any(row.las for row in provisions)
    needs = region.scalars(select(Need).where(Need.status == NeedStatus.PUBLISHED)).all()
    assert {kind for need in needs for kind in need.kinds} == {kind.value for kind in Kind}
    assert {need.pattern for need in needs} == set(Pattern)
    assert {need.band for need in needs} == {None, *Band}
    assert {need.ground for need in needs} == {None, *Ground}
    for has_some in ("wishes", "locked_id", "forbidden", "band_override", "max_km", "requirements", "home_area"):
        assert any(getattr(need, has_some) for need in needs), has_some
    assert any(need.request and not need.ground for need in needs)
    drafts = region.scalars(select(Need).where(Need.status == NeedStatus.DRAFT)).all()
    assert any(missing_answers(need) for need in drafts)
    assert any(not missing_answers(need) for need in drafts)


def test_places_open_now_and_with_the_coming_term(region: Session) -> None:
    terms = terms_of(ON)
    assert (terms.started, terms.coming) == (date(2026, 9, 1), date(2027, 1, 4))
    assert set(region.scalars(select(Vacancy.starts_on))) == {terms.started, terms.coming}


@pytest.mark.parametrize(
    ("on", "started", "coming"),
    [
        (date(2026, 8, 31), date(2025, 9, 1), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 9, 1), date(2027, 1, 4)),
        (date(2027, 1, 4), date(2026, 9, 1), date(2027, 4, 15)),
        (date(2028, 2, 29), date(2027, 9, 1), date(2028, 4, 15)),
        (date(2026, 12, 31), date(2026, 9, 1), date(2027, 1, 4)),
    ],
)
def test_the_terms_are_those_of_the_day(on: date, started: date, coming: date) -> None:
    terms = terms_of(on)
    assert (terms.started, terms.coming) == (started, coming)


def test_every_need_is_one_that_a_commissioner_could_have_posted(region: Session) -> None:
    framework = rule(framework_in_force(region, on=ON))
    for need in region.scalars(select(Need)):
        decision = band_for(NeedsProfile(*need.levels), framework)
        assert (need.derived_band, tuple(need.band_reasons)) == (decision.band, decision.reasons)
        assert ReferenceField().deserialize(need.reference) == need.reference
        assert need.kinds == [kind for kind in ("full", "porous", "outreach") if kind in need.kinds]
        assert need.primary_need not in need.secondary_needs
        assert need.ground is None or need.request is not None
        assert need.request is None or need.ground in {None, *law.test_of(need.request.type).grounds}
        if need.status is NeedStatus.PUBLISHED:
            assert missing_answers(need) == {}
        if need.home_area:
            area = region.get_one(HomeArea, need.home_area)
            assert (need.easting, need.northing) == (area.easting, area.northing)


def test_every_price_schedule_could_have_been_published(region: Session) -> None:
    schedules = region.scalars(select(PriceSchedule)).all()
    statuses = Counter(row.status for row in schedules)
    assert statuses == {ScheduleStatus.SUPERSEDED: 60, ScheduleStatus.PUBLISHED: 60}
    parts = set()
    for row in schedules:
        schedule = priced(row)
        assert pricing.schedule.errors(schedule) == []
        parts |= {line.part.value for line in row.lines}
    assert parts == {"core", "therapy", "one_to_one", "residential"}


def test_a_higher_band_never_costs_less_within_a_provision_by_much(region: Session) -> None:
    for row in region.scalars(select(PriceSchedule).where(PriceSchedule.status == ScheduleStatus.PUBLISHED)):
        by_provision: dict[str, list[int]] = {}
        for price in priced(row).prices:
            by_provision.setdefault(price.provision, []).append(price.annual_fee)
        for fees in by_provision.values():
            assert all(low < high for low, high in pairwise(fees))


def test_what_can_be_compared_like_for_like_and_what_leaves_its_hours_unsaid_are_both_there(region: Session) -> None:
    found = Counter(
        (row.setting.type is SettingType.AP, bool(comparison.missing))
        for row in region.scalars(select(PriceSchedule).where(PriceSchedule.status == ScheduleStatus.PUBLISHED))
        for comparison in review(region, row).comparisons.values()
    )
    assert set(found) == {(False, False), (True, True)}


def test_some_budgets_are_short_and_one_authority_has_no_limit(region: Session) -> None:
    assert len(region.scalars(select(Budget)).all()) == 5


def test_requests_for_other_prices_stand_at_different_stages_each_as_its_people_could_have_left_it(
    region: Session,
) -> None:
    rows = region.scalars(select(Uplift).order_by(Uplift.id)).all()
    assert Counter(row.status for row in rows) == {UpliftStatus.AGREED: 1, UpliftStatus.NEGOTIATING: 2}
    for row in rows:
        found = assess(region, row.id)
        assert found.blend is not None
        assert found.total is not None
        assert (found.total.placements or 0) > 10
        assert set(row.authority_ids) == {count.authority_id for count in row.counts}
        assert row.turn_id in {row.link_id, None}
    agreed = next(row for row in rows if row.status is UpliftStatus.AGREED)
    assert [answer.is_accepted for answer in agreed.answers] == [True, False, None, None]
    assert agreed.answer_by is not None
    assert agreed.answer_by < ON
    assert set_letter(agreed.agreement).startswith(b"%PDF")  # type: ignore[arg-type]


def test_settings_have_replied_in_every_way_and_some_are_silent_past_the_day(region: Session) -> None:
    rows = region.scalars(select(Consultation)).all()
    assert {row.status for row in rows} == set(ConsultationStatus) - {ConsultationStatus.WITHDRAWN}
    silent = [row for row in rows if row.status is ConsultationStatus.SENT]
    assert {(row.due_on < ON, row.seen_at is None) for row in silent} >= {(True, True), (True, False), (False, True)}
    offers = [row.offer for row in rows if row.offer]
    assert {(offer.held_until is not None, bool(offer.variation)) for offer in offers} >= {(True, False), (False, True)}
    assert max(len(row.reasons) for row in rows) == 2


def test_an_award_waits_and_placements_run_with_what_has_happened_to_them(region: Session) -> None:
    statuses = Counter(region.scalars(select(Award.status)))
    assert statuses == {AwardStatus.PROPOSED: 1, AwardStatus.MADE: 6}
    placements = region.scalars(select(Placement)).all()
    assert Counter(row.status for row in placements) == {PlacementStatus.STARTED: 5, PlacementStatus.AGREED: 1}
    events = Counter(kind for row in placements for kind in (event.kind for event in row.events))
    assert events == {EventKind.AWARDED: 6, EventKind.STARTED: 5, EventKind.VARIED: 2, EventKind.NOTICE_GIVEN: 2}
    back = region.scalars(select(ReintegrationPlan)).one()  # in alternative provision, whose last day is one notice
    assert back.placement.ends_on == back.ends_on
    assert {row.year for row in region.scalars(select(LedgerLine))} == {2026, 2027}


def test_all_that_is_kept_holds_and_nothing_happened_later_than_the_day(region: Session) -> None:
    region.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # as the end of the transaction would
    assert [found for found in verify(region) if found.rows] == []
    assert max(region.scalars(select(AuditEvent.at))).date() < ON


def test_the_tariff_is_illustrative_and_knows_the_fictional_authorities_only(region: Session) -> None:
    assert all(region.scalars(select(Tariff.is_illustrative)))
    tariff = region.scalars(select(Tariff).where(Tariff.status == TariffStatus.ADOPTED)).one()
    assert set(tariff.content["area"]) == set(names.AUTHORITIES)
    assert tariff.starts_on <= ON.replace(year=ON.year - 1, month=9, day=1)


def test_a_regions_tariff_is_in_consultation_one_waits_to_be_adopted_and_one_is_a_draft(region: Session) -> None:
    people = [
        region.scalars(select(User).join(User.organisation).where(Organisation.name == name)).first()
        for name in (names.REGION, "Estermere", "Aldermouth")
    ]
    lists = [list_tariffs(region, actor_of(person), on=ON) for person in people if person]
    assert [len(found) for found in (lists[0].consulting, lists[1].decide, lists[2].drafts)] == [1, 1, 1]
    said = Counter(row.stance for row in region.scalars(select(TariffComment)))
    assert set(said) == set(Stance)


def test_the_next_framework_is_in_consultation_and_would_change_some_bands(region: Session) -> None:
    operator = region.scalars(select(User).join(User.organisation).where(Organisation.kind == "operator")).first()
    assert operator is not None
    (row,) = list_frameworks(region, actor_of(operator), on=ON).consulting
    found = band_changes(region, row)
    assert found.needs is not None
    assert found.changed > 0


def test_every_role_of_every_organisation_has_an_account(region: Session) -> None:
    held = {(user.organisation.id, role) for user in region.scalars(select(User)) for role in user.roles}
    due = {(row.id, role) for row in region.scalars(select(Organisation)) for role in ROLES[row.kind]}
    assert held == due
    assert {row.kind for row in region.scalars(select(Organisation))} == set(OrganisationKind)
    assert not any(user.is_password_temporary for user in region.scalars(select(User)))


def area(ring: Iterable[tuple[float, float]]) -> float:
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))) / 2


def test_the_authorities_part_the_land_without_gap_or_overlap() -> None:
    rings = {code: places.outline(code) for code in places.CORNERS}
    edges = Counter(frozenset(edge) for ring in rings.values() for edge in pairwise(ring))
    assert set(edges.values()) == {1, 2}  # the coast once, a shared border from both sides
    random = Random(1)  # noqa: S311 - a test's points
    for _ in range(2000):
        point = (random.uniform(-5, 85), random.uniform(-5, 65))
        assert sum(places.is_inside(point, ring) for ring in rings.values()) <= 1
    assert sum(map(area, rings.values())) == pytest.approx(3700, rel=0.1)  # square km


def test_settings_lie_in_their_authority_and_the_map_puts_both_in_one_place(region: Session) -> None:
    rings = {code: places.outline(code) for code in places.CORNERS}
    for setting in region.scalars(select(Setting)):
        east, north = places.ORIGIN
        point = (setting.easting - east) / 1000, (setting.northing - north) / 1000
        assert places.is_inside(point, rings[setting.authority.code])
        latitude, longitude = latitude_longitude(setting.easting, setting.northing)
        assert places.longitude_latitude(*point) == pytest.approx((longitude, latitude), abs=0.0001)


@pytest.mark.skipif(not REAL.is_dir(), reason="the public data are not beside the project")
def test_nothing_bears_a_real_name_code_or_place(region: Session) -> None:
    def column(file: str, name: str) -> set[str]:
        with (REAL / file).open(encoding="utf-8-sig") as rows:
            return {row[name].casefold() for row in csv.DictReader(rows)}

    schools = column("settings.csv", "name") | column("dfe_section41_and_inmss_list_2022.csv", "name")
    ours = set(region.scalars(select(Setting.name)))
    assert not schools & {name.casefold() for name in ours}
    first_words = {name.split()[0] for name in schools if name}
    assert not first_words & {stem.casefold() for stem in names.STEMS}
    assert not column("authorities.csv", "la_name") & {name.casefold() for name in names.AUTHORITIES.values()}
    assert not column("authorities.csv", "la_code") & set(names.AUTHORITIES)
    assert not column("authorities.csv", "region") & {names.REGION.casefold()}
    districts = places.districts()
    assert not column("postcode_districts.csv", "postcode") & {each.code.casefold() for each in districts}
    assert not column("postcode_districts.csv", "town") & {each.name.casefold() for each in districts}
    assert not column("settings.csv", "urn") & {str(urn) for urn in region.scalars(select(Setting.urn))}
