"""Who takes part in the demonstration, and an account for every role in each organisation.

All accounts share one password, which everybody knows. They must never come into a database that holds anything real.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from marketplace.models import Authority, Operator, Organisation, Provider, Region, Role, SettingType, User, UserRole
from marketplace.services.demonstration import names, places
from marketplace.services.demonstration.chance import chance
from marketplace.services.people import ROLES, hash_password

PASSWORD = "demonstration-only-2026"  # noqa: S105 - known to everybody by intent

# By code: the area factor of prices (the order of the high needs formula's, 1.00 to 1.18).
AREA_FACTORS = {"991": 1.08, "992": 1.0, "993": 1.0, "994": 1.02, "995": 1.12, "996": 1.04}
CHARITABLE = (SettingType.NMSS,)
COMMERCIAL = (SettingType.SECTION41, SettingType.INDEPENDENT)


@dataclass(slots=True)
class People:
    """The organisations of the demonstration, and one person for each role of each."""

    region: Region
    operator: Operator
    authorities: list[Authority] = field(default_factory=list)
    services: dict[str, Provider] = field(default_factory=dict)  # who runs the LA's own schools, by the LA's code
    trusts: list[Provider] = field(default_factory=list)
    charities: list[Provider] = field(default_factory=list)
    companies: list[Provider] = field(default_factory=list)
    by_role: dict[tuple[str, Role], User] = field(default_factory=dict)  # by the organisation's name

    @property
    def organisations(self) -> Iterable[Organisation]:
        """All of them, in one order."""
        providers = (*self.services.values(), *self.trusts, *self.charities, *self.companies)
        return (self.operator, self.region, *self.authorities, *providers)

    def who(self, organisation: Organisation, role: Role) -> User:
        """The person of a role."""
        return self.by_role[organisation.name, role]

    def provider(self, kind: SettingType, code: str, random: Random) -> Provider:
        """Who runs a setting of this type in the area of this LA."""
        if kind in CHARITABLE:
            return random.choice(self.charities)
        if kind in COMMERCIAL:
            return random.choice(self.companies)
        return random.choice([self.services[code], self.services[code], *self.trusts])


def add_people(session: Session, *, seed: int, at: datetime) -> People:
    """Add the organisations and their people."""
    region = Region(name=names.REGION)
    people = People(region=region, operator=Operator(name=names.OPERATOR))
    for code, name in names.AUTHORITIES.items():
        people.authorities.append(
            Authority(
                name=name, code=code, region=region, area_factor=AREA_FACTORS[code], boundary=places.boundary(code)
            )
        )
        people.services[code] = Provider(name=_service(name))
    people.trusts = [Provider(name=name) for name in names.TRUSTS]
    people.charities = [Provider(name=name) for name in names.CHARITIES]
    people.companies = [Provider(name=name) for name in names.COMPANIES]
    session.add_all(people.organisations)
    session.flush()
    random = chance("people", seed)
    password_hash = hash_password(PASSWORD)
    for organisation in people.organisations:
        for role in ROLES[organisation.kind]:
            user = User(
                email=f"{role.value.replace('_', '-')}@{_slug(organisation.name)}.example",
                name=f"{random.choice(names.GIVEN_NAMES)} {random.choice(names.FAMILY_NAMES)}",
                password_hash=password_hash,
                organisation=organisation,
                created_at=at,
                role_rows=[UserRole(role=role)],
            )
            people.by_role[organisation.name, role] = user
            session.add(user)
    session.flush()
    return people


def _service(authority: str) -> str:
    return f"{authority} Schools Service"


def _slug(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalpha())
