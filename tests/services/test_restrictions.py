"""What an order fixes and what an authority rules out, and that matching obeys it."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.errors import Invalid, InvalidTransition, NotPermitted
from marketplace.models import AuditEvent, Authority, Need, NeedStatus, Provision, Role
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.matching.options import rank_options
from marketplace.services.restrictions import allow_provision, fix_provision, restricted_provisions, rule_out_provision
from tests import builders

ON = date(2026, 11, 10)


@pytest.fixture
def la(session: Session) -> Authority:
    return builders.authority(session)


@pytest.fixture
def need(session: Session, la: Authority) -> Need:
    return builders.need(session, la)


@pytest.fixture
def commissioner(session: Session, la: Authority) -> Actor:
    return builders.acting(builders.user(session, la, Role.COMMISSIONER))


def offer(session: Session, la: Authority) -> Provision:
    row = builders.provision(session, builders.pool(session, builders.setting(session, la)))
    builders.schedule(session, row)
    return row


def options(session: Session, need: Need) -> set[int]:
    session.flush()
    return {option.provision_id for option in rank_options(session, SYSTEM, need=need, on=ON).options}


def test_what_an_order_fixes_is_the_only_option_until_it_is_lifted(
    session: Session, la: Authority, need: Need, commissioner: Actor
) -> None:
    ordered, other = offer(session, la), offer(session, la)
    ordered.needs = ["HI"]  # suitable or not, the order holds
    fix_provision(
        session,
        commissioner,
        need_id=need.id,
        version=need.version,
        provision_id=ordered.id,
        reason="Order 7 of 2 November",
    )
    assert options(session, need) == {ordered.id}
    assert restricted_provisions(session, need) == (ordered, [])
    fix_provision(session, commissioner, need_id=need.id, version=need.version, provision_id=None, reason="Set aside")
    assert options(session, need) == {other.id}


def test_what_is_ruled_out_is_refused_until_it_is_allowed_again(
    session: Session, la: Authority, need: Need, commissioner: Actor
) -> None:
    kept, out = offer(session, la), offer(session, la)
    rule_out_provision(
        session, commissioner, need_id=need.id, version=need.version, provision_id=out.id, reason="A sibling's case"
    )
    assert options(session, need) == {kept.id}
    assert restricted_provisions(session, need) == (None, [out])
    allow_provision(session, commissioner, need_id=need.id, version=need.version, provision_id=out.id)
    assert options(session, need) == {kept.id, out.id}


def test_the_reason_stays_in_the_history(session: Session, la: Authority, need: Need, commissioner: Actor) -> None:
    out = offer(session, la)
    rule_out_provision(
        session, commissioner, need_id=need.id, version=need.version, provision_id=out.id, reason="Too loud a site"
    )
    event = session.scalars(select(AuditEvent)).one()
    assert (event.event, event.data) == ("provision ruled out", {"provision_id": out.id, "reason": "Too loud a site"})


def test_an_unknown_provision_is_neither_fixed_nor_ruled_out(session: Session, need: Need, commissioner: Actor) -> None:
    for provision_id in (None, 999_999):
        with pytest.raises(Invalid, match="Choose the provision"):
            fix_provision(
                session, commissioner, need_id=need.id, version=need.version, provision_id=provision_id, reason="x"
            )
    with pytest.raises(Invalid, match="Choose the provision"):
        rule_out_provision(
            session, commissioner, need_id=need.id, version=need.version, provision_id=999_999, reason="x"
        )


def test_what_an_order_fixes_cannot_be_ruled_out(
    session: Session, la: Authority, need: Need, commissioner: Actor
) -> None:
    ordered = offer(session, la)
    need.locked_id = ordered.id
    session.flush()
    with pytest.raises(Invalid, match="Lift the order first"):
        rule_out_provision(
            session, commissioner, need_id=need.id, version=need.version, provision_id=ordered.id, reason="x"
        )


def test_nothing_is_fixed_for_a_need_that_is_over_or_by_an_approver(
    session: Session, la: Authority, need: Need, commissioner: Actor
) -> None:
    out = offer(session, la)
    approver = builders.acting(builders.user(session, la, Role.APPROVER))
    with pytest.raises(NotPermitted):
        rule_out_provision(session, approver, need_id=need.id, version=need.version, provision_id=out.id, reason="x")
    placed = builders.need(session, la, status=NeedStatus.PLACED)
    with pytest.raises(InvalidTransition):
        rule_out_provision(
            session, commissioner, need_id=placed.id, version=placed.version, provision_id=out.id, reason="x"
        )
