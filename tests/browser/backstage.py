"""What happens behind the scenes of a walk: settings reply to an authority's consultations, one is awarded, or a place
goes elsewhere.

A process of its own, beside the site's, in the data folder that it has: `python -m tests.browser.backstage answered
Aldermouth`. Every act is that of a use case, by its own actor.
"""

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.cli.session import application
from marketplace.db import transaction
from marketplace.models import (
    OUTCOMES_OF,
    AimMet,
    Authority,
    Award,
    AwardBasis,
    Band,
    CaseDates,
    Consultation,
    ConsultationStatus,
    DestinationOutcome,
    Held,
    Kind,
    Need,
    NeedStatus,
    Part,
    Pathway,
    Placement,
    PriceLine,
    PriceSchedule,
    Provision,
    RefusalCode,
    Role,
    Route,
    ScheduleStatus,
    Setting,
    SettingType,
    User,
    UserRole,
    Vacancy,
    now,
    today,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import approvals, awards, consultations, destination_plans, replies
from marketplace.services.adulthood import FROM_YEAR, is_preparing, year_group_on
from marketplace.services.choices import choices
from marketplace.services.deadlines import begin_of
from marketplace.services.matching.options import provisions_by_id, rank_options
from marketplace.services.open_contracting import last_year
from marketplace.services.outreach import outreach_offered
from marketplace.services.people import actor_of
from tests import builders, commissioning, partnering

SETTINGS = 4  # that are consulted about a need


def acting(session: Session, organisation_id: int, role: Role) -> Actor:
    """The person of an organisation who has the role."""
    with_role = select(User).join(UserRole).where(User.organisation_id == organisation_id, UserRole.role == role)
    return actor_of(session.scalars(with_role.order_by(User.id)).first() or User())


def answered(authority: str) -> dict[str, object]:
    """Consult four settings about a need to which nobody has committed anybody: one offers and keeps a place, one
    offers, one refuses, one does not reply and is overdue."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        commissioner = acting(session, la.id, Role.COMMISSIONER)
        need, chosen = suitable(session, la.id)
        editors = {
            at: acting(session, provision.setting.provider_id or 0, Role.PROVIDER_EDITOR)
            for at, provision in provisions_by_id(session, chosen).items()
        }
        version, band = need.version, need.band
    long_ago = builders.days_ago(16)
    with transaction(commissioner) as session:
        sent = consultations.consult(
            session, commissioner, need_id=need.id, version=version, provision_ids=chosen, on=today(), at=long_ago
        )
        asked = {row.provision_id: row.id for row in sent}
    starts_on = max(today() + timedelta(days=7), need.starts_on or today())
    assert band is not None
    for provision_id, is_held in ((chosen[0], True), (chosen[1], False)):
        with transaction(editors[provision_id]) as session:
            row = session.get_one(Consultation, asked[provision_id])
            replies.offer(
                session, editors[provision_id], consultation_id=row.id, version=row.version, provision_id=provision_id,
                band=band, starts_on=starts_on, is_held=is_held, at=now(), on=today(),
            )  # fmt: skip
    with transaction(editors[chosen[2]]) as session:
        row = session.get_one(Consultation, asked[chosen[2]])
        reasons = {RefusalCode.STAFFING: "Two posts are vacant.", RefusalCode.PREMISES: "There is no lift."}
        replies.refuse(
            session, editors[chosen[2]], consultation_id=row.id, version=row.version, reasons=reasons, at=now()
        )
    with transaction(SYSTEM) as session:
        names = {at: row.setting.name for at, row in provisions_by_id(session, chosen).items()}
    return {
        "need": need.id,
        "reference": need.reference,
        "settings": [names[at] for at in chosen],
        "provisions": chosen,
    }


def placed(authority: str) -> dict[str, object]:
    """The same, and the first offer is awarded by two people: the placement is agreed."""
    return awarded(authority, answered(authority))


def split(authority: str) -> dict[str, object]:
    """One setting is consulted about a porous placement, offers it from today on, and it is awarded by two people."""
    return offered_from_today(authority, Kind.POROUS)


def grown(authority: str) -> dict[str, object]:
    """The same of a full placement, of a pupil from year 9 on."""
    return offered_from_today(authority, Kind.FULL, from_year=FROM_YEAR)


def offered_from_today(authority: str, kind: Kind, *, from_year: int = -1) -> dict[str, object]:
    """One setting is consulted about a placement of this kind, offers it from today on, and it is awarded."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        commissioner = acting(session, la.id, Role.COMMISSIONER)
        need, chosen = suitable(session, la.id, kind=kind, settings=1, from_year=from_year, starts_on=today())
        provision = provisions_by_id(session, chosen)[chosen[0]]
        editor = acting(session, provision.setting.provider_id or 0, Role.PROVIDER_EDITOR)
        version, band = need.version, need.band
        assert band is not None
    with transaction(commissioner) as session:
        (sent,) = consultations.consult(
            session, commissioner, need_id=need.id, version=version, provision_ids=chosen, on=today(), at=now()
        )
    with transaction(editor) as session:
        row = session.get_one(Consultation, sent.id)
        replies.offer(
            session, editor, consultation_id=row.id, version=row.version, provision_id=chosen[0], band=band,
            starts_on=today(), is_held=True, at=now(), on=today(),
        )  # fmt: skip
    return awarded(authority, {"need": need.id, "reference": need.reference})


def out(need_id: str) -> dict[str, object]:
    """Alternative provision, or what suits where there is none with room, is consulted about a need that somebody has
    posted, offers a place from today on, and is awarded by two people."""
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, int(need_id))
        name, reference, version, band = need.authority.name, need.reference, need.version, need.band
        commissioner = acting(session, need.authority_id, Role.COMMISSIONER)
        options = rank_options(session, commissioner, need=need, on=today()).options
        free = [row for row in options if row.vacant >= row.use]
        chosen = next((row for row in free if row.setting_type == SettingType.AP), free[0])
        provision = provisions_by_id(session, [chosen.provision_id])[chosen.provision_id]
        editor = acting(session, provision.setting.provider_id or 0, Role.PROVIDER_EDITOR)
        email = session.get_one(User, editor.user_id).email
        assert band is not None
    with transaction(commissioner) as session:
        (sent,) = consultations.consult(
            session, commissioner, need_id=need.id, version=version, provision_ids=[provision.id], on=today(), at=now()
        )
    with transaction(editor) as session:
        row = session.get_one(Consultation, sent.id)
        replies.offer(
            session, editor, consultation_id=row.id, version=row.version, provision_id=provision.id, band=band,
            starts_on=today(), is_held=True, at=now(), on=today(),
        )  # fmt: skip
    return {**awarded(name, {"need": need.id, "reference": reference}), "provider": email, "consultation": sent.id}


