"""Who may do what. One policy table for every endpoint, and one `can_…` rule for each act on an object.

The table says which roles of which organisations reach an endpoint at all; a test walks the URL map against it and
sends a real request for each role, endpoint and object. Whose rows a person sees is decided once more, by the
database's row-level security. It must never ask the database anything.
"""

from dataclasses import dataclass, replace

from marketplace.errors import NotPermitted
from marketplace.models import OrganisationKind, Role

LA = OrganisationKind.LA
PROVIDER = OrganisationKind.PROVIDER
REGION = OrganisationKind.REGION
OPERATOR = OrganisationKind.OPERATOR
EVERY_KIND = frozenset(OrganisationKind)
EVERY_ROLE = frozenset(Role)
BUYERS = frozenset({LA, REGION})
DECIDING = frozenset({Role.COMMISSIONER, Role.PROCUREMENT, Role.APPROVER})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person of one organisation, or the system. `scope` is what row-level security goes by."""

    scope: str  # an OrganisationKind's value; "system"; "nobody" sees no row that has an owner
    user_id: int | None = None
    organisation_id: int | None = None
    organisation: str = ""
    name: str = ""
    roles: frozenset[Role] = frozenset()
    must_change_password: bool = False

    @property
    def kind(self) -> OrganisationKind | None:
        """The kind of the person's organisation; None for the system and for nobody."""
        return OrganisationKind(self.scope) if self.scope in {kind.value for kind in OrganisationKind} else None

    def has(self, *roles: Role) -> bool:
        """Whether the person holds one of the roles."""
        return not self.roles.isdisjoint(roles)


SYSTEM = Actor(scope="system", name="the system")
NOBODY = Actor(scope="nobody")


@dataclass(frozen=True, slots=True)
class Rule:
    """Who reaches an endpoint. `is_public`: also those who are not signed in. `also`: or who another rule admits."""

    roles: frozenset[Role] = EVERY_ROLE
    kinds: frozenset[OrganisationKind] = EVERY_KIND
    is_public: bool = False
    also: "Rule | None" = None

    def admits(self, actor: Actor | None) -> bool:
        """Whether this person (None: not signed in) may reach the endpoint."""
        if self.is_public:
            return True
        if self.also is not None and self.also.admits(actor):
            return True
        return actor is not None and actor.kind in self.kinds and actor.has(*self.roles)


def _only(kinds: set[OrganisationKind] | frozenset[OrganisationKind], *roles: Role) -> Rule:
    return Rule(roles=frozenset(roles), kinds=frozenset(kinds))


PUBLIC = Rule(is_public=True)
SIGNED_IN = Rule()
_COMMISSIONER = _only({LA}, Role.COMMISSIONER)
_BUYER = _only(BUYERS, *DECIDING)
_MARKET = Rule(kinds=BUYERS | {OPERATOR})
_PROVIDER = Rule(kinds=frozenset({PROVIDER}))
_EDITOR = _only({PROVIDER}, Role.PROVIDER_EDITOR)
_RUNNER = _only(BUYERS, Role.PROCUREMENT)
_PRICE_READER = _only(BUYERS, Role.PROCUREMENT, Role.APPROVER)
_UPLIFTS = Rule(kinds=frozenset({PROVIDER, LA, OPERATOR}))
_OFFICER = _only({LA}, Role.PROCUREMENT, Role.APPROVER)
_PARTY = _only({PROVIDER, LA}, Role.PROVIDER_EDITOR, Role.PROCUREMENT, Role.APPROVER)
_ADMINISTRATOR = _only(EVERY_KIND, Role.ADMINISTRATOR)
_OPERATOR = _only({OPERATOR}, Role.ADMINISTRATOR)
_DRAFTER = replace(_RUNNER, also=_OPERATOR)
_ADOPTER = replace(_PRICE_READER, also=_OPERATOR)

