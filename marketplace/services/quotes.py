"""Quotes: what each of some options would cost line by line, and how far its fee stands from the guide price.

It must never cap a price, and never rank: matching does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

import pricing.guide
import pricing.quote
import pricing.tariff
from marketplace.models import Band, Kind, Need, PriceLine, Provision
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.services.schedules import in_force, priced
from marketplace.services.tariffs import loaded, tariff_in_force
from pricing.quote import Quote, Transport


def quote_options(
    session: Session, *, need: Need, provisions: Sequence[Provision], transport: Mapping[int, Transport], on: date
) -> dict[int, Quote]:
    """The quote of each provision for the need's band, by provision id; `transport` likewise. One without a published
    price for the band has no quote. Raises Conflict when no framework is in force."""
    if need.band is None or not provisions:
        return {}
    framework = rule(framework_in_force(session, on=on))
    tariff_row = tariff_in_force(session, authority_id=need.authority_id, on=on)
    tariff = loaded(tariff_row) if tariff_row else None
    lines: dict[int, list[PriceLine]] = defaultdict(list)
    for line in session.scalars(
        select(PriceLine)
        .join(PriceLine.schedule)
        .where(PriceLine.provision_id.in_({row.id for row in provisions}), PriceLine.band == need.band, *in_force(on))
        .options(contains_eager(PriceLine.schedule))
    ):
        lines[line.provision_id].append(line)
    return {
        provision.id: pricing.quote.quote(
            priced(lines[provision.id][0].schedule, lines[provision.id]),
            provision=str(provision.id),
            band=need.band,
            kind=provision.kind,
            setting_type=provision.setting.type,
            framework=framework,
            transport=transport[provision.id],
            on=on,
            guide=guide_of(tariff, provision, need.band),
        )
        for provision in provisions
        if provision.id in lines
    }


def guide_of(tariff: pricing.tariff.Tariff | None, provision: Provision, band: Band) -> pricing.guide.GuidePrice | None:
    """The guide price of a provision for a band; None where the tariff states nothing, and for outreach, whose guide
    price is by half-day and staff grade."""
    if tariff is None or provision.kind is Kind.OUTREACH:
        return None
    try:
        return pricing.guide.guide_price(
            tariff,
            kind=provision.kind,
            band=band,
            pattern=provision.pattern,
            la_code=provision.setting.authority.code,
            sessions=provision.sessions,
        )
    except pricing.guide.NotStated:
        return None
