"""Who may do what to which object: one rule for each act."""

from marketplace.errors import NotPermitted
from marketplace.permissions.actors import SYSTEM, Actor
from marketplace.permissions.rules import (
    ADMINISTRATOR,
    ADOPTER,
    APPROVER,
    BUYER,
    BUYERS,
    CASE_READER,
    COMMISSIONER,
    DRAFTER,
    EDITOR,
    LA_DECIDER,
    OFFICER,
    OPERATOR,
    OPERATOR_ADMINISTRATOR,
    ORDERS,
    PARTY,
    PROVIDER,
    PUPIL_READER,
    RUNNER,
)


def require(is_allowed: bool, act: str) -> None:  # noqa: FBT001 - reads as a sentence: require(can_post_need(actor), "post a need")
    """Raise NotPermitted, naming the act, unless it is allowed."""
    if not is_allowed:
        raise NotPermitted(f"Your role does not allow you to {act}. Ask your organisation's administrator.")


def can_post_need(actor: Actor) -> bool:
    """Commissioners of an LA post needs, for their own LA."""
    return actor == SYSTEM or COMMISSIONER.admits(actor)


def can_change_need(actor: Actor, authority_id: int) -> bool:
    """A need is changed by commissioners of the LA that posted it."""
    return actor == SYSTEM or (COMMISSIONER.admits(actor) and actor.organisation_id == authority_id)


def can_open_identity(actor: Actor) -> bool:
    """Who a pupil is, and the documents, are opened by those who decide for an LA, and by editors of a provider; whose,
    the database decides."""
    return actor == SYSTEM or PUPIL_READER.admits(actor)


def can_keep_identity(actor: Actor, authority_id: int) -> bool:
    """Who a pupil is, and the documents, are kept by commissioners of the LA that posted the need."""
    return can_change_need(actor, authority_id)


def can_rank_options(actor: Actor) -> bool:
    """Those who commission, buy or approve for an LA or a region see the options of the needs that they see."""
    return actor == SYSTEM or BUYER.admits(actor)


def can_edit_setting(actor: Actor, provider_id: int | None) -> bool:
    """Provisions, vacancies and prices of a setting are kept by editors of the provider that runs it."""
    return actor == SYSTEM or (EDITOR.admits(actor) and actor.organisation_id == provider_id)


def can_see_prices(actor: Actor, provider_id: int | None) -> bool:
    """Published prices are seen by those who buy and by the provider itself, never by a rival."""
    is_of_market = actor.kind in BUYERS or actor.kind is OPERATOR
    return actor == SYSTEM or is_of_market or (actor.kind is PROVIDER and actor.organisation_id == provider_id)


def can_start_run(actor: Actor, scope_id: int) -> bool:
    """Procurement starts runs, for its own region or LA."""
    return actor == SYSTEM or (RUNNER.admits(actor) and actor.organisation_id == scope_id)


def can_prepare_prices(actor: Actor, owner_id: int) -> bool:
    """Procurement keeps placements with prices, and calibrates, shadow-runs and draws corridors on them, for its own
    region or LA."""
    return actor == SYSTEM or (RUNNER.admits(actor) and actor.organisation_id == owner_id)


def can_oversee(actor: Actor) -> bool:
    """The operator sees sums of all regions, and nobody's case."""
    return actor == SYSTEM or OPERATOR_ADMINISTRATOR.admits(actor)


def can_set_budget(actor: Actor) -> bool:
    """Procurement sets the budgets of its LA, or of the LAs of its region; the database decides which those are."""
    return actor == SYSTEM or RUNNER.admits(actor)


def owns_tariff(actor: Actor, owner_id: int | None) -> bool:
    """A tariff is its LA's or region's; the national ones, of owner None, are the operator's, as all frameworks are."""
    if owner_id is None:
        return actor == SYSTEM or actor.kind is OPERATOR
    return actor.kind in BUYERS and actor.organisation_id == owner_id


def can_draft_tariff(actor: Actor, owner_id: int | None) -> bool:
    """Procurement drafts the tariffs of its LA or region and opens them for consultation; the operator's
    administrators the national ones."""
    return actor == SYSTEM or (DRAFTER.admits(actor) and owns_tariff(actor, owner_id))


def can_adopt_tariff(actor: Actor, owner_id: int | None) -> bool:
    """Procurement and approvers of the owner adopt a tariff, always a person; that it is somebody else than who made
    it, the use case and the table hold."""
    return ADOPTER.admits(actor) and owns_tariff(actor, owner_id)


def can_comment_on_tariffs(actor: Actor) -> bool:
    """Editors of a provider comment on tariffs in consultation; the database decides on which."""
    return EDITOR.admits(actor)


def can_request_uplift(actor: Actor, provider_id: int) -> bool:
    """Editors of the provider that asks write its request, send it, withdraw it and publish what was agreed."""
    return EDITOR.admits(actor) and actor.organisation_id == provider_id


