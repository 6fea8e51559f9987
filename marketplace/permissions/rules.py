"""Which roles of which organisations: the rules that endpoints and acts go by, each said once."""

from dataclasses import dataclass, replace

from marketplace.models import OrganisationKind, Role
from marketplace.permissions.actors import Actor

LA = OrganisationKind.LA
PROVIDER = OrganisationKind.PROVIDER
REGION = OrganisationKind.REGION
OPERATOR = OrganisationKind.OPERATOR
EVERY_KIND = frozenset(OrganisationKind)
EVERY_ROLE = frozenset(Role)
BUYERS = frozenset({LA, REGION})
DECIDING = frozenset({Role.COMMISSIONER, Role.PROCUREMENT, Role.APPROVER})


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
COMMISSIONER = _only({LA}, Role.COMMISSIONER)
APPROVER = _only({LA}, Role.APPROVER)
CASE_READER = _only({LA}, Role.COMMISSIONER, Role.APPROVER)
PUPIL_READER = replace(CASE_READER, also=_only({PROVIDER}, Role.PROVIDER_EDITOR))
LA_DECIDER = _only({LA}, *DECIDING)
BUYER = _only(BUYERS, *DECIDING)
MARKET = Rule(kinds=BUYERS | {OPERATOR})
OF_PROVIDER = Rule(kinds=frozenset({PROVIDER}))
EDITOR = _only({PROVIDER}, Role.PROVIDER_EDITOR)
RUNNER = _only(BUYERS, Role.PROCUREMENT)
PRICE_READER = _only(BUYERS, Role.PROCUREMENT, Role.APPROVER)
UPLIFTS = Rule(kinds=frozenset({PROVIDER, LA, OPERATOR}))
OFFICER = _only({LA}, Role.PROCUREMENT, Role.APPROVER)
PARTY = _only({PROVIDER, LA}, Role.PROVIDER_EDITOR, Role.PROCUREMENT, Role.APPROVER)
ADMINISTRATOR = _only(EVERY_KIND, Role.ADMINISTRATOR)
OPERATOR_ADMINISTRATOR = _only({OPERATOR}, Role.ADMINISTRATOR)
DRAFTER = replace(RUNNER, also=OPERATOR_ADMINISTRATOR)
ADOPTER = replace(PRICE_READER, also=OPERATOR_ADMINISTRATOR)
PLACED = replace(BUYER, also=EDITOR)  # both sides of a placement
NOTICE = replace(COMMISSIONER, also=EDITOR)
ORDERS = replace(LA_DECIDER, also=EDITOR)  # both sides of an outreach order
