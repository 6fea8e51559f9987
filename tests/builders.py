"""Made-up organisations, people, settings, prices and needs for tests. Every name is fictional."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from itertools import count, cycle
from typing import Any, TypeVar

from flask.testing import FlaskClient
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.models import (
    Authority,
    Band,
    Demand,
    DemandCount,
    Dimension,
    Framework,
    HomeArea,
    Kind,
    Need,
    NeedStatus,
    Operator,
    Organisation,
    Part,
    Pattern,
    PlacementSet,
    Pool,
    PriceBasis,
    PriceLine,
    PriceSchedule,
    Provider,
    Provision,
    Region,
    Role,
    ScheduleStatus,
    Setting,
    SettingType,
    Standing,
    Survey,
    SurveyedPrice,
    Tariff,
    TariffStatus,
    Unit,
    Uplift,
    UpliftAnswer,
    UpliftCount,
    UpliftStatus,
    UpliftStep,
    User,
    UserRole,
    Vacancy,
    now,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services.adoption import in_force
from marketplace.services.archives import zip_of
from marketplace.services.letters import Letter
from marketplace.services.people import actor_of
from marketplace.services.placement_sets import add_set
from marketplace.services.tariff_files import read_framework, read_tariff
from marketplace.vocabulary import LONDON
from marketplace.web.repeats import once_key
from pricing.framework import DEMONSTRATION_FRAMEWORK
from pricing.observed import Observed, Placement
from pricing.tariff import DEMONSTRATION_TARIFF
from tests.again import Again, sent
from tests.pricing.placements import placement

PASSWORD = "correct horse battery staple"
ENCRYPTION_KEYS = (bytes(range(32)),)
# Of the least cost that there is: what a password costs to check is the product's, and thousands sign in here.
_PASSWORD_HASH = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_numbers = count(1)
# No authority of England has a code between 500 and 799, so no tariff gives a made-up one an area factor.
_la_codes = cycle(range(500, 800))

T = TypeVar("T")


def kept(session: Session, row: T) -> T:
    """Add a row and flush, so that it has its id."""
    session.add(row)
    session.flush()
    return row


def days_ago(days: int) -> datetime:
    """An instant of that many days ago as people count them: at this time of day in London, whatever the season."""
    return (now().astimezone(LONDON) - timedelta(days=days)).astimezone(UTC)


def region(session: Session, name: str = "") -> Region:
    return kept(session, Region(name=name or f"Region {next(_numbers)}"))


def authority(session: Session, region_: Region | None = None, **fields: Any) -> Authority:
    fields = {"name": f"Fictional Borough {next(_numbers)}", "code": f"{next(_la_codes)}", **fields}
    return kept(session, Authority(region=region_ or region(session), **fields))


def provider(session: Session, name: str = "") -> Provider:
    return kept(session, Provider(name=name or f"Fictional Trust {next(_numbers)}"))


def operator(session: Session) -> Operator:
    return kept(session, Operator(name=f"Operator {next(_numbers)}"))


def user(session: Session, organisation: Organisation, *roles: Role, **fields: Any) -> User:
    number = next(_numbers)
    fields = {"email": f"person{number}@example.org", "name": f"Person {number}", **fields}
    rows = [UserRole(role=role) for role in roles]
    return kept(session, User(organisation=organisation, password_hash=_PASSWORD_HASH, role_rows=rows, **fields))


def setting(session: Session, authority_: Authority, provider_: Provider | None = None, **fields: Any) -> Setting:
    number = next(_numbers)
    fields = {
        "urn": 900000 + number,
        "name": f"Fictional School {number}",
        "type": SettingType.INDEPENDENT,
        "easting": 400000,
        "northing": 300000,
        **fields,
    }
    return kept(session, Setting(authority=authority_, provider=provider_, **fields))


def pool(session: Session, setting_: Setting, *vacancies: tuple[int, int, date, str], **fields: Any) -> Pool:
    """A pool of places with vacancies (low year, high year, from, amount)."""
    fields = {"name": "Places", "unit": Unit.PLACES, "confirmed_at": datetime(2026, 11, 1, 9, tzinfo=UTC), **fields}
    rows = [
        Vacancy(low_year=low, high_year=high, starts_on=starts_on, amount=Decimal(amount))
        for low, high, starts_on, amount in vacancies or [(7, 11, date(2026, 9, 1), "2")]
    ]
    return kept(session, Pool(setting=setting_, vacancies=rows, **fields))


def provision(session: Session, pool_: Pool, **fields: Any) -> Provision:
    fields = {
        "name": "Autism day school",
        "kind": Kind.FULL,
        "pattern": Pattern.DAY,
        "low_year": 7,
        "high_year": 11,
        "needs": ["ASD", "SEMH"],
        "max_ci": 5,
        "max_cl": 4,
        "max_semh": 4,
        "max_sp": 2,
        "facilities": [],
        "las": [],
        **fields,
    }
    return kept(session, Provision(setting_id=pool_.setting_id, setting=pool_.setting, pool=pool_, **fields))


def schedule(
    session: Session,
    provision_: Provision,
    *,
    starts_on: date = date(2026, 9, 1),
    version: int = 1,
    lines: Iterable[PriceLine] = (),
    **prices: int,
) -> PriceSchedule:
    """A published schedule of one provision: core price in pence by band, e.g. intensive=4_800_000; and these lines."""
    prices = prices or {"moderate": 3_000_000, "intensive": 4_800_000, "profound": 6_600_000}
    row = PriceSchedule(setting_id=provision_.setting_id, version=version, starts_on=starts_on)
    hours = Decimal(5) if provision_.kind is Kind.OUTREACH else None
    row.lines = [
        PriceLine(
            provision_id=provision_.id, band=Band(band), part=Part.CORE, weeks=38, amount=pence, hours_a_week=hours
        )
        for band, pence in prices.items()
    ] + list(lines)
    kept(session, row)
    row.status = ScheduleStatus.PUBLISHED
    row.published_at = datetime(2026, 8, 1, 9, tzinfo=UTC)
    session.flush()
    return row


def published(session: Session, provision_: Provision) -> PriceSchedule:
    """The one published schedule of a provision's setting."""
    return session.scalars(
        select(PriceSchedule).where(
            PriceSchedule.setting_id == provision_.setting_id, PriceSchedule.status == ScheduleStatus.PUBLISHED
        )
    ).one()


