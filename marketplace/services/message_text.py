"""What a message says: a template in plain text, filled at the moment of sending from what it is about.

Organisations, days, a link, and the LA's own reference for the pupil in the body alone. It must never say who a pupil
is, what anybody wrote, or a price: that is read after signing in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.mail import one_line
from marketplace.models import (
    ApplicationStatus,
    Award,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    MatchingRun,
    Message,
    OrderStatus,
    Organisation,
    OutreachOrder,
    Placement,
    PlacementEvent,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    RunApplication,
    Setting,
    london_day,
)
from marketplace.vocabulary import in_words, moment_in_words

FOLDER = Path(__file__).parent / "message_templates"
FOOT = "The SEND placements marketplace sends this by itself. Answers to this address are not read."

# Some is only worth telling while it is so: whoever has replied since is not reminded.
WHILE: Mapping[str, StrEnum] = {
    "consultation_sent": ConsultationStatus.SENT,
    "consultation_reminder": ConsultationStatus.SENT,
    "consultation_chased": ConsultationStatus.SENT,
    "consultation_silent": ConsultationStatus.SENT,
    "reply_offered": ConsultationStatus.OFFERED,
    "reply_full": ConsultationStatus.FULL,
    "reply_refused": ConsultationStatus.REFUSED,
    "award_proposed": AwardStatus.PROPOSED,
    "plan_proposed": PlanStatus.PROPOSED,
    "application_proposed": ApplicationStatus.PROPOSED,
    "order_asked": OrderStatus.ASKED,
    "order_accepted": OrderStatus.ACCEPTED,
}

# Plain text: nothing is markup, and what is filled in is never read as a template.
_TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701
)


class Overtaken(Exception):
    """There is nothing to tell any more, or nobody to tell it to; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Text:
    """A message in words."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a message is about: where it stands, whose it is, the path of its page, and what the template may say."""

    status: StrEnum
    parties: frozenset[int]
    path: str
    facts: Mapping[str, object]


def text_of(session: Session, message: Message, *, pages: str) -> Text:
    """The words of a message. Raises Overtaken."""
    if not message.user.is_active:
        raise Overtaken("the person's account is disabled")
    about = _about(session, message)
    if about is None:
        raise Overtaken("what it told of is gone")
    if message.user.organisation_id not in about.parties:
        raise Overtaken("the person belongs to neither side")
    if WHILE.get(message.template, about.status) != about.status:
        raise Overtaken("what it told of is over")
    facts = {name: one_line(value) if isinstance(value, str) else value for name, value in about.facts.items()}
    template = _TEMPLATES.get_template(f"{message.template}.txt")
    subject, _, body = template.render(facts, link=f"{pages}{about.path}").partition("\n")
    return Text(subject=subject, body=f"{body.strip()}\n\n-- \n{FOOT}\n")


def _about(session: Session, message: Message) -> About | None:
    kind = message.template.partition("_")[0]
    if kind in {"consultation", "reply"}:
        return _of_consultation(session, message.subject_id, reader_id=message.user.organisation_id)
    if kind == "award":
        return _of_award(session, message.subject_id, template=message.template)
    if kind == "plan":
        return _of_plan(session, message.subject_id)
    if kind == "run":
        return _of_run(session, message.subject_id)
    if kind == "application":
        return _of_application(session, message.subject_id)
    if kind == "order":
        return _of_order(session, message.subject_id)
    assert kind == "placement"
    return _of_event(session, message.subject_id)


def _of_consultation(session: Session, consultation_id: int, *, reader_id: int) -> About | None:
    row = session.get(Consultation, consultation_id)
    if row is None:
        return None
    award = session.scalar(
        select(Award).where(Award.consultation_id == row.id, Award.status.in_([AwardStatus.MADE, AwardStatus.ENDED]))
    )
    return About(
        status=row.status,
        parties=frozenset({row.authority_id, row.provider_id}),
        path=f"/inbox/{row.id}" if reader_id == row.provider_id else f"/consultations/{row.id}",
        facts={
            "number": str(row.id),
            **_names(session, row.authority_id, row.setting_id),
            "reference": row.brief["reference"],
            "sent_on": in_words(london_day(row.sent_at)),
            "due_on": in_words(row.due_on),
            "starts_on": in_words(award.starts_on) if award else None,
        },
    )


