"""Publishing what was agreed: a new version of the setting's prices, by the provider's confirmation.

It goes the way of every price: into the draft, then published. Quotes of days before its start stay as they are, awards
keep or take it as their terms say, and an LA that declined is recorded as such. Nothing is capped.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from marketplace.errors import Conflict
from marketplace.models import StepKind, Uplift, UpliftStatus
from marketplace.permissions import Actor, can_request_uplift, require
from marketplace.services.schedule_drafts import publish_schedule, save_schedule, start_schedule
from marketplace.services.schedules import latest_published
from marketplace.services.uplift_prices import agreed_lines, draft_of
from marketplace.services.uplift_steps import add_step, locked, move, require_fresh, require_move


def starts_on(uplift: Uplift, *, on: date) -> date:
    """From when the agreed prices would hold: the agreed day, or the day of publication where that has passed."""
    return max(uplift.starts_on, on)


def publish_agreed(session: Session, actor: Actor, *, uplift_id: int, version: int, on: date, at: datetime) -> Uplift:
    """Publish the agreed prices. A draft of the setting is replaced by them.

    Raises InvalidTransition before the agreement and after publication, Stale, and Conflict where other prices have
    been published since the request was sent: the agreement is not about those."""
    uplift = locked(session, uplift_id)
    require(can_request_uplift(actor, uplift.provider_id), "publish these prices")
    require_fresh(uplift, version)
    require_move(uplift, UpliftStatus.PUBLISHED)
    latest = latest_published(session, [uplift.setting_id]).get(uplift.setting_id)
    assert uplift.base is not None
    if latest is None or latest.id != uplift.base_id:
        raise Conflict(
            f"Other prices were published since this was asked for; the agreement is about version"
            f" {uplift.base.version}. Withdraw the request, and ask again on the new prices."
        )
    draft = draft_of(session, uplift.setting_id) or start_schedule(session, actor, setting_id=uplift.setting_id, on=on)
    save_schedule(
        session,
        actor,
        schedule_id=draft.id,
        version=draft.edit,
        starts_on=starts_on(uplift, on=on),
        lines=agreed_lines(uplift),
    )
    publish_schedule(session, actor, schedule_id=draft.id, version=draft.edit, on=on)
    uplift.published_id = draft.id
    move(uplift, UpliftStatus.PUBLISHED)
    add_step(session, actor, uplift, StepKind.PUBLISHED, at=at)
    return uplift
