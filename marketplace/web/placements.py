"""Placements: the list by what needs doing, one placement with what happened to it, and its agreement."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import OrganisationKind, PlacementStatus, today
from marketplace.permissions import POLICY, can_give_notice, can_keep_placement
from marketplace.schemas.placements import PlacementsQuerySchema
from marketplace.services import (
    agreements,
    ledger_accounts,
    outreach,
    porous_reviews,
    porous_versions,
    reintegration_versions,
)
from marketplace.services.destination_plans import plan_on
from marketplace.services.placement_ends import notice_of
from marketplace.services.placement_lists import Standing, list_placements, standing_of
from marketplace.services.placement_steps import find_placement
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.links import here_without
from marketplace.web.placement_tables import Acts, entries
from marketplace.web.porous_plans import may_propose
from marketplace.web.reintegration import may_plan

bp = Blueprint("placements", __name__)


@bp.get("/placements")
def index() -> ResponseReturnValue:
    """The placements that this person sees, by what needs doing."""
    asked = forms.read(PlacementsQuerySchema, forms.asked())
    with transaction(actor()) as session:
        listed = list_placements(
            session, on=today(), standings=tuple(map(Standing, asked["standing"])), page=asked["page"]
        )
        return render_template(
            "placements/index.html",
            listed=listed,
            groups=vocabulary.PLACEMENT_STANDINGS,
            form=forms.shown(asked),
            chosen=[
                {"text": vocabulary.PLACEMENT_STANDINGS[each], "href": here_without("standing", each)}
                for each in asked["standing"]
            ],
            words=vocabulary,
            has_ledger=POLICY["ledger.index"].admits(actor()),
        )


@bp.get("/placements/<int:placement_id>")
def show(placement_id: int) -> ResponseReturnValue:
    """One placement: what holds, what may be done, what happened, and for the authority what it costs."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        is_provider = actor().kind is OrganisationKind.PROVIDER
        return render_template(
            "placements/show.html",
            placement=placement,
            standing=standing_of(placement, on=today()),
            notice=notice_of(session, placement),
            acts=Acts.of(session, placement, actor()),
            entries=entries(session, placement, actor()),
            plans=porous_versions.plans_of(session, placement.id),
            held=porous_versions.plan_on(session, placement.id, max(today(), placement.starts_on)),
            may_propose=may_propose(session, placement),
            reviews=porous_reviews.reviews_of(session, placement.id),
            next_review=porous_reviews.next_review(session, placement),
            may_review=can_give_notice(actor(), placement.authority_id, placement.provider_id)
            and placement.starts_on <= today(),
            way_back=(way_back := reintegration_versions.versions_of(session, placement.id)),
            result=(result := reintegration_versions.result_of(session, placement.id)),
            may_plan=may_plan(placement),
            may_say_result=bool(way_back)
            and result is None
            and placement.status is not PlacementStatus.AGREED
            and can_keep_placement(actor(), placement.authority_id),
            destination_plan=plan_on(session, placement.need_id, today()),
            today=today(),
            years={} if is_provider else ledger_accounts.years_of(session, placement),
            is_provider=is_provider,
            order=outreach.order_of(session, placement) if POLICY["outreach.show"].admits(actor()) else None,
            may_order=outreach.may_be_ordered(placement) and POLICY["outreach_drafts.of_placement"].admits(actor()),
            may_open_identity=is_provider and placement.status is not PlacementStatus.ENDED,
            words=vocabulary,
        )


@bp.get("/placements/<int:placement_id>/agreement.pdf")
def agreement(placement_id: int) -> ResponseReturnValue:
    """The individual placement agreement, as it was on the day of the award."""
    with transaction(actor()) as session:
        placement = find_placement(session, placement_id)
        content = agreements.agreement_file(session, award_id=placement.award_id)
    return attachment(content, f"placement-{placement_id}-agreement.pdf")