def awarded(authority: str, scene: dict[str, object]) -> dict[str, object]:
    """The first offer is awarded by two people."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        commissioner, approver = (acting(session, la.id, role) for role in (Role.COMMISSIONER, Role.APPROVER))
    with transaction(commissioner) as session:
        need = session.get_one(Need, scene["need"])
        offers = select(Consultation).where(
            Consultation.need_id == need.id, Consultation.status == ConsultationStatus.OFFERED
        )
        row = session.scalars(offers.order_by(Consultation.id)).first()
        assert row is not None
        assert row.offer is not None
        starts_on = row.offer.starts_on
        found = choices(session, need=need, on=today(), starts_on=starts_on)
        choice = next(each for each in found if each.provision.setting_id == row.setting_id)
        award_id = awards.propose_award(
            session, commissioner, need_id=need.id, version=need.version, provision_id=choice.provision.id,
            consultation_version=row.version, total=choice.total or 0, route=Route.OFFER, route_reason=None,
            order_reference=None, starts_on=starts_on, ground=None, ground_evidence=None, answers={},
            reasons="The nearest that meets the need.", basis=AwardBasis.FRAMEWORK, basis_reason=None,
            notice_reference=None, on=today(), at=now(),
        ).id  # fmt: skip
    with transaction(approver) as session:
        version = session.get_one(Award, award_id).version
        approvals.approve_award(session, approver, award_id=award_id, version=version, on=today(), at=now())
    with transaction(SYSTEM) as session:
        placement = session.scalars(select(Placement).where(Placement.award_id == award_id)).one()
        editor = (
            select(User)
            .join(UserRole)
            .where(User.organisation_id == placement.provider_id, UserRole.role == Role.PROVIDER_EDITOR)
        )
        provider = session.scalars(editor.order_by(User.id)).first()
        assert provider is not None
        return {
            **scene,
            "placement": placement.id,
            "starts_on": placement.starts_on.isoformat(),
            "setting": placement.setting.name,
            "provider": provider.email,
            "consultation": row.id,
        }


def asked(authority: str) -> dict[str, object]:
    """One provider is consulted about three pupils: 16 days ago, seen and overdue; 10 days ago; today."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        commissioner = acting(session, la.id, Role.COMMISSIONER)
        published = select(Need).where(Need.authority_id == la.id, Need.status == NeedStatus.PUBLISHED)
        by_provider: dict[int, dict[int, int]] = {}  # provider → need → the best of its provisions for it
        for need in session.scalars(published.order_by(Need.id)):
            options = rank_options(session, commissioner, need=need, on=max(today(), need.starts_on or today())).options
            ranked = [option.provision_id for option in options]
            found = provisions_by_id(session, ranked)
            for provision_id in ranked:
                of_provider = by_provider.setdefault(found[provision_id].setting.provider_id or 0, {})
                of_provider.setdefault(need.id, provision_id)
            provider_id, wanted = max(by_provider.items(), key=lambda item: len(item[1]), default=(0, {}))
            if len(wanted) == 3:
                break
        editor = acting(session, provider_id, Role.PROVIDER_EDITOR)
        email = session.get_one(User, editor.user_id).email
    ids, references = [], []
    for (need_id, provision_id), days in zip(wanted.items(), (16, 10, 0), strict=True):
        with transaction(commissioner) as session:
            need = session.get_one(Need, need_id)
            (row,) = consultations.consult(
                session, commissioner, need_id=need_id, version=need.version, provision_ids=[provision_id],
                on=today(), at=builders.days_ago(days),
            )  # fmt: skip
            ids.append(row.id)
            references.append(need.reference)
    with transaction(editor) as session:
        consultations.see(session, editor, consultation_id=ids[0], at=now())
    return {"provider": email, "consultations": ids, "references": references}


