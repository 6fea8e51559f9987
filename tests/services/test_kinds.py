"""The three kinds side by side: which option stands for a kind, why a kind has none, what is said not to be known."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, NotPermitted
from marketplace.models import Authority, Kind, Need, NeedStatus, Provision, Role, Unit
from marketplace.permissions import SYSTEM
from marketplace.services.kinds import LEAST_RESTRICTIVE_FIRST, SideBySide, side_by_side
from tests import builders

ON = date(2026, 11, 10)
EVERY_KIND = ["full", "porous", "outreach"]


@pytest.fixture
def la(session: Session) -> Authority:
    builders.tariff(session)
    return builders.authority(session)


Offering = Callable[..., Provision]


@pytest.fixture
def offer(session: Session, la: Authority) -> Offering:
    def make(*, at: int = 400_000, amount: str = "2", **fields: Any) -> Provision:
        """A priced provision of its own setting and provider, `at` metres east."""
        setting = builders.setting(session, la, builders.provider(session), easting=at, northing=305_000)
        is_outreach = fields.get("kind") is Kind.OUTREACH
        pool_fields = {name: fields.pop(name) for name in ("confirmed_at",) if name in fields}
        if is_outreach:
            pool_fields["unit"] = Unit.HOURS
        pool = builders.pool(session, setting, (7, 11, date(2026, 9, 1), amount), **pool_fields)
        row = builders.provision(session, pool, **fields)
        builders.schedule(session, row)
        return row

    return make


def found(session: Session, need: Need, **dates: date) -> SideBySide:
    session.flush()
    return side_by_side(session, SYSTEM, need=need, on=dates.get("on", ON), today=dates.get("today", ON))


def test_each_kind_has_its_best_option_with_cost_fte_and_quote(
    session: Session, la: Authority, offer: Offering
) -> None:
    full, porous, outreach = (
        offer(),
        offer(kind=Kind.POROUS, sessions=4),
        offer(kind=Kind.OUTREACH, amount="12"),
    )
    beside = found(session, builders.need(session, la, kinds=EVERY_KIND))
    assert [row.kind for row in beside.kinds] == list(LEAST_RESTRICTIVE_FIRST)
    expected = {Kind.FULL: (full, 1.0), Kind.POROUS: (porous, 0.4), Kind.OUTREACH: (outreach, 0.2)}
    for kind, (provision, fte) in expected.items():
        best = beside.best(kind)
        assert best is not None
        assert (best.provision, best.option.fte) == (provision, fte)
        assert best.quote is not None
        assert best.quote.total == best.option.price + best.option.transport
        assert best.has_room


def test_a_farther_option_with_room_stands_before_a_nearer_one_that_is_full(
    session: Session, la: Authority, offer: Offering
) -> None:
    offer(at=404_000, amount="0")
    far = offer(at=395_000)
    best = found(session, builders.need(session, la)).best(Kind.FULL)
    assert best is not None
    assert best.provision == far
    assert best.has_room


def test_where_none_has_room_the_most_suitable_is_shown_as_full(
    session: Session, la: Authority, offer: Offering
) -> None:
    near = offer(at=404_000, amount="0")
    offer(at=395_000, amount="0")
    row = next(each for each in found(session, builders.need(session, la)).kinds if each.kind is Kind.FULL)
    assert row.best is not None
    assert (row.best.provision, row.best.has_room, row.count) == (near, False, 2)


def test_a_kind_without_an_option_says_how_many_each_reason_rules_out(
    session: Session, la: Authority, offer: Offering
) -> None:
    offer(kind=Kind.POROUS, sessions=4, needs=["HI"])
    offer(kind=Kind.POROUS, sessions=6, max_ci=1)
    offer(kind=Kind.POROUS, sessions=6, max_ci=1)
    offer(kind=Kind.OUTREACH, amount="12")
    rows = {row.kind: row for row in found(session, builders.need(session, la, kinds=["full", "porous"])).kinds}
    assert {kind: row.best for kind, row in rows.items()} == dict.fromkeys(rows)
    assert rows[Kind.POROUS].refusals == {"need": 1, "level": 2}
    assert rows[Kind.OUTREACH].refusals == {"kind": 1}
    assert rows[Kind.FULL].refusals == {}


def test_what_nobody_can_say_of_an_option_is_listed(session: Session, la: Authority, offer: Offering) -> None:
    offer(confirmed_at=None)
    offer(kind=Kind.OUTREACH, amount="12", confirmed_at=datetime(2026, 10, 1, 9, tzinfo=UTC))
    offer(kind=Kind.POROUS, sessions=4, confirmed_at=datetime(2026, 11, 9, 9, tzinfo=UTC))
    beside = found(session, builders.need(session, la, kinds=EVERY_KIND))
    unknown = {row.kind: " ".join(row.best.unknown) for row in beside.kinds if row.best}
    for words in unknown.values():
        assert "no inspection outcome is kept here" in words
        assert "too few consultations are known, or none" in words
        assert "too few have, or none" in words
    assert "never confirmed" in unknown[Kind.FULL]
    assert "confirmed 40 days ago" in unknown[Kind.OUTREACH]
    assert "confirmed" not in unknown[Kind.POROUS]
    assert "no table of travel" in unknown[Kind.FULL]
    assert "no table of travel" not in unknown[Kind.OUTREACH]
    assert "What the mainstream school spends" not in unknown[Kind.FULL]
    assert "What the mainstream school spends" in unknown[Kind.POROUS]
    assert "no guide price" in unknown[Kind.OUTREACH]
    assert "no guide price" not in unknown[Kind.FULL]


def test_a_setting_for_which_nobody_answers_says_so_and_not_that_few_replies_are_known(
    session: Session, la: Authority
) -> None:
    row = builders.provision(session, builders.pool(session, builders.setting(session, la, easting=404_000)))
    builders.schedule(session, row)
    best = found(session, builders.need(session, la, easting=404_500, northing=300_500)).best(Kind.FULL)
    assert best is not None
    assert "nobody answers for the setting here" in " ".join(best.unknown)
    assert "How soon and how" not in " ".join(best.unknown)


def test_a_need_that_is_not_published_has_no_kinds_and_a_provider_sees_none(session: Session, la: Authority) -> None:
    need = builders.need(session, la, status=NeedStatus.WITHDRAWN)
    with pytest.raises(Conflict):
        found(session, need)
    editor = builders.acting(builders.user(session, builders.provider(session), Role.PROVIDER_EDITOR))
    with pytest.raises(NotPermitted):
        side_by_side(session, editor, need=builders.need(session, la), on=ON, today=ON)
