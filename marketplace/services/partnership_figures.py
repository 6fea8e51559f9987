"""What the figures of a partnership are made of: each pupil and each place, as the rows say, before anything is told.

Counted are the pupils of the authorities that take part, at the settings that take part. It must never be shown: what
may be told of it, `partnership_tables` decides.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.models import (
    Authority,
    Award,
    Claim,
    Consultation,
    Kind,
    LedgerLine,
    MemberKind,
    OutreachOrder,
    PartnershipMember,
    Placement,
    Pool,
    Provision,
    RefusalCode,
    RefusalReason,
    Register,
    Setting,
    Term,
    london_day,
    school_year,
)
from marketplace.services.ledger import financial_year
from marketplace.services.ledger_accounts import until
from marketplace.services.matching.fte import fte_of
from marketplace.services.movement import Path, paths
from marketplace.services.party_groups import Counted

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose pupils count (authorities by id, with their names, and their regions), where (settings by id), and the
    mainstream schools by the id of their membership."""

    authorities: Mapping[int, str]
    regions: Mapping[int, int]
    settings: Mapping[int, Setting]
    schools: Mapping[int, PartnershipMember]

    @classmethod
    def of(cls, members: Sequence[PartnershipMember]) -> "Scope":
        """Of those members that have agreed and hold on the day."""
        settings = [row.setting for row in members if row.setting is not None]
        authorities = [
            row.organisation
            for row in members
            if row.kind is MemberKind.AUTHORITY and isinstance(row.organisation, Authority)
        ]
        return cls(
            authorities={row.id: row.name for row in authorities},
            regions={row.id: row.region_id for row in authorities},
            settings={row.id: row for row in settings},
            schools={row.id: row for row in members if row.kind is MemberKind.SCHOOL},
        )

    def known_to(self, authority_id: int, *provider_ids: int) -> frozenset[int]:
        """Who knows a pupil of an authority singly: it, its region, and providers that teach the pupil or were
        consulted."""
        return frozenset({authority_id, self.regions[authority_id], *provider_ids})


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What a pupil, or an order, takes of a setting, and what it costs a year (None: an order, or not yet placed)."""

    kind: Kind
    setting_id: int
    authority_id: int
    fte: Fraction
    price: int | None
    pupil: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """What is free of one pool on the day, for which kinds."""

    kinds: frozenset[Kind]
    setting_id: int
    fte: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a placement or an order is charged in a financial year, pence: in all, and up to the day."""

    kind: Kind
    authority_id: int
    pupil: Counted


def uses(session: Session, scope: Scope) -> list[Use]:
    """What is taken now for awards and orders: also of placements that are still to begin. What is only held for an
    offer is not among it, since one pupil may have several."""
    kept = func.coalesce(Placement.provision_id, Award.provision_id, OutreachOrder.provision_id)
    rows = session.execute(
        select(Pool.unit, Pool.setting_id, Provision.kind, Placement, Award, OutreachOrder, func.sum(Claim.amount))
        .select_from(Claim)
        .join(Pool, Pool.id == Claim.pool_id)
        .outerjoin(Award, Award.id == Claim.award_id)
        .outerjoin(Placement, Placement.award_id == Award.id)
        .outerjoin(OutreachOrder, OutreachOrder.id == Claim.order_id)
        .join(Provision, Provision.id == kept)
        .where(Claim.ended_at.is_(None), Claim.authority_id.in_(scope.authorities), Pool.setting_id.in_(scope.settings))
        .group_by(Pool.unit, Pool.setting_id, Provision.kind, Placement.id, Award.id, OutreachOrder.id)
        .order_by(Pool.setting_id, Award.id, OutreachOrder.id)
    )
    found = []
    for unit, setting_id, kind, placement, award, order, amount in rows:
        of = award or order
        fte = fte_of(unit, amount)
        price = placement.price if placement is not None else None
        amounts: dict[str, Fraction | int] = {"fte": fte} if price is None else {"fte": fte, "price": price}
        found.append(
            Use(
                kind=kind, setting_id=setting_id, authority_id=of.authority_id, fte=fte, price=price,
                pupil=pupil_of(scope, of, amounts=amounts),
            )
        )  # fmt: skip
    return found


def free(session: Session, scope: Scope, *, on: date) -> list[Free]:
    """What is free on a day of the pools from which something is offered."""
    pools = session.scalars(
        select(Pool)
        .where(Pool.setting_id.in_(scope.settings))
        .options(selectinload(Pool.vacancies), selectinload(Pool.provisions))
        .order_by(Pool.id)
    )
    found = []
    for pool in pools:
        kinds = frozenset(row.kind for row in pool.provisions if row.is_offered)
        if kinds:
            found.append(Free(kinds=kinds, setting_id=pool.setting_id, fte=fte_of(pool.unit, pool.open_on(on))))
    return found


