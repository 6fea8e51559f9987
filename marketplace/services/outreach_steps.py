"""How every step of an outreach order is taken: on the locked row, as the person saw it, along an allowed move,
recorded, and told to the side that has not taken it. The order is locked before the pool."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit
from marketplace.errors import InvalidTransition, NotFound, Stale
from marketplace.models import ORDER_MOVES, OrderStatus, OutreachOrder, Role
from marketplace.permissions import Actor, can_keep_order, can_reply, require
from marketplace.services import outbox

# Of either side, who are told; of a price also who may have to agree to it.
ROLES = frozenset({Role.COMMISSIONER, Role.PROVIDER_EDITOR})
AGREEING = ROLES | {Role.APPROVER}


def find_order(session: Session, order_id: int) -> OutreachOrder:
    """An order that the actor of this transaction may know of, with its sides. Raises NotFound."""
    of = (OutreachOrder.authority, OutreachOrder.provider, OutreachOrder.setting, OutreachOrder.provision)
    row = session.get(OutreachOrder, order_id, options=[joinedload(each) for each in of])
    if row is None:
        raise NotFound("There is no such outreach order.")
    return row


def lock_order(
    session: Session, actor: Actor, order_id: int, version: int | None, *, may: Callable[[Actor, OutreachOrder], bool]
) -> OutreachOrder:
    """The order, locked until the transaction ends; `version` None where what is done rests on nothing that the page
    showed. Raises NotFound, NotPermitted, Stale."""
    row = session.scalar(
        select(OutreachOrder)
        .where(OutreachOrder.id == order_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such outreach order.")
    require(may(actor, row), "do this with an outreach order")
    if version is not None and row.version != version:
        raise Stale("Something has happened to this order since you opened it. Look at what holds now.")
    return row


def is_authority(actor: Actor, order: OutreachOrder) -> bool:
    """Whether the actor orders outreach for the LA of the order."""
    return can_keep_order(actor, order.authority_id)


def is_provider(actor: Actor, order: OutreachOrder) -> bool:
    """Whether the actor answers for the provider of the order."""
    return can_reply(actor, order.provider_id)


def move(order: OutreachOrder, status: OrderStatus) -> None:
    """Change the status along an allowed move. Raises InvalidTransition."""
    if status not in ORDER_MOVES[order.status]:
        raise InvalidTransition(f"This order is {order.status}, so that cannot be done with it.")
    order.status = status


def require_running(order: OutreachOrder) -> None:
    """Raise InvalidTransition unless the order runs."""
    if order.status is not OrderStatus.RUNNING:
        raise InvalidTransition(f"This order is {order.status}, so nothing is delivered or reviewed.")


def tell(session: Session, actor: Actor, order: OutreachOrder, template: str) -> None:
    """The side that has not done it is told."""
    session.flush()
    outbox.tell_people(
        session,
        actor,
        organisation_id=order.authority_id if actor.organisation_id == order.provider_id else order.provider_id,
        roles=AGREEING if order.status is OrderStatus.ACCEPTED else ROLES,
        template=template,
        subject_id=order.id,
        key=f"{template} {order.id} version {order.version}",
    )


def record(session: Session, actor: Actor, event: str, order: OutreachOrder, **data: object) -> None:
    """Record what was done, by its name in the trail ("outreach accepted")."""
    audit.record(session, actor, f"outreach {event}", order, **data)
