"""What an LA publishes of its awards: contracts by provider, as a release package of the Open Contracting Data Standard
1.1 (https://standard.open-contracting.org/1.1/).

One child's placement is never published: a release is of all awards of an LA to one provider in a financial year, and
providers with few are taken together, as `small_groups` says. It must hold nothing of a pupil, not even a reference or
a day; and what it says, with what it withholds, adds up to what was awarded.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.models import Authority, Award, AwardBasis, AwardStatus, Provider, london_day
from marketplace.permissions import Actor
from marketplace.services.ledger import financial_year
from marketplace.services.small_groups import FEWEST, too_few

UNREGISTERED = "ocds-000000"  # a prefix that nobody has: publishers register theirs with the standard's keepers
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
SPECIAL_EDUCATION = {"scheme": "CPV", "id": "80340000-9", "description": "Special education services"}
AWARDED = (AwardStatus.MADE, AwardStatus.ENDED)
# How the Procurement Act 2023 had it awarded → the standard's closed list of methods.
METHODS = {
    AwardBasis.FRAMEWORK: "selective",
    AwardBasis.DYNAMIC_MARKET: "selective",
    AwardBasis.USER_CHOICE: "direct",
    AwardBasis.BELOW_THRESHOLD: "direct",
    AwardBasis.DIRECT: "direct",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """The awards of an LA to one provider in a financial year; `provider` None: to several, each with few. `price` is
    pence a year as awarded, without transport; `methods` how many by each of the standard's methods, as far as it can
    be told."""

    name: str
    n: int
    price: int
    provider_id: int | None
    providers: int
    methods: dict[str, int]
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published, by provider's name, those taken together last; what is withheld since all of it is few."""

    authority: Authority
    year: int
    contracts: tuple[Contracts, ...]
    withheld: int
    withheld_price: int

    @property
    def n(self) -> int:
        """Awards in all."""
        return sum(row.n for row in self.contracts) + self.withheld

    @property
    def price(self) -> int:
        """What was awarded in all, pence a year."""
        return sum(row.price for row in self.contracts) + self.withheld_price


def publication(session: Session, actor: Actor, *, year: int) -> Publication:
    """What the actor's LA publishes of the awards that were made in a financial year. Awards of maintained schools are
    no contracts, and not in it."""
    authority = session.get_one(Authority, actor.organisation_id)
    groups: dict[Provider, list[Award]] = defaultdict(list)
    query = select(Award).where(
        Award.authority_id == authority.id, Award.status.in_(AWARDED), Award.basis != AwardBasis.NO_CONTRACT
    )
    for row in session.scalars(query.options(joinedload(Award.provider)).order_by(Award.id)):
        if row.decided_at is not None and financial_year(london_day(row.decided_at)) == year:
            groups[row.provider].append(row)
    rows = [_contracts(provider.name, provider.id, [awards]) for provider, awards in groups.items()]
    hidden = {row.provider_id for row in too_few("supplier", rows)}
    shown = sorted((row for row in rows if row.provider_id not in hidden), key=lambda row: (row.name, row.provider_id))
    few = [awards for provider, awards in groups.items() if provider.id in hidden]
    withheld = [award for awards in few for award in awards]
    if withheld and len(withheld) - max(map(len, few)) >= FEWEST:  # none of them makes out another's from the sum
        shown.append(_contracts(f"{len(few)} providers with few placements each", None, few))
        withheld = []
    return Publication(
        authority=authority,
        year=year,
        contracts=tuple(shown),
        withheld=len(withheld),
        withheld_price=sum(map(_price, withheld)),
    )


def years_of(session: Session, actor: Actor) -> Sequence[int]:
    """The financial years in which the actor's LA made awards, the latest first."""
    query = select(Award.decided_at).where(Award.authority_id == actor.organisation_id, Award.status.in_(AWARDED))
    found = {financial_year(london_day(at)) for at in session.scalars(query) if at is not None}
    return sorted(found, reverse=True)


def release_package(found: Publication, *, prefix: str, address: str, at: datetime) -> bytes:
    """The publication as JSON; `address` is where it is found, `at` when it was made. The same publication gives the
    same bytes but for `at`."""
    instant = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    package = {
        "uri": address,
        "version": "1.1",
        "publishedDate": instant,
        "publisher": {"name": found.authority.name},
        "license": LICENCE,
        "releases": [_release(found, row, prefix, instant) for row in found.contracts],
    }
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode()


def _contracts(name: str, provider_id: int | None, groups: Sequence[Sequence[Award]]) -> Contracts:
    awards = [award for group in groups for award in group]
    methods: dict[str, int] = defaultdict(int)
    for award in awards:
        methods[METHODS[award.basis]] += 1
    notices = {award.notice_reference for award in awards if award.notice_reference}
    return Contracts(
        name=name,
        n=len(awards),
        price=sum(map(_price, awards)),
        provider_id=provider_id,
        providers=len(groups),
        methods=dict(sorted(methods.items())),
        notices=tuple(sorted(notices)) if provider_id is not None else (),
    )


def _price(award: Award) -> int:
    return award.price + award.variation


def _release(found: Publication, row: Contracts, prefix: str, instant: str) -> dict[str, Any]:
    ocid = f"{prefix}-la{found.authority.code}-{found.year}-{row.provider_id or 'others'}"
    buyer = {"id": f"la-{found.authority.code}", "name": found.authority.name}
    suppliers = [] if row.provider_id is None else [{"id": f"provider-{row.provider_id}", "name": row.name}]
    year = f"{found.year}-{(found.year + 1) % 100:02}"
    return {
        "ocid": ocid,
        "id": f"{ocid}-{instant}",
        "date": instant,
        "tag": ["award"],
        "initiationType": "tender",
        "language": "en",
        "parties": [{**buyer, "roles": ["buyer"]}, *({**each, "roles": ["supplier"]} for each in suppliers)],
        "buyer": buyer,
        "tender": {"id": ocid, "mainProcurementCategory": "services", **_method(row)},
        "awards": [
            {
                "id": f"{ocid}-awards",
                "title": f"Placements of children with special educational needs awarded in {year}: {row.name}",
                "status": "active",
                "value": {"amount": row.price / 100, "currency": "GBP"},
                "suppliers": suppliers,
                "items": [
                    {
                        "id": "placements",
                        "description": "Placements, priced for a year as awarded, without transport",
                        "classification": SPECIAL_EDUCATION,
                        "quantity": row.n,
                        "unit": {"name": "placement"},
                    }
                ],
                **_documents(row.notices),
            }
        ],
    }


def _method(row: Contracts) -> dict[str, str]:
    """How they were awarded, where all were awarded alike; a mixture is told only where no part of it is few."""
    if len(row.methods) == 1:
        return {"procurementMethod": next(iter(row.methods))}
    if min(row.methods.values()) < FEWEST:
        return {}
    return {"procurementMethodDetails": "; ".join(f"{name}: {count}" for name, count in row.methods.items())}


def _documents(notices: Iterable[str]) -> dict[str, Any]:
    found = [{"id": notice, "documentType": "awardNotice", "title": f"Notice {notice}"} for notice in notices]
    return {"documents": found} if found else {}
