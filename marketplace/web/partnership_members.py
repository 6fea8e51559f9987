"""Who takes part in a partnership: asked, agreed, ended; and the mainstream schools, with their registers."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import MemberStatus, PartnershipMember, now, term_of, today
from marketplace.permissions import can_answer_for, can_enter_schools, can_keep_partnership
from marketplace.schemas.base import VersionSchema
from marketplace.schemas.partnerships import AskAuthoritySchema, AskSettingSchema, SchoolSchema
from marketplace.services import partnerships
from marketplace.services.registers import entered_for
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.partnership_tables import term_words

bp = Blueprint("partnership_members", __name__, url_prefix="/partnerships/<int:partnership_id>/members")


@bp.get("")
def index(partnership_id: int, member_id: int | None = None) -> ResponseReturnValue:  # noqa: ARG001 - of a refused post
    """All members that there are and were, and what this person may do about them."""
    person, (year, term) = actor(), term_of(today())
    mine = person.organisation_id or 0
    with transaction(person) as session:
        partnership = partnerships.find_partnership(session, partnership_id)
        members = partnerships.members_of(session, partnership)
        is_lead = can_keep_partnership(person, partnership.lead_id)
        has_agreed = partnerships.standing(session, person, partnership) is MemberStatus.AGREED
        return render_template(
            "partnerships/members.html",
            partnership=partnership,
            members=members,
            mine={row.id for row in members if can_answer_for(person, row.organisation_id)},
            is_lead=is_lead,
            may_enter=has_agreed and can_enter_schools(person, mine),
            entered=entered_for(session, partnership_id=partnership.id, year=year, term=term),
            term=term_words(year, term),
            authorities=partnerships.authorities_to_ask(session, partnership) if is_lead else (),
            form=forms.shown(),
            words=vocabulary,
        )


@bp.post("/authorities")
@forms.redisplay(index)
def post_authority(partnership_id: int) -> ResponseReturnValue:
    """Ask an authority."""
    form = forms.read(AskAuthoritySchema)
    with transaction(actor()) as session:
        row = partnerships.ask_authority(session, actor(), partnership_id=partnership_id, **form, on=today())
        session.flush()
        name = row.organisation.name
    return _done(partnership_id, f"{name} is asked. Its people see it under Partnerships, and agree for themselves.")


@bp.post("/settings")
@forms.redisplay(index)
def post_setting(partnership_id: int) -> ResponseReturnValue:
    """Ask a setting's provider."""
    form = forms.read(AskSettingSchema)
    with transaction(actor()) as session:
        row = partnerships.ask_setting(session, actor(), partnership_id=partnership_id, **form, on=today())
        session.flush()
        name = row.organisation.name
    return _done(partnership_id, f"{name} is asked. Its editors see it under Partnerships, and agree for themselves.")


@bp.post("/schools")
@forms.redisplay(index)
def post_school(partnership_id: int) -> ResponseReturnValue:
    """Enter a mainstream school."""
    form = forms.read(SchoolSchema)
    with transaction(actor()) as session:
        row = partnerships.enter_school(session, actor(), partnership_id=partnership_id, **form, on=today(), at=now())
        session.flush()
        member_id, name = row.id, row.name
    flash(f"{name} takes part. Enter its register of this term.", "success")
    return redirect(url_for("registers.edit", partnership_id=partnership_id, member_id=member_id))


@bp.post("/<int:member_id>/agree")
@forms.redisplay(index)
def post_agree(partnership_id: int, member_id: int) -> ResponseReturnValue:
    """Agree to take part."""

    def agree(session: Session, version: int) -> PartnershipMember:
        return partnerships.agree_to_take_part(
            session, actor(), partnership_id=partnership_id, member_id=member_id, version=version, on=today(), at=now()
        )

    return _answer(partnership_id, agree, "takes part. It is counted from the next figures on.")


@bp.post("/<int:member_id>/end")
@forms.redisplay(index)
def post_end(partnership_id: int, member_id: int) -> ResponseReturnValue:
    """Decline, or take part no longer."""

    def end(session: Session, version: int) -> PartnershipMember:
        return partnerships.end_membership(
            session, actor(), partnership_id=partnership_id, member_id=member_id, version=version, on=today(), at=now()
        )

    return _answer(partnership_id, end, "takes no part any more. What was told before stays.")


def _answer(partnership_id: int, act: Callable[[Session, int], PartnershipMember], words: str) -> ResponseReturnValue:
    form = forms.read(VersionSchema)
    with transaction(actor()) as session:
        row = act(session, form["version"])
        session.flush()
        name = row.name
    return _done(partnership_id, f"{name} {words}")


def _done(partnership_id: int, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("partnership_members.index", partnership_id=partnership_id))