# endpoint → rule. A missing or left-over endpoint fails the test suite, and a missing one is refused at run time.
POLICY: dict[str, Rule] = {
    "static": PUBLIC,
    "benchmarks.index": _MARKET,
    "benchmarks.of_setting": _MARKET,
    "benchmarks.table": _MARKET,
    "benchmarks.workbook": _MARKET,
    "budgets.index": _RUNNER,
    "budgets.post_index": _RUNNER,
    "calibrations.post_draft": _RUNNER,
    "calibrations.post_start": _RUNNER,
    "calibrations.progress": _PRICE_READER,
    "calibrations.show": _PRICE_READER,
    "calibrations.start": _RUNNER,
    "calibrations.tariff": _RUNNER,
    "corridors.archive": _RUNNER,
    "corridors.post_start": _RUNNER,
    "corridors.progress": _PRICE_READER,
    "corridors.show": _PRICE_READER,
    "frameworks.file": SIGNED_IN,
    "frameworks.index": SIGNED_IN,
    "frameworks.show": SIGNED_IN,
    "health.live": PUBLIC,
    "health.ready": PUBLIC,
    "maps.boundaries": SIGNED_IN,
    "needs.index": _BUYER,
    "needs.post_withdraw": _COMMISSIONER,
    "needs.show": _BUYER,
    "needs.withdraw": _COMMISSIONER,
    "options.index": _BUYER,
    "options.markers": _BUYER,
    "people.edit": _ADMINISTRATOR,
    "people.index": _ADMINISTRATOR,
    "people.new": _ADMINISTRATOR,
    "people.post_edit": _ADMINISTRATOR,
    "people.post_new": _ADMINISTRATOR,
    "price_drafts.index": _EDITOR,
    "price_drafts.post_confirm": _EDITOR,
    "price_drafts.post_publish": _EDITOR,
    "price_files.post_upload": _EDITOR,
    "price_files.template": _EDITOR,
    "price_files.template_of_setting": _EDITOR,
    "price_files.upload": _EDITOR,
    "placement_sets.file": _RUNNER,
    "placement_sets.index": _PRICE_READER,
    "placement_sets.new": _RUNNER,
    "placement_sets.post_new": _RUNNER,
    "placement_sets.show": _PRICE_READER,
    "placement_sets.template": _RUNNER,
    "provisions.edit": _EDITOR,
    "provisions.index": _EDITOR,
    "provisions.new": _EDITOR,
    "provisions.post_edit": _EDITOR,
    "provisions.post_new": _EDITOR,
    "provisions.post_offer": _EDITOR,
    "provisions.post_withdraw": _EDITOR,
    "questions.check": _COMMISSIONER,
    "questions.mainstream": _COMMISSIONER,
    "questions.new": _COMMISSIONER,
    "questions.post_check": _COMMISSIONER,
    "questions.post_mainstream": _COMMISSIONER,
    "questions.post_new": _COMMISSIONER,
    "questions.post_profile": _COMMISSIONER,
    "questions.post_pupil": _COMMISSIONER,
    "questions.post_request": _COMMISSIONER,
    "questions.profile": _COMMISSIONER,
    "questions.pupil": _COMMISSIONER,
    "questions.request": _COMMISSIONER,
    "runs.answer": _BUYER,
    "runs.index": _BUYER,
    "runs.post_start": _RUNNER,
    "runs.problem": _BUYER,
    "runs.progress": _BUYER,
    "runs.recommendations": _BUYER,
    "runs.show": _BUYER,
    "runs.start": _RUNNER,
    "runs.workbook": _BUYER,
    "shadow_runs.archive": _RUNNER,
    "shadow_runs.file": _RUNNER,
    "shadow_runs.post_start": _RUNNER,
    "shadow_runs.progress": _PRICE_READER,
    "shadow_runs.publication": _PRICE_READER,
    "shadow_runs.show": _PRICE_READER,
    "shadow_runs.start": _RUNNER,
    "schedules.check": _EDITOR,
    "schedules.grid": _EDITOR,
    "schedules.index": _EDITOR,
    "schedules.of_setting": SIGNED_IN,
    "schedules.post_grid": _EDITOR,
    "schedules.post_publish": _EDITOR,
    "schedules.post_raise": _EDITOR,
    "schedules.post_start": _EDITOR,
    "schedules.show": SIGNED_IN,
    "restrictions.index": _COMMISSIONER,
    "restrictions.post_allow": _COMMISSIONER,
    "restrictions.post_fix": _COMMISSIONER,
    "restrictions.post_rule_out": _COMMISSIONER,
    "sessions.password": SIGNED_IN,
    "sessions.post_password": SIGNED_IN,
    "sessions.post_sign_in": PUBLIC,
    "sessions.sign_in": PUBLIC,
    "sessions.sign_out": SIGNED_IN,
    "settings.index": _MARKET,
    "settings.show": SIGNED_IN,
    "tariff_adoption.adopt": _ADOPTER,
    "tariff_adoption.consult": _DRAFTER,
    "tariff_adoption.post_adopt": _ADOPTER,
    "tariff_adoption.post_consult": _DRAFTER,
    "tariff_comments.edit": _EDITOR,
    "tariff_comments.index": _ADOPTER,
    "tariff_comments.post_edit": _EDITOR,
    "tariff_drafts.edit": _DRAFTER,
    "tariff_drafts.new": _DRAFTER,
    "tariff_drafts.post_copy": _DRAFTER,
    "tariff_drafts.post_edit": _DRAFTER,
    "tariff_drafts.post_new": _DRAFTER,
    "tariff_drafts.post_remove": _DRAFTER,
    "tariff_drafts.remove": _DRAFTER,
    "tariffs.file": SIGNED_IN,
    "tariffs.index": SIGNED_IN,
    "tariffs.show": SIGNED_IN,
    "uplift_answers.agreement": _UPLIFTS,
    "uplift_answers.answer": _OFFICER,
    "uplift_answers.letter": _UPLIFTS,
    "uplift_answers.post_answer": _OFFICER,
    "uplift_drafts.check": _EDITOR,
    "uplift_drafts.edit": _EDITOR,
    "uplift_drafts.new": _EDITOR,
    "uplift_drafts.post_discard": _EDITOR,
    "uplift_drafts.post_edit": _EDITOR,
    "uplift_drafts.post_new": _EDITOR,
    "uplift_drafts.post_send": _EDITOR,
    "uplift_steps.hand_over": _OFFICER,
    "uplift_steps.post_hand_over": _OFFICER,
    "uplift_steps.post_publish": _EDITOR,
    "uplift_steps.post_reply": _PARTY,
    "uplift_steps.post_take_over": _OFFICER,
    "uplift_steps.post_withdraw": _EDITOR,
    "uplift_steps.publish": _EDITOR,
    "uplift_steps.reply": _PARTY,
    "uplift_steps.take_over": _OFFICER,
    "uplift_steps.withdraw": _EDITOR,
    "uplifts.index": _UPLIFTS,
    "uplifts.show": _UPLIFTS,
    "standings.index": _PROVIDER,
    "vacancies.index": _EDITOR,
    "vacancies.post_index": _EDITOR,
    "vacancies.post_row": _EDITOR,
    "home.index": SIGNED_IN,
}


