"""Who acts: a person of one organisation, or the system."""

from dataclasses import dataclass

from marketplace.models import OrganisationKind, Role


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
