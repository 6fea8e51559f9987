"""Which tariff holds on a day for an LA, and what a person finds on the list."""

import tomllib
from datetime import date

import pytest
from sqlalchemy.orm import Session

from marketplace.models import Authority, Role, TariffStatus
from marketplace.services.calibrations import usual_multipliers
from marketplace.services.tariffs import list_tariffs, loaded, tariff_in_force, text_of
from pricing.tariff import load_tariff
from tests import builders

ON = date(2026, 11, 25)


@pytest.fixture
def la(session: Session) -> Authority:
    return builders.authority(session)


def test_an_las_own_tariff_holds_before_that_of_its_region_and_the_national_one_last(
    session: Session, la: Authority
) -> None:
    assert tariff_in_force(session, authority_id=la.id, on=ON) is None
    builders.tariff(session, owner=builders.authority(session))  # another LA's
    builders.tariff(session, owner=builders.region(session))  # another region's
    for owner in (None, la.region, la):
        row = builders.tariff(session, owner=owner)
        assert tariff_in_force(session, authority_id=la.id, on=ON) is row


def test_what_is_superseded_holds_until_its_end_and_what_is_not_adopted_never(session: Session, la: Authority) -> None:
    old = builders.tariff(session, owner=la)
    old.status, old.ends_on = TariffStatus.SUPERSEDED, date(2027, 4, 1)
    session.flush()
    new = builders.tariff(session, owner=la, version="2", starts_on=date(2027, 4, 1))
    builders.tariff_in_consultation(session, owner=la, framework=new.framework, closes_on=date(2026, 11, 1))
    days = {date(2026, 3, 31): None, date(2026, 4, 1): old, date(2027, 3, 31): old, date(2027, 4, 1): new}
    assert {day: tariff_in_force(session, authority_id=la.id, on=day) for day in days} == days


def test_a_tariff_that_is_superseded_from_a_day_to_come_still_offers_its_multipliers(
    session: Session, la: Authority
) -> None:
    old = builders.tariff(session, owner=la)
    old.status, old.ends_on = TariffStatus.SUPERSEDED, date(2027, 4, 1)
    session.flush()
    new = builders.tariff(session, owner=la, framework=old.framework, version="2", starts_on=date(2027, 4, 1))
    days = {date(2026, 3, 31): None, ON: old.id, date(2027, 3, 31): old.id, date(2027, 4, 1): new.id}
    assert {day: usual_multipliers(session, on=day) for day in days} == days


def test_a_tariffs_file_says_what_has_become_of_it_and_reads_back(session: Session, la: Authority) -> None:
    row = builders.tariff(session, owner=la)
    before = loaded(row)
    row.status, row.ends_on = TariffStatus.SUPERSEDED, date(2027, 4, 1)
    session.flush()
    again = load_tariff(tomllib.loads(text_of(row)))
    assert (again.status, again.valid_until) == (TariffStatus.SUPERSEDED, date(2027, 4, 1))
    assert (again.band, again.pattern, again.area, again.is_illustrative) == (
        before.band,
        before.pattern,
        before.area,
        True,
    )
    assert "# Illustrative" in text_of(row)


def test_the_list_is_by_what_is_to_do(session: Session, la: Authority) -> None:
    framework = builders.framework(session)
    in_force = builders.tariff(session, framework=framework)
    rows = [
        builders.tariff_in_consultation(session, owner=owner, framework=framework, version=f"{number}", **fields)
        for number, (owner, fields) in enumerate(
            [
                (la, {"closes_on": date(2026, 11, 24)}),
                (la, {"closes_on": ON}),
                (la, {"closes_on": date(2026, 11, 1), "starts_on": ON}),
                (la, {"closes_on": None, "status": TariffStatus.DRAFT}),
                (None, {}),
            ]
        )
    ]
    person = builders.acting(builders.user(session, la, Role.PROCUREMENT))
    found = list_tariffs(session, person, on=ON)
    assert [found.decide, found.consulting, found.lapsed, found.drafts, found.others] == [(row,) for row in rows]
    assert (found.in_force, found.to_come, found.past) == ((in_force,), (), ())
