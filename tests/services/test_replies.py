"""Replying: an offer at the published price, "full", or a refusal with its reasons; what each keeps and tells."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Band,
    Claim,
    Consultation,
    ConsultationStatus,
    Kind,
    Message,
    Need,
    NeedStatus,
    Offer,
    Part,
    Pool,
    PriceLine,
    PriceSchedule,
    Provision,
    RefusalCode,
    RefusalReason,
    ScheduleStatus,
    Unit,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import consultations, replies
from marketplace.services.consultation_steps import find_consultation
from tests import builders, commissioning
from tests.consulting import AT, FROM, ON, STARTS, Consulting


@pytest.fixture
def case(database: Engine) -> Consulting:  # noqa: ARG001
    return Consulting()


@pytest.fixture
def asked(case: Consulting) -> int:
    return case.consult("Elm")[0]


def used(case: Consulting) -> Decimal:
    return case.system(lambda session: session.scalar(select(func.sum(Vacancy.used)))) or Decimal(0)


def errors(case: Consulting, asked: int, **fields: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refused:
        case.offer(asked, **fields)
    assert case.kept(asked).status is ConsultationStatus.SENT
    return refused.value.errors


def test_an_offer_takes_its_price_from_what_is_published_for_the_band(case: Consulting, asked: int) -> None:
    case.offer(asked, note="Visits on Tuesdays.")
    row = case.kept(asked)
    assert (row.status, row.replied_at) == (ConsultationStatus.OFFERED, AT)
    assert row.seen_at == AT, "who replies has seen it"
    assert row.offer is not None
    assert (row.offer.price, row.offer.variation, row.offer.total) == (4_800_000, 0, 4_800_000)
    assert row.offer.lines == [
        {"part": "core", "discipline": None, "hours_a_week": None, "weeks": 38, "amount": 4_800_000}
    ]
    assert (row.offer.starts_on, row.offer.note, row.offer.held_until) == (STARTS, "Visits on Tuesdays.", None)
    assert used(case) == 0, "nothing is kept unless the setting says so"
    assert case.kept_need().status is NeedStatus.OFFERED
    owed = select(Message.user_id).where(Message.template == "reply_offered")
    assert case.system(lambda session: session.scalars(owed).all()) == [case.people["commissioner"].user_id]


def test_the_price_is_that_of_the_schedule_in_force_on_the_first_day(case: Consulting, asked: int) -> None:
    with transaction(SYSTEM) as session:
        first = session.scalars(select(PriceSchedule).where(PriceSchedule.setting_id == case.settings["Elm"])).one()
        first.status, first.ends_on = ScheduleStatus.SUPERSEDED, date(2027, 4, 1)
        session.flush()
        row = PriceSchedule(setting_id=case.settings["Elm"], version=2, starts_on=date(2027, 4, 1))
        core = {"provision_id": case.provisions["Elm"], "band": Band.INTENSIVE, "part": Part.CORE, "weeks": 38}
        therapy = {**core, "part": Part.THERAPY, "discipline": "salt", "hours_a_week": Decimal("1.5")}
        row.lines = [PriceLine(**core, amount=5_000_000), PriceLine(**therapy, amount=300_000)]
        builders.kept(session, row)
        row.status, row.published_at = ScheduleStatus.PUBLISHED, AT
    case.offer(asked, starts_on=date(2027, 3, 31))
    assert case.kept(asked).offer.price == 4_800_000  # type: ignore[union-attr]
    case.offer(asked, starts_on=date(2027, 4, 1))
    made = case.kept(asked).offer
    assert made is not None
    assert (made.price, [line["part"] for line in made.lines]) == (5_300_000, ["core", "therapy"])


def test_what_is_asked_beside_the_price_has_a_reason_and_the_total_both(case: Consulting, asked: int) -> None:
    case.offer(asked, variation=-120_000, variation_reason="No transport at noon.")
    made = case.kept(asked).offer
    assert made is not None
    assert (made.price, made.variation, made.total) == (4_800_000, -120_000, 4_680_000)


def test_what_an_offer_cannot_be_is_said_beside_its_field(case: Consulting, asked: int) -> None:
    assert "variation_reason" in errors(case, asked, variation=100)
    assert "variation" in errors(case, asked, variation=-4_800_001, variation_reason="A gift.")
    for day in (ON - timedelta(days=1), ON + timedelta(days=2 * 366 + 1)):
        assert "starts_on" in errors(case, asked, starts_on=day)
    for provision_id in (case.provisions["Oak"], case.provisions["Ash"], 10**9):
        assert "provision_id" in errors(case, asked, provision_id=provision_id)
    found = errors(case, asked, band=Band.EXCEPTIONAL)
    assert found == {
        "provision_id": ["Autism day school has no published price for this band on 4 January 2027. Publish one first."]
    }


def test_today_and_two_years_ahead_are_days_to_start_on(case: Consulting, asked: int) -> None:
    for day in (ON, ON + timedelta(days=2 * 366)):
        case.offer(asked, starts_on=day)
        assert case.kept(asked).offer.starts_on == day  # type: ignore[union-attr]


def test_a_place_is_kept_for_15_days_and_no_second_one_where_there_is_one(case: Consulting, asked: int) -> None:
    with transaction(SYSTEM) as session:
        la, framework = session.get_one(Need, case.need).authority, session.get_one(Need, case.need).framework
        second = builders.need(session, la, framework).id
    case.offer(asked, is_held=True)
    held = case.system(lambda session: session.scalars(select(Claim)).one())
    assert (held.consultation_id, held.amount, held.held_until) == (asked, 1, AT + timedelta(days=15))
    assert used(case) == 1
    case.need = second
    (other,) = case.consult("Elm")
    found = errors(case, other, is_held=True)
    assert "State your vacancies first, or offer without keeping a place" in found["is_held"][0]
    case.offer(other)
    assert used(case) == 1


def test_another_reply_frees_the_place_that_was_kept_and_takes_the_place_of_the_first(
    case: Consulting, asked: int
) -> None:
    case.offer(asked, is_held=True)
    case.refuse(asked, staffing="Two teachers leave.", premises="No lift.")
    row = case.kept(asked)
    assert (row.status, row.offer, used(case)) == (ConsultationStatus.REFUSED, None, 0)
    assert [(reason.code, reason.words) for reason in row.reasons] == [
        (RefusalCode.STAFFING, "Two teachers leave."), (RefusalCode.PREMISES, "No lift."),
    ]  # fmt: skip
    assert case.kept_need().status is NeedStatus.CONSULTING
    case.offer(asked, is_held=True)
    assert (case.kept(asked).status, case.kept(asked).reasons, used(case)) == (ConsultationStatus.OFFERED, [], 1)
    assert case.kept_need().status is NeedStatus.OFFERED
    kept = case.system(lambda session: session.scalar(select(func.count()).select_from(RefusalReason)))
    assert kept == 0


def test_full_is_said_without_words_and_alone(case: Consulting, asked: int) -> None:
    case.refuse(asked, full="")
    assert case.kept(asked).status is ConsultationStatus.FULL
    with pytest.raises(Invalid, match="no reason in law beside others"):
        case.refuse(asked, full="", staffing="Nobody.")


def test_a_refusal_has_a_reason_and_each_reason_its_words(case: Consulting, asked: int) -> None:
    version = case.kept(asked).version
    with pytest.raises(Invalid, match="at least one reason"):
        case.act("heron", replies.refuse, consultation_id=asked, version=version, reasons={}, at=AT)
    with pytest.raises(Invalid) as refused:
        case.refuse(asked, staffing="Nobody.", therapy=" ")
    assert list(refused.value.errors) == ["reasons-therapy"]
    assert case.kept(asked).status is ConsultationStatus.SENT


def outreach(case: Consulting) -> int:
    """Another provision of Elm: five hours a week in mainstream."""
    with transaction(SYSTEM) as session:
        setting = session.get_one(Provision, case.provisions["Elm"]).setting
        hours = builders.pool(session, setting, (7, 11, FROM, "12"), unit=Unit.HOURS, name="Hours")
        row = builders.provision(session, hours, kind=Kind.OUTREACH, name="Advisory team")
        first = session.scalars(select(PriceSchedule).where(PriceSchedule.setting_id == setting.id)).one()
        first.status, first.ends_on = ScheduleStatus.SUPERSEDED, date(2026, 10, 1)
        session.flush()
        second = PriceSchedule(setting_id=setting.id, version=2, starts_on=date(2026, 10, 1))
        second.lines = [
            PriceLine(
                provision_id=row.id, band=Band.MILD, part=Part.CORE, weeks=38, amount=900_000, hours_a_week=Decimal(5)
            )
        ]
        builders.kept(session, second)
        second.status, second.published_at = ScheduleStatus.PUBLISHED, AT
        return row.id


def test_an_offer_may_name_another_provision_and_band_and_keeps_its_hours(case: Consulting, asked: int) -> None:
    row = outreach(case)
    case.offer(asked, provision_id=row, band=Band.MILD, is_held=True)
    made = case.kept(asked).offer
    assert made is not None
    assert (made.provision_id, made.band, made.price, made.hours_a_week) == (row, Band.MILD, 900_000, 5)
    hours = select(Vacancy.used).join(Pool).where(Pool.unit == Unit.HOURS)
    assert case.system(lambda session: session.scalar(hours)) == 5


def test_the_offer_to_look_at_is_the_one_that_is_then_made_and_keeps_nothing(case: Consulting, asked: int) -> None:
    fields = {
        "provision_id": case.provisions["Elm"], "band": Band.INTENSIVE, "starts_on": STARTS, "variation": 5_000,
        "variation_reason": "A key adult.", "is_held": True, "at": AT, "on": ON,
    }  # fmt: skip
    with transaction(case.people["heron"]) as session:
        row = replies.find_to_reply(
            session, case.people["heron"], consultation_id=asked, version=find_consultation(session, asked).version
        )
        drawn = replies.drawn_offer(session, row, **fields)
        told = (drawn.price, drawn.lines, drawn.total, drawn.held_until)
    assert case.system(lambda session: session.scalar(select(func.count()).select_from(Offer))) == 0
    assert (case.kept(asked).status, used(case)) == (ConsultationStatus.SENT, 0)
    case.offer(asked, **fields)
    made = case.kept(asked).offer
    assert made is not None
    assert (made.price, made.lines, made.total, made.held_until) == told


@pytest.mark.parametrize(
    ("who", "error"), [("wren", NotFound), ("other", NotFound), ("clerk", NotPermitted), ("commissioner", NotPermitted)]
)
def test_only_editors_of_the_provider_that_was_asked_reply(
    case: Consulting, asked: int, who: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        case.offer(asked, who)
    with pytest.raises(error):
        case.refuse(asked, who)
    with pytest.raises(error):
        case.act(who, replies.find_to_reply, consultation_id=asked, version=1)
    assert case.kept(asked).status is ConsultationStatus.SENT


def test_a_reply_on_an_old_page_is_refused(case: Consulting, asked: int) -> None:
    version = case.kept(asked).version
    case.refuse(asked)
    with pytest.raises(Stale):
        case.refuse(asked, version=version)
    with pytest.raises(Stale):
        case.offer(asked, version=version)
    with pytest.raises(Stale):
        case.act("heron", replies.find_to_reply, consultation_id=asked, version=version)


@pytest.mark.parametrize("status", ["withdrawn", "awarded", "closed"])
def test_after_the_authority_has_decided_nobody_replies(case: Consulting, asked: int, status: str) -> None:
    case.offer(asked)
    with transaction(SYSTEM) as session:
        row = session.get_one(Consultation, asked)
        row.status, row.ended_at = ConsultationStatus(status), AT
    with pytest.raises(InvalidTransition, match="waits for no reply any more"):
        case.refuse(asked)
    assert case.kept(asked).offer is not None, "what was offered stays as it was"


def test_a_late_reply_counts_until_the_authority_has_decided(case: Consulting, asked: int) -> None:
    late = datetime(2026, 12, 20, 9, tzinfo=UTC)
    case.offer(asked, at=late, on=late.date())
    assert case.kept(asked).replied_at == late


def test_what_a_setting_offers_no_rival_and_no_other_authority_reads(case: Consulting, asked: int) -> None:
    (ash,) = case.consult("Ash")
    case.offer(asked, variation=1, variation_reason="CANARY")
    case.refuse(ash, "wren", other="CANARY")
    for who, offers, reasons in (
        ("heron", 1, 0),
        ("wren", 0, 1),
        ("commissioner", 1, 1),
        ("region", 1, 1),
        ("other", 0, 0),
    ):
        with transaction(case.people[who]) as session:
            assert session.scalar(select(func.count()).select_from(Offer)) == offers, who
            assert session.scalar(select(func.count()).select_from(RefusalReason)) == reasons, who


def test_what_is_recorded_of_a_reply_holds_codes_and_sums_and_no_words(case: Consulting, asked: int) -> None:
    case.offer(asked, variation=1, variation_reason="CANARY", note="CANARY")
    case.refuse(asked, other="CANARY")
    kept = case.system(lambda session: session.execute(select(AuditEvent.event, AuditEvent.data)).all())
    assert {"offer made", "need refused"} <= {event for event, _ in kept}
    assert "CANARY" not in str(kept)
    assert next(data for event, data in kept if event == "need refused")["reasons"] == ["other"]


def test_a_setting_reads_which_placement_came_of_its_offer(case: Consulting, asked: int) -> None:
    case.offer(asked)
    with transaction(SYSTEM) as session:
        row, need = session.get_one(Consultation, asked), session.get_one(Need, case.need)
        provision = session.get_one(Provision, case.provisions["Elm"])
        award = commissioning.award(session, need, provision, row)
        commissioning.placement(session, award)
        row.status, row.ended_at = ConsultationStatus.AWARDED, commissioning.DECIDED_AT
    for who, knows in (("heron", True), ("wren", False), ("commissioner", True)):
        with transaction(case.people[who]) as session:
            found = consultations.placement_of(session, case.kept(asked))
            assert (found is not None) == knows


def test_a_placement_that_came_of_an_earlier_consultation_is_not_taken_for_that_of_a_later_one(
    case: Consulting, asked: int
) -> None:
    case.offer(asked)
    with transaction(SYSTEM) as session:
        row, need = session.get_one(Consultation, asked), session.get_one(Need, case.need)
        provision = session.get_one(Provision, case.provisions["Elm"])
        commissioning.placement(session, commissioning.award(session, need, provision, row))
        row.status, row.ended_at = ConsultationStatus.CLOSED, commissioning.DECIDED_AT  # that placement has ended
    (again,) = case.consult("Elm")
    with transaction(SYSTEM) as session:
        later = session.get_one(Consultation, again)
        later.status, later.ended_at = ConsultationStatus.CLOSED, AT
    with transaction(case.people["heron"]) as session:
        assert consultations.placement_of(session, case.kept(asked)) is not None
        assert consultations.placement_of(session, case.kept(again)) is None
