"""An LA with a need, two providers with three settings that can be consulted about it, and another LA; and the steps of
a consultation as their people take them, each in a transaction of its own. The pages send forms by `send`."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.models import Band, Consultation, Need, Provision, RefusalCode, Role, SettingType
from marketplace.permissions import SYSTEM
from marketplace.services import consultations, replies
from marketplace.services.consultation_steps import find_consultation
from tests import builders

ON = date(2026, 11, 30)
AT = datetime(2026, 11, 30, 10, tzinfo=UTC)
STARTS = date(2027, 1, 4)
FROM = date(2026, 9, 1)  # places and prices
T = TypeVar("T")


class Consulting:
    """Elm and Oak are Heron's, Ash is Wren's; each has one place of a day school, at £48,000 for the intensive band."""

    def __init__(self, **need: Any) -> None:
        with transaction(SYSTEM) as session:
            framework = builders.framework(session)
            builders.tariff(session, framework=framework)
            region = builders.region(session)
            la, other = (builders.authority(session, region, name=name) for name in ("Norbury", "Southbury"))
            heron, wren = (builders.provider(session, f"{name} Trust") for name in ("Heron", "Wren"))
            self.provisions: dict[str, int] = {}
            self.settings: dict[str, int] = {}
            for number, (name, provider) in enumerate((("Elm", heron), ("Oak", heron), ("Ash", wren)), start=1):
                setting = builders.setting(
                    session, la, provider, name=f"{name} School", type=SettingType.SECTION41,
                    easting=405_000 - 2_000 * number, northing=305_000,
                )  # fmt: skip
                provision = builders.provision(session, builders.pool(session, setting, (7, 11, FROM, "1")))
                builders.schedule(session, provision, starts_on=FROM)
                self.provisions[name], self.settings[name] = provision.id, setting.id
            self.need = builders.need(session, la, framework, reference="NB-1042", **need).id
            people = {
                "commissioner": builders.user(session, la, Role.COMMISSIONER, name="Noor Bury"),
                "approver": builders.user(session, la, Role.APPROVER),
                "other": builders.user(session, other, Role.COMMISSIONER),
                "region": builders.user(session, region, Role.PROCUREMENT),
                "heron": builders.user(session, heron, Role.PROVIDER_EDITOR),
                "clerk": builders.user(session, heron, Role.ADMINISTRATOR),
                "wren": builders.user(session, wren, Role.PROVIDER_EDITOR),
            }
            self.people = {name: builders.acting(user) for name, user in people.items()}
            self.emails = {name: user.email for name, user in people.items()}

    def act(self, who: str, service: Callable[..., T], **fields: Any) -> T:
        """One use case, as a request of this person would run it."""
        with transaction(self.people[who]) as session:
            return service(session, self.people[who], **fields)

    def consult(self, *names: str, who: str = "commissioner", at: datetime = AT) -> list[int]:
        """Consult these settings in one go; the ids of the consultations, in the order of the ranking."""
        with transaction(self.people[who]) as session:
            version = session.get_one(Need, self.need).version
            chosen = [self.provisions[name] for name in names]
            sent = consultations.consult(
                session, self.people[who], need_id=self.need, version=version, provision_ids=chosen, on=ON, at=at
            )
            return [row.id for row in sent]

    def open(self, consultation_id: int, who: str = "heron") -> None:
        self.act(who, consultations.see, consultation_id=consultation_id, at=AT)

    def offer(self, consultation_id: int, who: str = "heron", **fields: Any) -> None:
        row = self.kept(consultation_id)
        given = {
            "version": row.version, "provision_id": row.provision_id, "band": Band.INTENSIVE, "starts_on": STARTS,
            "at": AT, "on": ON, **fields,
        }  # fmt: skip
        self.act(who, replies.offer, consultation_id=consultation_id, **given)

    def refuse(self, consultation_id: int, who: str = "heron", version: int | None = None, **reasons: str) -> None:
        """Reasons by code, as staffing="Two teachers leave."; by default for want of staff."""
        given = {RefusalCode(code): words for code, words in (reasons or {"staffing": "Two teachers leave."}).items()}
        version = version or self.kept(consultation_id).version
        self.act(who, replies.refuse, consultation_id=consultation_id, version=version, reasons=given, at=AT)

    def withdraw(self, consultation_id: int, who: str = "commissioner") -> None:
        version = self.kept(consultation_id).version
        self.act(who, consultations.withdraw, consultation_id=consultation_id, version=version, at=AT)

    def kept(self, consultation_id: int) -> Consultation:
        with transaction(SYSTEM) as session:
            return find_consultation(session, consultation_id)

    def kept_need(self) -> Need:
        with transaction(SYSTEM) as session:
            return session.get_one(Need, self.need)

    def system(self, query: Callable[[Session], T]) -> T:
        """What the database holds, past row-level security."""
        with transaction(SYSTEM) as session:
            return query(session)

    def change_provision(self, name: str, **fields: Any) -> None:
        with transaction(SYSTEM) as session:
            row = session.scalars(select(Provision).where(Provision.id == self.provisions[name])).one()
            for field, value in fields.items():
                setattr(row, field, value)


def send(client: FlaskClient, page: str, action: str = "", /, **form: Any) -> TestResponse:
    """Open a page and send one of its forms as a browser would: with its token and the version that it shows."""
    opened = client.get(page).text
    version = re.search(r'name="version" value="(\d+)"', opened)
    hidden = {"version": version[1]} if version else {}
    return client.post(action or page, data={"csrf_token": builders.csrf_token(opened), **hidden, **form})
