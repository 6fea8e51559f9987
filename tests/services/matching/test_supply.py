"""What the market offers on a day: vacancy groups, prices, and what is left out."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import (
    Band,
    Discipline,
    Kind,
    Need,
    Part,
    Pool,
    PriceLine,
    PriceSchedule,
    Provision,
    ScheduleStatus,
    SettingStatus,
    SettingType,
    Unit,
)
from marketplace.services.matching.supply import Supply, database_id, supply
from tests import builders

ON = date(2026, 11, 23)
AUTUMN, SPRING, SUMMER = date(2026, 9, 1), date(2027, 1, 1), date(2027, 4, 1)


@pytest.fixture(autouse=True)
def framework(session: Session) -> None:
    builders.framework(session)


def offer(session: Session, *vacancies: tuple[int, int, date, str], **fields: object) -> Provision:
    """A priced provision of a setting of its own."""
    setting = builders.setting(session, builders.authority(session), type=fields.pop("type", SettingType.INDEPENDENT))
    provision = builders.provision(session, builders.pool(session, setting, *vacancies), **fields)
    builders.schedule(session, provision)
    return provision


def priced_market(session: Session) -> Supply:
    """The market as needs of every band together ask for it."""
    return supply(session, on=ON, needs=[Need(derived_band=band, wishes=[]) for band in Band])


def test_a_row_of_vacancies_counts_from_its_date_and_stays_open(session: Session) -> None:
    provision = offer(session, (7, 11, AUTUMN, "2"), (7, 11, SPRING, "3"), (7, 11, SUMMER, "4"))
    amounts = {day: supply(session, on=day).pools[0].amount for day in (ON, SPRING, SUMMER)}
    assert amounts == {ON: 2, SPRING: 5, SUMMER: 9}
    (row,) = supply(session, on=ON).provisions
    assert (row.provision, row.pool) == (f"{provision.id}.7-11", f"{provision.pool_id}.7-11")


def test_each_group_of_years_is_a_pool_and_a_row_open_to_the_years_they_share(session: Session) -> None:
    offer(session, (5, 8, AUTUMN, "1"), (9, 13, AUTUMN, "2"), (1, 4, AUTUMN, "9"), low_year=7, high_year=11)
    market = supply(session, on=ON)
    assert [(row.low_year, row.high_year) for row in market.provisions] == [(7, 8), (9, 11)]
    assert [pool.amount for pool in market.pools] == [1, 2]


def test_two_groups_that_a_provision_shares_alike_keep_ids_of_their_own(session: Session) -> None:
    offer(session, (7, 11, AUTUMN, "1"), (5, 11, SPRING, "2"))
    market = supply(session, on=SPRING)
    assert len({row.provision for row in market.provisions}) == 2
    assert {(row.low_year, row.high_year) for row in market.provisions} == {(7, 11)}


def test_full_and_porous_provisions_of_a_pool_share_its_groups(session: Session) -> None:
    full = offer(session)
    porous = builders.provision(session, full.pool, kind=Kind.POROUS, sessions=4, shares=2)
    market = supply(session, on=ON)
    assert [row.pool for row in market.provisions] == [f"{full.pool_id}.7-11"] * 2
    assert len(market.pools) == 1
    assert [(row.sessions, row.shares) for row in market.rows[porous.id]] == [(4, 2)]


def test_a_provision_that_no_group_reaches_is_there_with_nothing_free(session: Session) -> None:
    offer(session, (1, 6, AUTUMN, "5"))
    (pool,) = supply(session, on=ON).pools
    assert pool.amount == 0


def test_a_part_of_a_place_and_of_an_hour_is_kept_for_split_weeks_and_short_visits(session: Session) -> None:
    offer(session, (7, 11, AUTUMN, "2.75"))
    setting = builders.setting(session, builders.authority(session))
    staff = builders.pool(session, setting, (0, 11, AUTUMN, "12.5"), unit=Unit.HOURS)
    builders.schedule(session, builders.provision(session, staff, kind=Kind.OUTREACH, radius_km=Decimal("25.5")))
    market = priced_market(session)
    assert [(pool.unit, pool.amount) for pool in market.pools] == [("places", 2.75), ("hours", 12.5)]
    assert market.provisions[1].radius_km == 25.5
    assert {price.hours for price in market.prices} == {None, 5.0}


@pytest.mark.parametrize("status", [SettingStatus.CLOSED, SettingStatus.PROPOSED])
def test_settings_that_are_not_open_offer_nothing(session: Session, status: SettingStatus) -> None:
    offer(session).setting.status = status
    assert supply(session, on=ON).provisions == ()


def test_what_is_no_longer_offered_is_left_out(session: Session) -> None:
    offer(session).is_offered = False
    assert supply(session, on=ON).provisions == ()


def test_a_draft_schedule_prices_nothing(session: Session) -> None:
    setting = builders.setting(session, builders.authority(session))
    provision = builders.provision(session, builders.pool(session, setting))
    line = PriceLine(provision_id=provision.id, band=Band.INTENSIVE, part=Part.CORE, amount=100)
    session.add(PriceSchedule(setting_id=setting.id, version=1, starts_on=AUTUMN, lines=[line]))
    assert supply(session, on=ON).provisions == ()


def test_a_schedule_holds_from_its_first_day_until_before_its_end(session: Session) -> None:
    provision = offer(session)
    (schedule,) = session.query(PriceSchedule)
    schedule.status, schedule.ends_on = ScheduleStatus.SUPERSEDED, SPRING
    session.flush()
    days = (date(2026, 8, 31), AUTUMN, date(2026, 12, 31), SPRING)
    assert [len(supply(session, on=day).provisions) for day in days] == [0, 1, 1, 0]
    assert provision.setting.status is SettingStatus.OPEN


def priced(session: Session, type_: SettingType, kind: Kind = Kind.FULL, **lines: int) -> dict[str, int]:
    """The prices of the problem, by band, of a provision with these core prices in pence."""
    fields = {"sessions": 5} if kind is Kind.POROUS else {}
    setting = builders.setting(session, builders.authority(session), type=type_)
    builders.schedule(
        session, builders.provision(session, builders.pool(session, setting), kind=kind, **fields), **lines
    )
    return {price.band: price.price for price in priced_market(session).prices}


def test_an_independent_school_is_paid_its_whole_fee(session: Session) -> None:
    assert priced(session, SettingType.SECTION41, intensive=4_800_000) == {"intensive": 48_000}


def test_place_funding_that_is_paid_anyway_is_no_cost_of_filling_the_place(session: Session) -> None:
    assert priced(session, SettingType.NMSS, intensive=4_800_000) == {"intensive": 38_000}


def test_a_porous_place_is_paid_as_published(session: Session) -> None:
    assert priced(session, SettingType.NMSS, Kind.POROUS, intensive=2_000_000) == {"intensive": 20_000}


def test_fifty_pence_go_up_to_the_whole_pound(session: Session) -> None:
    prices = priced(session, SettingType.INDEPENDENT, moderate=3_000_049, intensive=3_000_050)
    assert prices == {"moderate": 30_000, "intensive": 30_001}


def test_all_yearly_parts_make_the_price_and_equipment_does_not(session: Session) -> None:
    setting = builders.setting(session, builders.authority(session))
    provision = builders.provision(session, builders.pool(session, setting))
    schedule = PriceSchedule(setting_id=setting.id, version=1, starts_on=AUTUMN)
    part = {"provision_id": provision.id, "hours_a_week": Decimal(2)}
    schedule.lines = [
        PriceLine(**part, band=Band.INTENSIVE, part=Part.CORE, amount=4_000_000),
        PriceLine(**part, band=Band.INTENSIVE, part=Part.THERAPY, discipline=Discipline.SALT, amount=300_000),
        PriceLine(**part, band=Band.INTENSIVE, part=Part.EQUIPMENT, amount=99_000),
        PriceLine(**part, band=Band.PROFOUND, part=Part.ONE_TO_ONE, amount=500_000),
    ]
    builders.kept(session, schedule)
    schedule.status, schedule.published_at = (
        ScheduleStatus.PUBLISHED,
        datetime(2026, 8, 1, tzinfo=UTC),
    )
    session.flush()
    assert {price.band: price.price for price in priced_market(session).prices} == {"intensive": 43_000}


def test_outreach_that_does_not_say_its_hours_has_no_price(session: Session) -> None:
    setting = builders.setting(session, builders.authority(session))
    staff: Pool = builders.pool(session, setting, unit=Unit.HOURS)
    provision = builders.provision(session, staff, kind=Kind.OUTREACH)
    schedule = PriceSchedule(setting_id=setting.id, version=1, starts_on=AUTUMN)
    schedule.lines = [PriceLine(provision_id=provision.id, band=Band.MILD, part=Part.CORE, amount=800_000)]
    builders.kept(session, schedule)
    schedule.status, schedule.published_at = (
        ScheduleStatus.PUBLISHED,
        datetime(2026, 8, 1, tzinfo=UTC),
    )
    session.flush()
    market = priced_market(session)
    assert (len(market.provisions), market.prices) == (1, ())


def test_what_a_need_names_is_there_though_it_offers_nothing(session: Session) -> None:
    la = builders.authority(session)
    empty = builders.setting(session, la, type=SettingType.NMSS)
    withdrawn = offer(session)
    withdrawn.is_offered = False
    need = builders.need(session, la, request_id=empty.id, wishes=[withdrawn.setting_id])
    market = supply(session, on=ON, needs=[need])
    assert {row.setting for row in market.provisions} == {str(empty.urn), str(withdrawn.setting.urn)}
    assert market.prices == ()
    assert market.urns == {empty.id: str(empty.urn), withdrawn.setting_id: str(withdrawn.setting.urn)}


def test_a_locked_provision_keeps_its_price_and_takes_nobody_else_when_it_is_no_longer_offered(
    session: Session,
) -> None:
    provision = offer(session)
    provision.is_offered = False
    need = builders.need(session, builders.authority(session), locked_id=provision.id)
    market = supply(session, on=ON, needs=[need])
    assert [row.max_levels for row in market.rows[provision.id]] == [(0, 0, 0, 0)]
    assert {price.band for price in market.prices} == {"intensive"}


def test_only_the_bands_of_the_needs_are_priced(session: Session) -> None:
    offer(session)
    la = builders.authority(session)
    needs = [
        builders.need(session, la),
        builders.need(session, la, band_override=Band.PROFOUND, band_override_reason="Two adults."),
        builders.need(session, la, level_ci=0, level_cl=0, level_semh=0, derived_band=None),
    ]
    bands = [{price.band for price in supply(session, on=ON, needs=asked).prices} for asked in ((), needs, needs[2:])]
    assert bands == [set(), {"intensive", "profound"}, set()]


def test_without_a_framework_nobody_knows_which_place_funding_is_sunk(session: Session) -> None:
    with pytest.raises(Conflict, match="No framework is in force"):
        supply(session, on=date(2026, 3, 31))


def test_a_row_begins_with_the_id_of_what_it_stands_for() -> None:
    assert [database_id(row) for row in ("12.7-11", "12.-1-6", "12.7-11.profound")] == [12, 12, 12]
