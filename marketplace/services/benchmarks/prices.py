"""The prices of a survey that answer a question: by band, pattern, need, region and type of setting, each by name.

Buyers read them. A provider's transaction finds none, since row-level security shows it no survey.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from marketplace.models import (
    Authority,
    Band,
    Organisation,
    Pattern,
    Provision,
    Region,
    Setting,
    SettingType,
    Survey,
    SurveyedPrice,
)
from pricing.peers import PublishedPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which prices are asked about; what is empty narrows nothing."""

    band: Collection[str] = ()
    pattern: Collection[str] = ()
    need: str | None = None
    region: Collection[int] = ()
    type: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    """One surveyed price: whose, where, for what; like for like, and the band's price, in pence a year."""

    provision_id: int
    setting_id: int
    setting: str
    setting_type: SettingType
    provider_id: int | None
    provider: str | None
    authority_id: int
    authority: str
    region_id: int
    region: str
    band: Band
    pattern: Pattern
    amount: int
    guide: int

    @property
    def published(self) -> PublishedPrice:
        """The price as `pricing.peers` knows it."""
        return PublishedPrice(
            setting=str(self.setting_id),
            provider=str(self.provider_id),
            la=str(self.authority_id),
            band=self.band,
            pattern=self.pattern,
            amount=self.amount,
        )


def surveyed_prices(session: Session, survey: Survey, question: Question) -> list[Priced]:
    """The prices that answer the question, by setting, provision and rising band."""
    la, region, provider = (
        aliased(Organisation.__table__),
        aliased(Organisation.__table__),
        aliased(Organisation.__table__),
    )
    row = SurveyedPrice
    query = (
        select(
            row.provision_id, row.setting_id, Setting.name, row.setting_type, row.provider_id, provider.c.name,
            row.authority_id, la.c.name, Authority.__table__.c.region_id, region.c.name, row.band, row.pattern,
            row.amount, row.guide,
        )
        .join(Setting, Setting.id == row.setting_id)
        .join(Authority.__table__, Authority.__table__.c.id == row.authority_id)
        .join(la, la.c.id == row.authority_id)
        .join(region, region.c.id == Authority.__table__.c.region_id)
        .outerjoin(provider, provider.c.id == row.provider_id)
        .where(row.survey_id == survey.id)
        .order_by(row.setting_id, row.provision_id, row.id)
    )  # fmt: skip
    if question.band:
        query = query.where(row.band.in_(question.band))
    if question.pattern:
        query = query.where(row.pattern.in_(question.pattern))
    if question.type:
        query = query.where(row.setting_type.in_(question.type))
    if question.region:
        query = query.where(Authority.__table__.c.region_id.in_(question.region))
    if question.need:
        query = query.join(Provision, Provision.id == row.provision_id).where(Provision.needs.contains([question.need]))
    found = [Priced(*each) for each in session.execute(query)]
    return sorted(found, key=lambda price: (price.setting_id, price.provision_id, price.band.level))


def list_regions(session: Session) -> list[Region]:
    """The regions in which authorities lie, by name."""
    return list(
        session.scalars(
            select(Region).where(Region.id.in_(select(Authority.region_id))).order_by(Region.name, Region.id)
        )
    )


def commonest(session: Session, survey: Survey) -> tuple[Band, Pattern] | None:
    """The band and pattern with most prices, the lowest band of those with as many: where somebody who asks about
    nothing in particular is led."""
    row = SurveyedPrice
    cells = (row.band, row.pattern)
    counted = session.execute(select(*cells, func.count()).where(row.survey_id == survey.id).group_by(*cells))
    found = sorted(counted, key=lambda each: (-each[2], each[0].level, each[1]))
    return (found[0][0], found[0][1]) if found else None
