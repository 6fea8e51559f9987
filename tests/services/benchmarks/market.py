"""A made-up market of day settings whose prices like for like are known: what each asks, and nothing else."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from marketplace.models import Authority, Band, Discipline, Part, PriceLine, Provider, Provision, Setting
from tests import builders

ON = date(2026, 11, 25)


def nothing_beside(provision: Provision, band: Band) -> list[PriceLine]:
    """Lines that state that the price buys no therapy and no one-to-one support."""
    common = {"provision_id": provision.id, "band": band, "weeks": 38, "amount": 0, "hours_a_week": Decimal(0)}
    therapies = [PriceLine(part=Part.THERAPY, discipline=discipline, **common) for discipline in Discipline]
    return [*therapies, PriceLine(part=Part.ONE_TO_ONE, **common)]


def asking(session: Session, authority: Authority, provider: Provider, pence: int, **fields: Any) -> Setting:
    """A setting with one day provision for the moderate band."""
    setting = builders.setting(session, authority, provider, **fields)
    provision = builders.provision(session, builders.pool(session, setting))
    builders.schedule(session, provision, lines=nothing_beside(provision, Band.MODERATE), moderate=pence)
    return setting


def market(session: Session, authority: Authority, providers: Sequence[Provider], count: int) -> list[Setting]:
    """So many settings of these providers in turn, each £1,000 a year dearer than the one before."""
    return [
        asking(session, authority, providers[number % len(providers)], 3_000_000 + 100_000 * number)
        for number in range(count)
    ]