def outreach(authority: str) -> dict[str, object]:
    """The first outreach offered to the authority of which more than an hour a week is free, and its provider."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        offered = outreach_offered(session, authority_id=la.id)
        provision = next(row for row in offered if row.pool.open_on(today()) > 1)
        editor = acting(session, provision.setting.provider_id or 0, Role.PROVIDER_EDITOR)
        return {"provision": provision.id, "provider": session.get_one(User, editor.user_id).email}


def partners(authority: str) -> dict[str, object]:
    """Two settings of a provider, with pupils of the authority and of Aldermouth placed there, six months ago."""
    with transaction(SYSTEM) as session:
        las = [
            session.scalars(select(Authority).where(Authority.name == name)).one() for name in (authority, "Aldermouth")
        ]
        offered = outreach_offered(session, authority_id=las[0].id)[0]
        provider = offered.setting.provider
        assert provider is not None
        editor = acting(session, provider.id, Role.PROVIDER_EDITOR)
        names = (f"Alder House, {authority}", f"Rowan House, {authority}")
        urn = session.scalar(select(func.max(Setting.urn))) or 0
        places = [
            partnering.place(session, las[0], name, provider=provider, editor=editor, urn=urn + number)
            for number, name in enumerate(names, start=1)
        ]
        for la in las:
            starts_on = today() - timedelta(weeks=8)
            for at, kind, count in ((0, Kind.FULL, 11), (1, Kind.FULL, 6), (1, Kind.POROUS, 6), (1, Kind.OUTREACH, 5)):
                about = {"named": f"{authority}-{at}-{kind}", "published_at": builders.days_ago(100)}
                partnering.placed(session, la, places[at], kind, count, starts_on=starts_on, **about)
        email = session.get_one(User, editor.user_id).email
        return {"provider": email, "settings": {place.setting.name: place.setting.urn for place in places}}


def suitable(
    session: Session,
    authority_id: int,
    *,
    kind: Kind = Kind.FULL,
    settings: int = SETTINGS,
    from_year: int = -1,
    starts_on: date | None = None,
) -> tuple[Need, list[int]]:
    """The first published need of the authority without a request, an order or a date that another walk has stated, of
    a pupil from this year group on, that so many settings would suit, and have room for from `starts_on` or else from
    the day it asks for, with one provision of each."""
    actor = acting(session, authority_id, Role.COMMISSIONER)
    open_needs = select(Need).where(
        Need.authority_id == authority_id, Need.status == NeedStatus.PUBLISHED, Need.request_id.is_(None),
        Need.locked_id.is_(None), Need.id.not_in(select(CaseDates.need_id)),
    )  # fmt: skip
    for need in session.scalars(open_needs.order_by(Need.id)):
        if (year_group_on(need, today()) or -1) < from_year:
            continue
        first: dict[int, int] = {}
        on = starts_on or max(today(), need.starts_on or today())
        for option in rank_options(session, actor, need=need, on=on).options:
            # Such a refusal cannot be overruled; alternative provision starts on a plan of the way back.
            may_refuse = option.setting_type not in (SettingType.INDEPENDENT, SettingType.AP)
            if option.vacant >= option.use and option.kind == kind and may_refuse:
                first.setdefault(option.setting_urn, option.provision_id)
        if len(first) >= settings:
            return need, list(first.values())[:settings]
    raise LookupError("no need that so many settings would suit")


def leavers(authority: str) -> dict[str, object]:
    """Of the authority's pupils from year 9 on, two of three have a plan; of 30 it is known what came of it."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        rows = session.scalars(select(Need).where(Need.authority_id == la.id, is_preparing(today())).order_by(Need.id))
        for number, need in enumerate(rows):
            if number % 3 and destination_plans.plan_on(session, need.id, today()) is None:
                commissioning.destination_plan(session, need, pathways=list(Pathway)[: 2 + number % 4])
        known = select(DestinationOutcome.need_id)
        others = select(Need).where(Need.authority_id == la.id, Need.id.not_in(known))
        everybody = others.order_by(Need.id.desc()).limit(30)
        codes = list(OUTCOMES_OF[Pathway.EDUCATION])[:3]
        for number, need in enumerate(session.scalars(everybody).all()):
            commissioning.destination_outcome(
                session, need, code=codes[number % 3], six_months=list(Held)[number % 3], on=date(2026, 1, 5),
                aim_met=list(AimMet)[number % 2],
            )  # fmt: skip
    return {}


