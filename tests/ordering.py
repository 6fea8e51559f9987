"""Outreach at a fictional setting, an LA that orders it and the provider that gives it, for tests; and rows of an order
as one stands. Every name is fictional."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import (
    ApprovalThreshold,
    Authority,
    Grade,
    Kind,
    OrderReview,
    OrderShare,
    OrderStatus,
    OrderVisit,
    OutreachOrder,
    Pool,
    Provision,
    Role,
    Tariff,
    Unit,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import outreach
from marketplace.services.outreach import Terms
from tests import builders
from tests.builders import kept

ON = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
STARTS, ENDS = date(2027, 1, 11), date(2027, 7, 16)
PRICE = 430_000
TERMS = Terms(
    outcome="Four pupils join in whole-class talk without an adult beside them.",
    measure="Lessons a week joined in without an adult",
    baseline=Decimal(2),
    target=Decimal(10),
    hours=Decimal(60),
    hours_a_week=Decimal(3),
    grade=Grade.SPECIALIST_TEACHER,
    school="Larch Primary School",
    urn=900123,
    year_group=8,
    pupils_with=1,
    pupils_without=3,
    purpose=None,
    starts_on=STARTS,
    ends_on=ENDS,
    next_review_on=date(2027, 3, 1),
    shares={},
)
SHARED = {"Larch Primary School": 50, "Maple Primary School": 30, "Rowan Academy": 20}


@dataclass
class Ordering:
    """An LA with a threshold of £10,000, and a provider with a pool of staff hours, by ids."""

    la: int
    provision: int
    pool: int
    commissioner: Actor
    approver: Actor
    colleague: Actor
    editor: Actor

    def ask(self, **changes: Any) -> int:
        """The LA asks; the id of the order."""
        with transaction(self.commissioner) as session:
            return outreach.ask_order(
                session, self.commissioner, authority_id=self.la, provision_id=self.provision,
                terms=replace(TERMS, **changes), on=ON, at=AT,
            ).id  # fmt: skip

    def accept(self, order_id: int, price: int = PRICE) -> None:
        with transaction(self.editor) as session:
            outreach.accept_order(session, self.editor, **self.of(order_id), price=price)

    def agree(self, order_id: int, by: Actor | None = None) -> None:
        actor = by or self.commissioner
        with transaction(actor) as session:
            outreach.agree_order(session, actor, **self.of(order_id), on=ON)

    def run(self, **changes: Any) -> int:
        """An order that was asked, accepted and agreed."""
        order_id = self.ask(**changes)
        self.accept(order_id)
        self.agree(order_id)
        return order_id

    def of(self, order_id: int) -> dict[str, int]:
        """The order as it stands now, for a step."""
        return {"order_id": order_id, "version": self.order(order_id).version}

    def order(self, order_id: int) -> OutreachOrder:
        with transaction(SYSTEM) as session:
            return session.get_one(OutreachOrder, order_id)

    def used(self) -> Decimal:
        """The hours of the pool that are taken."""
        with transaction(SYSTEM) as session:
            return session.get_one(Pool, self.pool).taken


def ordering(session: Session, hours: str = "12", **fields: Any) -> Ordering:
    """The sides, with so many staff hours a week open to years 7 to 11."""
    framework = builders.framework(session)
    if session.scalar(select(Tariff.id).limit(1)) is None:
        builders.tariff(session, framework=framework)
    la, provider = builders.authority(session), builders.provider(session)
    setting = builders.setting(session, la, provider, **fields)
    pool = builders.pool(session, setting, (7, 11, date(2026, 9, 1), hours), name="Staff", unit=Unit.HOURS)
    provision = builders.provision(session, pool, name="Outreach", kind=Kind.OUTREACH)
    kept(
        session,
        ApprovalThreshold(
            authority_id=la.id, starts_on=date(2026, 4, 1), amount=1_000_000, reason="As the panel said."
        ),
    )
    return Ordering(
        la=la.id,
        provision=provision.id,
        pool=pool.id,
        commissioner=builders.acting(builders.user(session, la, Role.COMMISSIONER)),
        approver=builders.acting(builders.user(session, la, Role.APPROVER)),
        colleague=builders.acting(builders.user(session, la, Role.COMMISSIONER, Role.APPROVER)),
        editor=builders.acting(builders.user(session, provider, Role.PROVIDER_EDITOR)),
    )


def outreach_provision(session: Session, provision: Provision) -> Provision:
    """Outreach at the setting of another provision, with hours of its own."""
    pool = builders.pool(
        session, provision.setting, (7, 11, date(2026, 9, 1), "12"), name="Staff hours", unit=Unit.HOURS
    )
    return builders.provision(session, pool, name="Outreach into mainstream", kind=Kind.OUTREACH)


def order(session: Session, provision: Provision, la: Authority, **fields: Any) -> OutreachOrder:
    """A row of an order that was asked for; with `status` running, at £4,300, without its claim or charges, shared by
    two schools, visited once and reviewed once."""
    assert provision.setting.provider_id is not None
    terms = {name: getattr(TERMS, name) for name in Terms.__slots__ if name != "shares"}
    is_running = fields.get("status") is OrderStatus.RUNNING
    own = {"price": PRICE, "threshold": 1_000_000} if is_running and "placement_id" not in fields else {}
    of = {"authority_id": la.id, "setting_id": provision.setting_id, "provider_id": provision.setting.provider_id}
    row = kept(session, OutreachOrder(provision_id=provision.id, **{**of, **terms, **own, **fields}))
    if is_running:
        words = fields.get("outcome", "As seen in class.")
        row.shares = [
            OrderShare(school=f"{name} School", share=share) for name, share in (("Larch", 60), ("Rowan", 40))
        ]
        session.flush()
        visit = OrderVisit(order_id=row.id, share=row.shares[0], on=STARTS, hours=Decimal(3), words=words)
        review = OrderReview(
            order_id=row.id, on=STARTS, value=Decimal(3), words=words, organisation_id=la.id, officer="Person of the LA"
        )
        session.add_all([visit, review])
        session.flush()
    return row