def require(is_allowed: bool, act: str) -> None:  # noqa: FBT001 - reads as a sentence: require(can_post_need(actor), "post a need")
    """Raise NotPermitted, naming the act, unless it is allowed."""
    if not is_allowed:
        raise NotPermitted(f"Your role does not allow you to {act}. Ask your organisation's administrator.")


def can_post_need(actor: Actor) -> bool:
    """Commissioners of an LA post needs, for their own LA."""
    return actor == SYSTEM or _COMMISSIONER.admits(actor)


def can_change_need(actor: Actor, authority_id: int) -> bool:
    """A need is changed by commissioners of the LA that posted it."""
    return actor == SYSTEM or (_COMMISSIONER.admits(actor) and actor.organisation_id == authority_id)


def can_rank_options(actor: Actor) -> bool:
    """Those who commission, buy or approve for an LA or a region see the options of the needs that they see."""
    return actor == SYSTEM or _BUYER.admits(actor)


def can_edit_setting(actor: Actor, provider_id: int | None) -> bool:
    """Provisions, vacancies and prices of a setting are kept by editors of the provider that runs it."""
    return actor == SYSTEM or (_EDITOR.admits(actor) and actor.organisation_id == provider_id)


def can_see_prices(actor: Actor, provider_id: int | None) -> bool:
    """Published prices are seen by those who buy and by the provider itself, never by a rival."""
    is_of_market = actor.kind in BUYERS or actor.kind is OPERATOR
    return actor == SYSTEM or is_of_market or (actor.kind is PROVIDER and actor.organisation_id == provider_id)


