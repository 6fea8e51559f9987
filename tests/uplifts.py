"""One provider's setting with published prices and three LAs that have placements there, and the steps of an uplift as
their people take them, each in a transaction of its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from unittest.mock import patch

from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.models import Authority, Band, NeedStatus, Provision, Role, Uplift
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import uplift_answers, uplift_drafts, uplift_negotiation, uplift_publication
from marketplace.services.benchmarks import corridors
from marketplace.services.benchmarks.survey import make_survey
from marketplace.services.uplift_assessment import Assessed, assess, seen_by
from marketplace.services.uplift_places import Placing, place_prices
from marketplace.services.uplifts import find_uplift
from tests import builders, commissioning
from tests.services.benchmarks.market import market, nothing_beside

TODAY = date(2026, 11, 25)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
STARTS = date(2027, 9, 1)
SHARES = {"staff": Decimal(75), "premises": Decimal(10), "other": Decimal(15)}
T = TypeVar("T")


class Round:
    """`counts` are placements by (LA, band); the provision is one day school. The first LA has most. A price that is
    whole states that it buys no therapy and no one-to-one support, so that it can be compared."""

    def __init__(self, counts: dict[tuple[int, str], int] | None = None, *, is_whole: bool = False) -> None:
        self.counts = counts or {(0, "moderate"): 7, (0, "intensive"): 6, (1, "moderate"): 6, (2, "intensive"): 5}
        with transaction(SYSTEM) as session:
            region = builders.region(session)
            self.names = ["Norbury", "Southbury", "Westbury"]
            las = [
                builders.authority(session, region, name=name, code=code)  # for which no tariff has an area factor
                for name, code in zip(self.names, ("401", "402", "403"), strict=True)
            ]
            provider = builders.provider(session, "Heron Trust")
            setting = builders.setting(session, las[0], provider, name="Heron House")
            provision = builders.provision(session, builders.pool(session, setting), name="Autism day school")
            bands = (Band.MODERATE, Band.INTENSIVE) if is_whole else ()
            lines = [line for band in bands for line in nothing_beside(provision, band)]
            base = builders.schedule(session, provision, lines=lines, moderate=3_000_050, intensive=4_800_000)
            self.las = [row.id for row in las]
            self.provider_id, self.setting, self.provision, self.base = provider.id, setting.id, provision.id, base.id
            people = [
                builders.user(session, provider, Role.PROVIDER_EDITOR, name="Pat Heron"),
                *(builders.user(session, la, Role.PROCUREMENT, name=f"Officer of {la.name}") for la in las),
                builders.user(session, las[0], Role.COMMISSIONER),
            ]
            self.provider, *self.officers, self.commissioner = map(builders.acting, people)
            self.emails = [person.email for person in people]
        self.id = 0

    def act(self, actor: Actor, service: Callable[..., T], **fields: Any) -> T:
        """One use case, as a request would run it."""
        with transaction(actor) as session:
            return service(session, actor, **fields)

    def step(self, actor: Actor, service: Callable[..., T], **fields: Any) -> T:
        """A use case on the request as it is now."""
        return self.act(actor, service, uplift_id=self.id, version=self.version, **fields)

    def save(self, **fields: Any) -> int:
        """A draft of the request."""
        given: dict[str, Any] = {
            "setting_id": self.setting, "percent": Decimal("6.5"), "starts_on": STARTS, "shares": SHARES,
            "reasons": "The pay award.", "counts": self.rows(), "on": TODAY, **fields,
        }  # fmt: skip
        self.id = self.act(self.provider, uplift_drafts.save_uplift, **given).id
        return self.id

    def rows(self) -> dict[int, dict[str, Any]]:
        return {
            number: {"authority_id": self.las[la], "provision_id": self.provision, "band": Band(band), "stated": stated}
            for number, ((la, band), stated) in enumerate(self.counts.items())
        }

    def send(self, **fields: Any) -> int:
        """A request that is sent."""
        self.save(**fields)
        self.step(self.provider, uplift_drafts.send_uplift, on=TODAY, at=AT)
        return self.id

    def counter(self, actor: Actor, percent: str) -> None:
        self.step(actor, uplift_negotiation.counter, percent=Decimal(percent), reasons="Because.", at=AT)

    def agree(self, actor: Actor, at: datetime = AT) -> None:
        self.step(actor, uplift_negotiation.agree, reasons=None, at=at)

    def answer(self, number: int, *, is_accepted: bool, at: datetime = AT, **counts: int) -> None:
        named = {f"{self.provision}-{band}": count for band, count in counts.items()}
        self.act(
            self.officers[number], uplift_answers.answer_uplift, uplift_id=self.id, is_accepted=is_accepted,
            reason="As our panel decided.", counts=named, at=at,
        )  # fmt: skip

    def publish(self, on: date = TODAY) -> None:
        self.step(self.provider, uplift_publication.publish_agreed, on=on, at=AT)

    def surround(self, count: int = 5) -> list[str]:
        """A tariff, and a survey of so many day settings of three other providers where this one lies, which ask
        £33,087.50 like for like in the moderate band and £1,000 more each; with a corridor for moderate day places.
        Their names, and those of their providers."""
        with transaction(SYSTEM) as session:
            builders.tariff(session)
            others = [builders.provider(session, name) for name in ("Teal Trust", "Rook Trust", "Wren Trust")]
            settings = market(session, session.get_one(Authority, self.las[0]), others, count)
            names = [row.name for row in (*settings, *others)]
        self.survey([["moderate", "day", "independent", 40, 3_204_000, 3_450_000, 3_500_000]])
        return names

    def survey(self, bounds: list[list[Any]] | None) -> None:
        """The survey of a day, with this corridor in the place of a fitted one."""
        kept = bounds and {"n": 40, "pseudo_r2": [0.1, 0.2, 0.3], "bounds": bounds}
        with transaction(SYSTEM) as session, patch.object(corridors, "fit", return_value=kept):
            make_survey(session, SYSTEM, on=TODAY, at=AT)

    def placing(self, actor: Actor) -> Placing:
        """Where the prices lie, as this person's own transaction tells."""
        with transaction(actor) as session:
            found = place_prices(session, actor, find_uplift(session, self.id))
            session.expunge_all()
        return found

    def assessed(self, actor: Actor = SYSTEM) -> Assessed:
        with transaction(SYSTEM) as session:
            return seen_by(assess(session, self.id), actor)

    def kept(self, actor: Actor = SYSTEM) -> Uplift:
        with transaction(actor) as session:
            return loaded(session, self.id)

    @property
    def version(self) -> int:
        return self.kept().version


def loaded(session: Session, uplift_id: int) -> Uplift:
    """A request with all that a test asks of it once the transaction is over."""
    uplift = find_uplift(session, uplift_id)
    for name in ("steps", "answers", "counts", "link", "base"):
        getattr(uplift, name)
    return uplift


def place(trust: Round, la: int, band: Band = Band.INTENSIVE, **fields: Any) -> int:
    """A pupil of an LA placed at the setting through the marketplace."""
    with transaction(SYSTEM) as session:
        need = builders.need(session, session.get_one(Authority, trust.las[la]), status=NeedStatus.PLACED)
        provision = session.get_one(Provision, trust.provision)
        award = commissioning.award(session, need, provision, band=Band.INTENSIVE)
        return commissioning.placement(session, award, band=band, **fields).id