def charges(session: Session, scope: Scope, *, on: date) -> list[Charge]:
    """What is charged in the financial year of a day for placements and orders, each once."""
    setting = func.coalesce(Placement.setting_id, OutreachOrder.setting_id)
    lines = session.scalars(
        select(LedgerLine)
        .outerjoin(Placement, Placement.id == LedgerLine.placement_id)
        .outerjoin(OutreachOrder, OutreachOrder.id == LedgerLine.order_id)
        .where(
            LedgerLine.year == financial_year(on),
            LedgerLine.authority_id.in_(scope.authorities),
            setting.in_(scope.settings),
        )
        .options(joinedload(LedgerLine.placement).joinedload(Placement.provision), joinedload(LedgerLine.order))
        .order_by(LedgerLine.id)
    ).all()
    by_subject: dict[tuple[int | None, int | None], list[LedgerLine]] = {}
    for line in lines:
        by_subject.setdefault((line.placement_id, line.order_id), []).append(line)
    return [_charge(scope, found, on=on) for found in by_subject.values()]


def _charge(scope: Scope, lines: Sequence[LedgerLine], *, on: date) -> Charge:
    placement, order = lines[0].placement, lines[0].order
    of = placement or order
    assert of is not None
    amounts = {
        "to_day": until((line for line in lines if line.starts_on <= on), on),
        "committed": sum(line.amount for line in lines),
    }
    return Charge(
        kind=placement.provision.kind if placement else Kind.OUTREACH,
        authority_id=of.authority_id,
        pupil=pupil_of(scope, of, column="charged", amounts=amounts),
    )


def split_weeks(session: Session, scope: Scope, *, on: date) -> list[tuple[Path, Counted]]:
    """How the split weeks move, each with its pupil. A path names its sides, which tell them apart as well."""
    at = {name: authority_id for authority_id, name in scope.authorities.items()}
    return [
        (path, Counted(path.need_id, frozenset({*scope.known_to(at[path.authority]), path.provider})))
        for path in paths(session, on=on, of=placed(scope))
    ]


def registered(session: Session, scope: Scope, *, year: int, term: Term) -> Iterator[tuple[int, str, Counted]]:
    """The membership of a school, a primary need, and how many pupils have it, by column: SEN support or a plan."""
    rows = session.scalars(
        select(Register)
        .where(Register.member_id.in_(scope.schools), Register.year == year, Register.term == term)
        .order_by(Register.id)
    )
    for row in rows:
        known_to = frozenset({row.organisation_id})
        for column, counts in (("support", row.support), ("plans", row.plans)):
            for need, n in zip(row.needs, counts, strict=True):
                yield row.member_id, need, Counted((row.id, need, column), known_to, column, n)


def refusals(session: Session, scope: Scope, *, on: date) -> list[tuple[RefusalCode, Counted]]:
    """The reasons for which settings have refused in the school year of a day, each with the pupil."""
    begins = date(school_year(on), 9, 1)
    rows = session.execute(
        select(RefusalReason.code, Consultation)
        .join(Consultation, Consultation.id == RefusalReason.consultation_id)
        .where(
            Consultation.authority_id.in_(scope.authorities),
            Consultation.setting_id.in_(scope.settings),
            RefusalReason.code != RefusalCode.FULL,  # which is no refusal
        )
        .order_by(RefusalReason.id)
    )
    return [
        (code, pupil_of(scope, row))
        for code, row in rows
        if row.replied_at is not None and begins <= london_day(row.replied_at) <= on
    ]


def placed(scope: Scope) -> Collection[ColumnElement[bool]]:
    """Of which placements the figures are."""
    return Placement.authority_id.in_(scope.authorities), Placement.setting_id.in_(scope.settings)


def pupil_of(
    scope: Scope,
    of: Placement | Award | Consultation | OutreachOrder,
    *,
    column: str = "",
    amounts: Mapping[str, Fraction | int] | None = None,
) -> Counted:
    """The pupil of a case, or those of an order; an order for a whole school counts as one."""
    known_to = scope.known_to(of.authority_id, of.provider_id)
    if isinstance(of, OutreachOrder):
        n = max(of.pupils_with + of.pupils_without, 1)
        return Counted(("order", of.id), known_to, column, n, amounts or {})
    return Counted(("need", of.need_id), known_to, column, 1, amounts or {})