def _of_award(session: Session, award_id: int, *, template: str) -> About | None:
    row = session.get(Award, award_id)
    if row is None:
        return None
    path = f"/approvals/{row.id}" if template == "award_proposed" else f"/awards/{row.id}"
    is_for_provider = template == "award_ordered"
    if is_for_provider:  # an award holds what others offered: the provider reads the placement that came of it
        placement_id = session.scalar(select(Placement.id).where(Placement.award_id == row.id))
        path = f"/placements/{placement_id}"
    return About(
        status=row.status,
        parties=frozenset({row.authority_id, row.provider_id} if is_for_provider else {row.authority_id}),
        path=path,
        facts={
            "number": str(row.id),
            **_names(session, row.authority_id, row.setting_id),
            "reference": row.need.reference,
            "starts_on": in_words(row.starts_on),
            "held_until": moment_in_words(row.held_until) if row.held_until else None,
        },
    )


def _of_event(session: Session, event_id: int) -> About | None:
    event = session.get(PlacementEvent, event_id)
    if event is None:
        return None
    placement = event.placement
    return About(
        status=placement.status,
        parties=frozenset({placement.authority_id, placement.provider_id}),
        path=f"/placements/{placement.id}",
        facts={
            "number": str(placement.id),
            **_names(session, placement.authority_id, placement.setting_id),
            "reference": placement.need.reference,
            "on": in_words(event.on),
            "is_begun": event.before.get("status") != PlacementStatus.AGREED,
            "is_paid": event.after.get("is_paid"),
        },
    )


def _of_plan(session: Session, plan_id: int) -> About | None:
    plan = session.get(PorousPlan, plan_id)
    if plan is None:
        return None
    placement = plan.placement
    return About(
        status=plan.status,
        parties=frozenset({placement.authority_id, placement.provider_id}),
        path=f"/plans/{plan.id}",
        facts={
            "number": str(placement.id),
            "plan": str(plan.number),
            **_names(session, placement.authority_id, placement.setting_id),
            "reference": placement.reference,
            "on": in_words(plan.starts_on),
        },
    )


def _of_application(session: Session, application_id: int) -> About | None:
    row = session.get(RunApplication, application_id)
    if row is None:
        return None
    return About(
        status=row.status,
        parties=frozenset({row.authority_id}),
        path=f"/runs/plans/{row.id}",
        facts={"number": str(row.id), "run": str(row.run_id)},
    )


def _of_order(session: Session, order_id: int) -> About | None:
    row = session.get(OutreachOrder, order_id)
    if row is None:
        return None
    return About(
        status=row.status,
        parties=frozenset({row.authority_id, row.provider_id}),
        path=f"/outreach/{row.id}",
        facts={
            "number": str(row.id),
            **_names(session, row.authority_id, row.setting_id),
            "day": in_words(row.starts_on),
        },
    )


def _of_run(session: Session, run_id: int) -> About | None:
    run = session.get(MatchingRun, run_id)
    if run is None:
        return None
    found = (run.result.summary if run.result else None) or {}
    return About(
        status=run.status,
        parties=frozenset({run.scope_id}),
        path=f"/runs/{run.id}",
        facts={
            "number": str(run.id),
            "scope": run.scope.name,
            "day": in_words(run.on),
            "placed": found.get("placed", 0),
            "pupils": found.get("placed", 0) + found.get("unplaced", 0),
        },
    )


def _names(session: Session, authority_id: int, setting_id: int) -> dict[str, str]:
    return {
        "authority": session.get_one(Organisation, authority_id).name,
        "setting": session.get_one(Setting, setting_id).name,
    }