def surveyed(session: Session, provision_: Provision, *, area: str = "England") -> Survey:
    """A survey that holds one price of this provision, and what its provider is told of the peers."""
    survey = kept(
        session,
        Survey(on=date(2026, 11, 1), made_at=datetime(2026, 11, 1, 1, tzinfo=UTC), state="", left_out=0, tariffs=[]),
    )
    setting_ = provision_.setting
    of = {"band": Band.MODERATE, "pattern": provision_.pattern, "setting_type": setting_.type}
    price = SurveyedPrice(
        survey_id=survey.id,
        provision_id=provision_.id,
        setting_id=setting_.id,
        provider_id=setting_.provider_id,
        authority_id=setting_.authority_id,
        amount=3_100_000,
        guide=3_000_000,
        **of,
    )
    told = {"area": area, "settings": 5, "providers": 3, "lower": 1, "median": 2, "upper": 3}
    standing = Standing(
        provider_id=setting_.provider_id, region_id=setting_.authority.region_id, on=survey.on, **of, **told
    )
    session.add_all([price, standing])
    session.flush()
    return survey


def demand(session: Session, setting_: Setting) -> Demand:
    """What the provider of a setting is told of the needs around it: ten, five of them at the intensive level."""
    counts = [
        DemandCount(dimension=Dimension.ALL, codes=["all"], reach=10, amount=10),
        DemandCount(dimension=Dimension.LEVEL, codes=["3"], reach=10, amount=5),
    ]
    of = {"provider_id": setting_.provider_id, "setting_id": setting_.id}
    return kept(session, Demand(on=date(2026, 11, 1), counts=counts, **of))


def framework(session: Session, **fields: Any) -> Framework:
    """A framework, adopted unless another status is given. Without content of its own the one that holds on its first
    day is taken; with it, it takes over from the one that holds then, from its first day on."""
    starts_on = fields.get("starts_on", date(2026, 4, 1))
    is_adopted = fields.get("status", TariffStatus.ADOPTED) is TariffStatus.ADOPTED
    before = session.scalar(select(Framework).where(*in_force(Framework, starts_on))) if is_adopted else None
    if before is not None and (before.starts_on == starts_on) and not fields.keys() - {"starts_on", "status"}:
        return before
    if before is not None:
        before.status, before.ends_on = TariffStatus.SUPERSEDED, starts_on
        session.flush()
    fields = {
        "name": "Test framework",
        "version": f"{next(_numbers)}",
        "status": TariffStatus.ADOPTED,
        "starts_on": starts_on,
        "makers": [],
        "content": {
            "name": "Test framework",
            "version": "1",
            "status": "adopted",
            "basis": "local",
            "starts_on": "2026-04-01",
            "source": "Made up for tests.",
            "co_occurrence": True,
            "place_funding": {"nmss": 10_000, "state_special": 10_000},
        },
        **fields,
    }
    return kept(session, Framework(**fields))