def gone(provision_id: str) -> dict[str, object]:
    """Let whatever is free at a provision go to somebody else."""
    with transaction(SYSTEM) as session:
        provision = provisions_by_id(session, [int(provision_id)])[int(provision_id)]
        for row in session.scalars(select(Vacancy).where(Vacancy.pool_id == provision.pool_id)):
            row.amount = row.used
    return {}


def editors(_: str) -> dict[str, object]:
    """Who of each provider states its vacancies, by e-mail address."""
    with transaction(SYSTEM) as session:
        found = select(User.email).where(User.role_rows.any(role=Role.PROVIDER_EDITOR)).order_by(User.id)
        return {"emails": list(session.scalars(found))}


def bought(authority: str) -> dict[str, object]:
    """In the financial year that has ended last the authority has awarded twenty placements with four providers:
    nine, six, four, one. One of its pupils has an identity and dates."""
    with transaction(SYSTEM) as session:
        la = session.scalars(select(Authority).where(Authority.name == authority)).one()
        need, _ = suitable(session, la.id)
        commissioning.identity(session, need)
        commissioning.case_dates(session, need, draft_sent_on=None, plan_issued_on=today())
        decided_at, counts = begin_of(date(last_year(today()), 9, 9)), (9, 6, 4, 1)
        places = [place for place, count in zip(_priced_places(session), counts, strict=False) for _ in range(count)]
        for number, (provision, band) in enumerate(places):
            reference = f"BOUGHT-{number}"
            pupil = builders.need(session, la, need.framework, reference=reference, status=NeedStatus.WITHDRAWN)
            terms = {"band": band, "basis": AwardBasis.USER_CHOICE, "threshold": 10**9}
            commissioning.award(session, pupil, provision, decided_at=decided_at, **terms)
    return {"need": need.id, "reference": need.reference, "year": last_year(today())}


def _priced_places(session: Session) -> list[tuple[Provision, Band]]:
    """A full place of each provider that has published a price of it, with a band that it prices."""
    found: dict[int, tuple[Provision, Band]] = {}
    lines = select(PriceLine).join(PriceSchedule).where(PriceSchedule.status == ScheduleStatus.PUBLISHED)
    for line in session.scalars(lines.where(PriceLine.part == Part.CORE).order_by(PriceLine.id)):
        provision = session.get_one(Provision, line.provision_id)
        if provision.kind is Kind.FULL and provision.setting.provider_id is not None:
            found.setdefault(provision.setting.provider_id, (provision, line.band))
    return list(found.values())


ACTS: dict[str, Callable[[str], dict[str, object]]] = {
    "answered": answered,
    "asked": asked,
    "editors": editors,
    "bought": bought,
    "gone": gone,
    "grown": grown,
    "leavers": leavers,
    "out": out,
    "outreach": outreach,
    "partners": partners,
    "placed": placed,
    "split": split,
}

if __name__ == "__main__":
    with application():
        print(json.dumps(ACTS[sys.argv[1]](sys.argv[2])))  # noqa: T201 - it is a command
