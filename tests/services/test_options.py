"""The ranked options of one need: what is an option, what it costs, why the rest are refused, at what effort."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, NotPermitted
from marketplace.models import (
    Authority,
    Band,
    Ground,
    Kind,
    Need,
    NeedStatus,
    Pattern,
    Provision,
    Role,
    Setting,
    SettingType,
    Tariff,
    TariffStatus,
    Unit,
)
from marketplace.permissions import SYSTEM
from marketplace.services.matching.options import RankedOptions, provisions_by_id, rank_options
from marketplace.services.quotes import quote_options
from pricing.quote import Transport
from tests import builders

ON = date(2026, 11, 10)


@pytest.fixture
def la(session: Session) -> Authority:
    builders.framework(session)
    return builders.authority(session)


def offer(session: Session, la: Authority, *, at: int = 400_000, **fields: Any) -> Provision:
    """A priced provision of its own setting, 300 km north on the grid and `at` metres east."""
    setting_fields = {name: fields.pop(name) for name in ("type", "name") if name in fields}
    setting = builders.setting(session, la, easting=at, northing=305_000, **setting_fields)
    pool_fields = {"unit": Unit.HOURS} if fields.get("kind") is Kind.OUTREACH else {}
    vacancies = fields.pop("vacancies", ())
    row = builders.provision(session, builders.pool(session, setting, *vacancies, **pool_fields), **fields)
    builders.schedule(session, row)
    return row


def ranked(session: Session, need: Need, on: date = ON) -> RankedOptions:
    session.flush()
    return rank_options(session, SYSTEM, need=need, on=on)


def reasons(found: RankedOptions) -> dict[int | None, str]:
    return {row.provision_id: row.reason for row in found.refused}


def test_options_come_nearest_first_with_price_transport_and_their_sum(session: Session, la: Authority) -> None:
    far = offer(session, la, at=395_000)
    near = offer(session, la, at=404_000)
    need = builders.need(session, la)  # at 405,000, 305,000; intensive
    found = ranked(session, need)
    first, second = found.options
    assert (first.provision_id, second.provision_id) == (near.id, far.id)
    assert first.road_km == pytest.approx(1.4)
    assert (first.price, first.transport, first.total) == (4_800_000, 0, 4_800_000)
    assert first.transport_basis(found.policy).startswith("near enough to walk")
    assert second.transport == round(14 * 380 * 1.5) * 100
    assert second.total == 4_800_000 + second.transport
    assert second.transport_basis(found.policy) == "14.0 km by road, 380 journeys a year at £1.50 a km, shared"


def test_the_three_kinds_stand_side_by_side(session: Session, la: Authority) -> None:
    full = offer(session, la)
    porous = offer(session, la, kind=Kind.POROUS, sessions=4)
    outreach = offer(session, la, kind=Kind.OUTREACH)
    need = builders.need(session, la, kinds=["full", "porous", "outreach"])
    found = ranked(session, need)
    options = {option.provision_id: option for option in found.options}
    assert {at: option.use for at, option in options.items()} == {full.id: 1, porous.id: 0.4, outreach.id: 5}
    assert options[outreach.id].transport == 0
    assert "152 journeys" in options[porous.id].transport_basis(found.policy)


def test_every_provision_is_an_option_or_refused_with_the_first_reason(session: Session, la: Authority) -> None:
    fits = offer(session, la)
    young = offer(session, la, low_year=1, high_year=6)
    other_need = offer(session, la, needs=["HI"])
    gentle = offer(session, la, max_ci=2)
    far = offer(session, la, at=505_000)
    need = builders.need(session, la)
    found = ranked(session, need)
    assert [option.provision_id for option in found.options] == [fits.id]
    assert reasons(found) == {young.id: "age", other_need.id: "need", gentle.id: "level", far.id: "travel"}
    assert found.refusals == {"age": 1, "need": 1, "level": 1, "travel": 1}


def test_a_provision_with_several_vacancy_groups_counts_once(session: Session, la: Authority) -> None:
    groups = [(7, 9, ON, "2"), (10, 11, ON, "3")]
    fits = offer(session, la, vacancies=groups)
    gentle = offer(session, la, vacancies=groups, max_ci=2)
    found = ranked(session, builders.need(session, la))
    assert [(option.provision_id, option.vacant) for option in found.options] == [(fits.id, 2.0)]
    assert reasons(found) == {gentle.id: "level"}


def test_places_that_open_later_do_not_count_yet(session: Session, la: Authority) -> None:
    offer(session, la, vacancies=[(7, 11, date(2027, 9, 1), "3")])
    need = builders.need(session, la)
    assert ranked(session, need).options[0].vacant == 0
    assert ranked(session, need, on=date(2027, 9, 1)).options[0].vacant == 3


def test_a_binding_request_leaves_that_setting_only_and_a_recorded_ground_frees_the_rest(
    session: Session, la: Authority
) -> None:
    asked = offer(session, la, type=SettingType.SECTION41)
    other = offer(session, la)
    need = builders.need(session, la, request_id=asked.setting_id)
    found = ranked(session, need)
    assert [(option.provision_id, option.is_requested) for option in found.options] == [(asked.id, True)]
    assert found.binding == session.get(Setting, asked.setting_id)
    assert reasons(found) == {other.id: "request"}
    need.ground, need.ground_evidence = Ground.RESOURCES, "The panel's paper."
    freed = ranked(session, need)
    assert {option.provision_id for option in freed.options} == {asked.id, other.id}
    assert freed.binding is None


def test_what_an_order_fixes_comes_before_a_binding_request(session: Session, la: Authority) -> None:
    asked = offer(session, la, type=SettingType.SECTION41)
    ordered = offer(session, la)
    found = ranked(session, builders.need(session, la, request_id=asked.setting_id, locked_id=ordered.id))
    assert [option.provision_id for option in found.options] == [ordered.id]
    assert found.binding is None


def test_a_request_for_an_independent_setting_that_is_not_section_41_binds_nobody(
    session: Session, la: Authority
) -> None:
    asked = offer(session, la)
    offer(session, la)
    found = ranked(session, builders.need(session, la, request_id=asked.setting_id))
    assert len(found.options) == 2
    assert found.binding is None


def test_wishes_are_numbered_and_weigh_in_the_order(session: Session, la: Authority) -> None:
    near = offer(session, la, at=404_900)
    wished = offer(session, la, at=404_000)
    found = ranked(session, builders.need(session, la, wishes=[wished.setting_id]))
    assert [(option.provision_id, option.wish) for option in found.options] == [(wished.id, 1), (near.id, None)]


def test_the_band_that_a_person_decided_sets_the_price(session: Session, la: Authority) -> None:
    offer(session, la)
    need = builders.need(session, la, band_override=Band.PROFOUND, band_override_reason="Two adults.")
    assert ranked(session, need).options[0].price == 6_600_000


def test_place_funding_that_is_paid_anyway_is_taken_off(session: Session, la: Authority) -> None:
    row = offer(session, la, type=SettingType.NMSS)
    need = builders.need(session, la)
    option = ranked(session, need).options[0]
    assert option.price == 3_800_000
    quotes = quote_options(
        session, need=need, provisions=[row], transport={row.id: Transport(option.transport, "by road")}, on=ON
    )
    assert [line.amount for line in quotes[row.id].price_lines] == [4_800_000, -1_000_000]
    assert quotes[row.id].price == option.price


def test_the_variance_from_the_guide_price_is_shown_and_caps_nothing(session: Session, la: Authority) -> None:
    row = offer(session, la)
    need = builders.need(session, la)
    transport = {row.id: Transport(0, "near")}
    assert quote_options(session, need=need, provisions=[row], transport=transport, on=ON)[row.id].variance is None
    tariff(session, need, intensive=40_000)
    found = quote_options(session, need=need, provisions=[row], transport=transport, on=ON)[row.id]
    assert found.variance is not None
    assert (found.variance.amount, found.price) == (800_000, 4_800_000)


def test_the_authoritys_own_tariff_comes_before_the_national_one(session: Session, la: Authority) -> None:
    row = offer(session, la)
    need = builders.need(session, la)
    tariff(session, need, intensive=40_000, owner_id=la.id, name="Own")
    tariff(session, need, intensive=60_000, name="National")
    found = quote_options(session, need=need, provisions=[row], transport={row.id: Transport(0, "near")}, on=ON)
    assert found[row.id].variance is not None
    assert found[row.id].variance.guide.amount == 4_000_000


def tariff(session: Session, need: Need, *, intensive: int, name: str = "Guide", owner_id: int | None = None) -> Tariff:
    content = {
        "name": name, "version": "1", "status": "adopted", "basis": "local", "valid_from": "2026-04-01",
        "is_illustrative": True, "source": "Made up for tests.",
        "band": {"intensive": intensive}, "pattern": {"day": 1.0},
    }  # fmt: skip
    return builders.kept(
        session,
        Tariff(
            name=name, version="1", owner_id=owner_id, framework_id=need.framework_id, status=TariffStatus.ADOPTED,
            starts_on=date(2026, 4, 1), is_illustrative=True, content=content,
        ),
    )  # fmt: skip


def test_all_levels_universal_leave_no_option_and_say_so(session: Session, la: Authority) -> None:
    row = offer(session, la)
    need = builders.need(session, la, level_ci=0, level_cl=0, level_semh=0, derived_band=None)
    assert reasons(ranked(session, need)) == {row.id: "universal"}


@pytest.mark.parametrize("status", [NeedStatus.DRAFT, NeedStatus.WITHDRAWN])
def test_a_need_that_is_not_published_has_no_options(session: Session, la: Authority, status: NeedStatus) -> None:
    with pytest.raises(Conflict):
        ranked(session, builders.need(session, la, status=status))


def test_providers_never_rank(session: Session, la: Authority) -> None:
    rival = builders.acting(builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR))
    with pytest.raises(NotPermitted):
        rank_options(session, rival, need=builders.need(session, la), on=ON)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_queries_does_not_grow_with_the_market(
    session: Session, la: Authority, application: Engine
) -> None:
    need = builders.need(session, la)
    counts = []
    for number in (3, 27):
        for _ in range(number):
            offer(session, la, pattern=Pattern.DAY)
        need_id = need.id
        session.flush()
        session.expunge_all()
        again = session.get_one(Need, need_id)
        with statements(application) as seen:
            found = rank_options(session, SYSTEM, need=again, on=ON)
            shown = list(provisions_by_id(session, [option.provision_id for option in found.options]).values())
            transport = {option.provision_id: Transport(option.transport, "by road") for option in found.options}
            quotes = quote_options(session, need=again, provisions=shown, transport=transport, on=ON)
            assert all(row.setting.authority.name for row in shown)
        counts.append(len(seen))
        assert len(quotes) == len(shown)
        la = session.get_one(Authority, la.id)
    assert counts == [9, 9]