def framework_in_consultation(session: Session, **fields: Any) -> Framework:
    """A framework from 1 April 2027 on which providers may comment until 15 January: no step for several areas."""
    starts_on = fields.get("starts_on", date(2027, 4, 1))
    content = read_framework(DEMONSTRATION_FRAMEWORK, []) or {}
    changes = {"name": "Next framework", "version": "1", "starts_on": starts_on.isoformat(), "co_occurrence": False}
    fields = {
        "name": "Next framework",
        "version": "1",
        "status": TariffStatus.IN_CONSULTATION,
        "starts_on": starts_on,
        "closes_on": date(2027, 1, 15),
        "content": content | changes,
        **fields,
    }
    return framework(session, **fields)


def demonstration_framework(session: Session) -> Framework:
    """The demonstration framework, which states contents and rates, in force from 1 April 2026."""
    content = read_framework(DEMONSTRATION_FRAMEWORK, []) or {}
    kept_ = session.scalars(select(Framework).where(*in_force(Framework, date(2026, 4, 1)))).one_or_none()
    return kept_ if kept_ is not None and kept_.content == content else framework(session, content=content)


def tariff(session: Session, **fields: Any) -> Tariff:
    """The demonstration tariff, in force under the demonstration framework, which states contents and rates."""
    content = read_tariff(DEMONSTRATION_TARIFF, []) or {}
    rule = fields.pop("framework", None) or demonstration_framework(session)
    fields = {
        "name": content["name"],
        "version": content["version"],
        "status": TariffStatus.ADOPTED,
        "starts_on": date(2026, 4, 1),
        "is_illustrative": True,
        "content": content,
        **fields,
    }
    return kept(session, Tariff(framework=rule, **fields))


def placement_set(
    session: Session, owner: Organisation, placements: Iterable[Placement] = (), **fields: Any
) -> PlacementSet:
    """Six placements, or those given, as their owner added them."""
    observed = Observed.of(placements or [placement(f"P{n}", price=46_000 + 1_000 * n) for n in range(6)])
    fields = {
        "name": f"Placements {next(_numbers)}",
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2027, 3, 31),
        "basis": PriceBasis.CONTRACTED,
        **fields,
    }
    return add_set(session, SYSTEM, owner_id=owner.id, observed=observed, **fields)


def tariff_in_consultation(session: Session, *, owner: Organisation | None, **fields: Any) -> Tariff:
    """A tariff from 1 April 2027 on which providers may comment until 15 January."""
    starts_on = date(2027, 4, 1)
    content = {
        "name": "Next tariff", "version": "1", "basis": "local", "valid_from": starts_on.isoformat(),
        "band": {"moderate": 31_000, "intensive": 50_000}, "pattern": {"day": 1.0},
    }  # fmt: skip
    fields = {
        "name": "Next tariff",
        "version": "1",
        "status": TariffStatus.IN_CONSULTATION,
        "starts_on": starts_on,
        "closes_on": date(2027, 1, 15),
        "content": content,
        "makers": [],
        **fields,
    }
    return kept(session, Tariff(owner=owner, **fields))


def need(session: Session, authority_: Authority, framework_: Framework | None = None, **fields: Any) -> Need:
    """A published need of a year 8 pupil with ASD at intensive level."""
    fields = {
        "reference": f"N-{next(_numbers)}",
        "status": NeedStatus.PUBLISHED,
        "year_group": 8,
        "easting": 405000,
        "northing": 305000,
        "level_ci": 3,
        "level_cl": 2,
        "level_semh": 2,
        "level_sp": 0,
        "primary_need": "ASD",
        "secondary_needs": [],
        "requirements": [],
        "kinds": ["full"],
        "pattern": Pattern.DAY,
        "priority": 3,
        "derived_band": Band.INTENSIVE,
        "band_reasons": ["Highest level is intensive, in communication and interaction."],
        "published_at": datetime(2026, 11, 1, 9, tzinfo=UTC),
        "wishes": [],
        "forbidden": [],
        **fields,
    }
    return kept(session, Need(authority=authority_, framework=framework_ or framework(session), **fields))