def can_negotiate(actor: Actor, party_id: int | None) -> bool:
    """Editors of the provider that asks, and procurement or approvers of the LA that negotiates for all."""
    return PARTY.admits(actor) and actor.organisation_id == party_id


def can_answer_uplift(actor: Actor, authority_id: int) -> bool:
    """Procurement or approvers of an LA answer for it, and offer that it negotiates for all."""
    return OFFICER.admits(actor) and actor.organisation_id == authority_id


def can_administer(actor: Actor, organisation_id: int) -> bool:
    """Administrators keep the people of their own organisation; the operator's keep everybody's."""
    if actor == SYSTEM:
        return True
    return ADMINISTRATOR.admits(actor) and (actor.kind is OPERATOR or actor.organisation_id == organisation_id)


def can_consult(actor: Actor, authority_id: int) -> bool:
    """Commissioners of the LA that posted a need consult settings about it, chase them and withdraw."""
    return can_change_need(actor, authority_id)


def can_reply(actor: Actor, provider_id: int) -> bool:
    """Editors of the provider that was asked reply for its setting."""
    return actor == SYSTEM or (EDITOR.admits(actor) and actor.organisation_id == provider_id)


def can_propose_award(actor: Actor, authority_id: int) -> bool:
    """Commissioners of the LA that posted a need propose an award, and make it where no second person is asked for."""
    return can_change_need(actor, authority_id)


def can_decide_award(actor: Actor, authority_id: int) -> bool:
    """Approvers of the LA make an award that was proposed to them, or return it; always a person. That it is somebody
    else than who proposed it, the use case and the table hold."""
    return APPROVER.admits(actor) and actor.organisation_id == authority_id


def can_propose_plan(actor: Actor, authority_id: int) -> bool:
    """Commissioners of the LA propose what of a run's recommendations it acts upon, take it back and undo it."""
    return COMMISSIONER.admits(actor) and actor.organisation_id == authority_id


def can_decide_plan(actor: Actor, authority_id: int) -> bool:
    """Approvers of the LA approve a plan and apply it, or return it; always a person. That it is somebody else than who
    proposed it, the use case and the table hold."""
    return can_decide_award(actor, authority_id)


def can_publish_awards(actor: Actor) -> bool:
    """Those who decide for an LA see what it can publish of its own awards, and take it along."""
    return LA_DECIDER.admits(actor)


def can_return_cases(actor: Actor) -> bool:
    """Those who may open who a pupil is take the LA's return along, in which all its pupils are named."""
    return CASE_READER.admits(actor)


def can_keep_placement(actor: Actor, authority_id: int) -> bool:
    """Commissioners of the LA start, vary, suspend and end its placements."""
    return can_change_need(actor, authority_id)


def can_give_notice(actor: Actor, authority_id: int, provider_id: int) -> bool:
    """Either side gives notice: the LA's commissioners, or editors of the provider."""
    return can_keep_placement(actor, authority_id) or can_reply(actor, provider_id)


def can_keep_tokens(actor: Actor, user_id: int) -> bool:
    """Everybody makes and revokes their own tokens, and nobody those of somebody else."""
    return actor == SYSTEM or actor.user_id == user_id


def can_keep_order(actor: Actor, authority_id: int) -> bool:
    """Commissioners of the LA order outreach, withdraw it and say what came of it."""
    return can_change_need(actor, authority_id)


def can_agree_order(actor: Actor, authority_id: int) -> bool:
    """Commissioners and approvers of the LA agree to the price of outreach; over the threshold, as of an award, only an
    approver, which the use case holds."""
    return can_keep_order(actor, authority_id) or can_decide_award(actor, authority_id)


def can_review_order(actor: Actor, authority_id: int, provider_id: int) -> bool:
    """Either side reviews outreach: the LA's commissioners, or editors of the provider."""
    return can_give_notice(actor, authority_id, provider_id)


def can_keep_partnership(actor: Actor, lead_id: int) -> bool:
    """Those who decide for the LA that leads a partnership keep it: whom it asks, what it decided, its figures."""
    return LA_DECIDER.admits(actor) and actor.organisation_id == lead_id


def can_answer_for(actor: Actor, organisation_id: int) -> bool:
    """Those who decide for an LA, and editors of a provider, agree for their own organisation to take part in a
    partnership, and end it."""
    return ORDERS.admits(actor) and actor.organisation_id == organisation_id


def can_enter_schools(actor: Actor, authority_id: int) -> bool:
    """Those who decide for an LA enter its mainstream schools, and their registers of additional needs."""
    return can_keep_partnership(actor, authority_id)


def can_watch_mail(actor: Actor) -> bool:
    """The operator's administrators see how the outbox stands, in numbers, and have mail sent again."""
    return actor == SYSTEM or OPERATOR_ADMINISTRATOR.admits(actor)