def can_start_run(actor: Actor, scope_id: int) -> bool:
    """Procurement starts runs, for its own region or LA."""
    return actor == SYSTEM or (_RUNNER.admits(actor) and actor.organisation_id == scope_id)


def can_prepare_prices(actor: Actor, owner_id: int) -> bool:
    """Procurement keeps placements with prices, and calibrates, shadow-runs and draws corridors on them, for its own
    region or LA."""
    return actor == SYSTEM or (_RUNNER.admits(actor) and actor.organisation_id == owner_id)


def can_set_budget(actor: Actor) -> bool:
    """Procurement sets the budgets of its LA, or of the LAs of its region; the database decides which those are."""
    return actor == SYSTEM or _RUNNER.admits(actor)


def owns_tariff(actor: Actor, owner_id: int | None) -> bool:
    """A tariff is its LA's or region's; the national ones, of owner None, are the operator's."""
    if owner_id is None:
        return actor == SYSTEM or actor.kind is OPERATOR
    return actor.kind in BUYERS and actor.organisation_id == owner_id


def can_draft_tariff(actor: Actor, owner_id: int | None) -> bool:
    """Procurement drafts the tariffs of its LA or region and opens them for consultation; the operator's
    administrators the national ones."""
    return actor == SYSTEM or (_DRAFTER.admits(actor) and owns_tariff(actor, owner_id))


def can_adopt_tariff(actor: Actor, owner_id: int | None) -> bool:
    """Procurement and approvers of the owner adopt a tariff, always a person; that it is somebody else than who made
    it, the use case and the table hold."""
    return _ADOPTER.admits(actor) and owns_tariff(actor, owner_id)


def can_comment_on_tariffs(actor: Actor) -> bool:
    """Editors of a provider comment on tariffs in consultation; the database decides on which."""
    return _EDITOR.admits(actor)


def can_request_uplift(actor: Actor, provider_id: int) -> bool:
    """Editors of the provider that asks write its request, send it, withdraw it and publish what was agreed."""
    return _EDITOR.admits(actor) and actor.organisation_id == provider_id


def can_negotiate(actor: Actor, party_id: int | None) -> bool:
    """Editors of the provider that asks, and procurement or approvers of the LA that negotiates for all."""
    return _PARTY.admits(actor) and actor.organisation_id == party_id


def can_answer_uplift(actor: Actor, authority_id: int) -> bool:
    """Procurement or approvers of an LA answer for it, and offer that it negotiates for all."""
    return _OFFICER.admits(actor) and actor.organisation_id == authority_id


def can_administer(actor: Actor, organisation_id: int) -> bool:
    """Administrators keep the people of their own organisation; the operator's keep everybody's."""
    if actor == SYSTEM:
        return True
    return _ADMINISTRATOR.admits(actor) and (actor.kind is OPERATOR or actor.organisation_id == organisation_id)