def uplift(session: Session, provision_: Provision, la: Authority, words: str = "Pay award", **fields: Any) -> Uplift:
    """A request for 6% that was agreed at 4%, and that the LA has accepted. Its price is the setting's last one."""
    base = published(session, provision_)
    provider_id = provision_.setting.provider_id
    assert provider_id is not None
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    letter = dict(
        Letter(
            on="2026-11-02", reference="Uplift 1", sender=la.name, recipient="Trust", title=words, opening=[words],
            facts=[], rows=[], quoted=words, closing=[], officer=words,
        )
    )  # fmt: skip
    fields = {
        "status": UpliftStatus.AGREED, "percent": Decimal(6), "starts_on": date(2027, 9, 1), "year": 2027,
        "staff": Decimal(75), "premises": Decimal(10), "other": Decimal(15), "reasons": words, "sent_at": at,
        "base": base, "authority_ids": [la.id], "link_id": la.id, "agreed_percent": Decimal(4),
        "answer_by": date(2026, 11, 30), "agreement": letter, **fields,
    }  # fmt: skip
    step = UpliftStep(
        number=1, kind="proposed", organisation_id=provider_id, officer=words, at=at, percent=Decimal(6), reasons=words
    )
    answer = UpliftAnswer(
        authority=la, is_accepted=True, reason=words, officer=words, answered_at=at, letter=letter
    )  # fmt: skip
    count_ = UpliftCount(authority=la, provision=provision_, band=Band.INTENSIVE, stated=3)
    row = Uplift(
        setting_id=provision_.setting_id, provider_id=provider_id, steps=[step], answers=[answer], counts=[count_],
        **fields,
    )  # fmt: skip
    return kept(session, row)


def home_area(session: Session, code: str = "QX4", **fields: Any) -> HomeArea:
    return kept(session, HomeArea(**{"code": code, "name": "Elm", "easting": 401000, "northing": 302000, **fields}))


def acting(user_: User) -> Actor:
    """The person as services know one."""
    return actor_of(user_)


class Browser(FlaskClient):
    """A client whose every form has a key of its own, as if each came from a page just drawn. Tests of forms that are
    sent again say `sends_keys`: then it sends the keys that it is given, and none where it is given none."""

    sends_keys = False
    again: Again | None = None  # sends each form again, in tests of the pages

    def open(self, *arguments: Any, **named: Any) -> TestResponse:
        data = named.get("data")
        if named.get("method") != "POST" or not isinstance(data, dict | bytes | None) or self.sends_keys:
            return self._looked_at(super().open(*arguments, **named))
        if isinstance(data, bytes):  # a file, in a form that has its key
            answer = super().open(*arguments, **named)
            if self.again is not None:
                self.again.send(self, answer, arguments, named, {}, "")
            return answer
        form = {**(data or {}), "once": once_key()}
        if self.again is None:
            return super().open(*arguments, **{**named, "data": form})
        named = sent(self.application, arguments, named, form)
        seen = self.again.versions()
        answer = self._looked_at(super().open(*arguments, **named))
        self.again.send(self, answer, arguments, named, form, seen)
        return answer

    def _looked_at(self, answer: TestResponse) -> TestResponse:
        if self.again is not None:
            self.again.look(self.application, answer)
        return answer


_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def zipped(files: Mapping[str, bytes]) -> bytes:
    """These files, by name, in one zip."""
    return zip_of(files.items())


def text_of(page: str) -> str:
    """A page as it is read: without tags, spaces drawn together."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def csrf_token(page: str) -> str:
    """The token of the first form of a page; empty when it has none."""
    token = _TOKEN.search(page)
    return token[1] if token else ""


def words_of(markup: str) -> str:
    """A page as it is read: without tags, spaces drawn together."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def post(client: FlaskClient, path: str, /, page: str = "", **form: Any) -> TestResponse:
    """Post a form as a browser would: open `page` (default: the path itself) for its CSRF token, then send."""
    return client.post(path, data={**form, "csrf_token": csrf_token(client.get(page or path).text)})
