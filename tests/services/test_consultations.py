"""Consulting: who may be asked about whom, what they read, when they reply by, what ends it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    OPEN_CONSULTATIONS,
    AuditEvent,
    Award,
    AwardStatus,
    Claim,
    Consultation,
    ConsultationStatus,
    Message,
    Need,
    NeedStatus,
    Provision,
    Setting,
    Vacancy,
)
from marketplace.permissions import SYSTEM
from marketplace.services import consultations, needs, reminders
from marketplace.services.consultation_list import PAGE, Due, Filters, count_due, list_consultations
from marketplace.services.consultation_steps import find_consultation, move
from marketplace.vocabulary import WITHDRAWALS
from tests import builders, commissioning
from tests.consulting import AT, ON, Consulting


@pytest.fixture
def case(database: Engine) -> Consulting:  # noqa: ARG001
    return Consulting()


def preview(case: Consulting, *names: str, who: str = "commissioner") -> Any:
    with transaction(case.people[who]) as session:
        need = session.get_one(Need, case.need)
        chosen = [case.provisions[name] for name in names]
        return consultations.preview(session, case.people[who], need=need, provision_ids=chosen, on=ON)


def test_what_is_previewed_is_what_each_setting_reads_in_the_order_of_the_ranking(case: Consulting) -> None:
    rows = preview(case, "Ash", "Elm")
    assert [provision.setting.name for provision, _ in rows] == ["Elm School", "Ash School"]
    sent = case.consult("Ash", "Elm")
    assert [case.kept(each).brief for each in sent] == [brief for _, brief in rows]
    brief = case.kept(sent[0]).brief
    assert brief["reference"] == "NB-1042"
    assert brief["authority"] == "Norbury"
    assert brief["levels"] == [3, 2, 2, 0]
    assert (brief["band"], brief["distance"], brief["is_requested"]) == ("intensive", 3, False)


def test_a_brief_says_where_the_pupil_lives_by_no_more_than_a_distance(case: Consulting) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).home_area = "QX4"
    told = json.dumps([brief for _, brief in preview(case, "Elm")])
    assert "QX4" not in told
    assert "405000" not in told


def test_only_the_setting_that_the_parents_request_is_told_so(case: Consulting) -> None:
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need)
        need.request_id, need.ground, need.ground_evidence = case.settings["Oak"], "resources", "The comparison."
    told = {provision.setting.name: brief["is_requested"] for provision, brief in preview(case, "Elm", "Oak")}
    assert told == {"Elm School": False, "Oak School": True}


def test_a_provision_that_is_no_option_can_be_consulted_with_its_distance(case: Consulting) -> None:
    case.change_provision("Oak", needs=["HI"])
    assert [brief["distance"] for _, brief in preview(case, "Oak")] == [6]


def test_all_are_sent_in_one_go_with_15_days_and_each_provider_is_owed_a_message(case: Consulting) -> None:
    sent = [case.kept(each) for each in case.consult("Elm", "Oak", "Ash")]
    assert {row.status for row in sent} == {ConsultationStatus.SENT}
    assert {row.due_on for row in sent} == {date(2026, 12, 15)}
    assert case.kept_need().status is NeedStatus.CONSULTING
    owed = case.system(lambda session: session.execute(select(Message.template, Message.user_id)).all())
    heron, wren = case.people["heron"].user_id, case.people["wren"].user_id
    assert sorted(owed) == sorted([("consultation_sent", heron)] * 2 + [("consultation_sent", wren)])
    events = case.system(lambda session: session.scalars(select(AuditEvent.event)).all())
    assert sorted(events) == ["setting consulted"] * 3 + ["settings consulted"]


def test_sent_at_eleven_at_night_in_summer_the_15_days_begin_with_the_day_of_london(case: Consulting) -> None:
    (sent,) = case.consult("Elm", at=datetime(2027, 6, 30, 23, 30, tzinfo=UTC))
    assert case.kept(sent).due_on == date(2027, 7, 16)


@pytest.mark.parametrize("names", [(), ("Elm", "Elm")])
def test_nothing_selected_is_said(case: Consulting, names: tuple[str, ...]) -> None:
    if names:
        assert len(case.consult(*names)) == 1, "one that is ticked twice is one"
        return
    with pytest.raises(Invalid, match="Select at least one setting to consult"):
        case.consult()


def test_two_provisions_of_one_setting_are_not_asked_about_at_once(case: Consulting) -> None:
    with transaction(SYSTEM) as session:
        pool = session.get_one(Provision, case.provisions["Elm"]).pool
        second = builders.provision(session, pool, name="Another day school")
        builders.kept(session, second)
        case.provisions["Elm 2"] = second.id
    with pytest.raises(Invalid, match="Elm School: you chose two of its provisions"):
        case.consult("Elm", "Elm 2")


def test_who_cannot_be_consulted_is_named_with_what_to_do(case: Consulting) -> None:
    case.change_provision("Ash", is_offered=False)
    with pytest.raises(Invalid, match="not offered any more"):
        case.consult("Ash")
    with transaction(SYSTEM) as session:
        session.get_one(Setting, case.settings["Oak"]).provider_id = None
        session.get_one(Need, case.need).forbidden = [case.provisions["Elm"]]
    with pytest.raises(Invalid, match="Oak School: nobody answers for it here yet"):
        case.consult("Oak")
    with pytest.raises(Invalid, match="Elm School: Autism day school is ruled out for this pupil"):
        case.consult("Elm")
    assert case.system(lambda session: session.scalar(select(func.count()).select_from(Consultation))) == 0


def test_a_setting_is_consulted_once_and_again_only_after_it_was_withdrawn(case: Consulting) -> None:
    (first,) = case.consult("Elm")
    with pytest.raises(Conflict, match="Already consulted about this pupil: Elm School"):
        case.consult("Elm", "Oak")
    case.withdraw(first)
    assert len(case.consult("Elm", "Oak")) == 2


@pytest.mark.parametrize("status", [NeedStatus.PLACED, NeedStatus.WITHDRAWN, NeedStatus.DRAFT])
def test_nobody_is_consulted_about_a_need_that_is_not_open(case: Consulting, status: NeedStatus) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, case.need).status = status
    with pytest.raises(InvalidTransition, match=f"This need is {status}, so nobody is consulted about it"):
        case.consult("Elm")


def test_a_need_that_a_colleague_has_changed_is_looked_at_again(case: Consulting) -> None:
    with transaction(case.people["commissioner"]) as session:
        version = session.get_one(Need, case.need).version
        session.get_one(Need, case.need).mainstream = "A colleague's words."
    fields = {"need_id": case.need, "version": version, "provision_ids": [case.provisions["Elm"]], "on": ON, "at": AT}
    with pytest.raises(Stale):
        case.act("commissioner", consultations.consult, **fields)


@pytest.mark.parametrize(("who", "error"), [("approver", NotPermitted), ("other", NotFound), ("heron", NotFound)])
def test_only_commissioners_of_the_authority_consult(case: Consulting, who: str, error: type[Exception]) -> None:
    version = case.kept_need().version
    fields = {"need_id": case.need, "version": version, "provision_ids": [case.provisions["Elm"]], "on": ON, "at": AT}
    with pytest.raises(error):
        case.act(who, consultations.consult, **fields)


def test_a_consultation_is_known_to_its_two_sides_and_the_region_only(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    for who, knows in (("commissioner", True), ("region", True), ("heron", True), ("wren", False), ("other", False)):
        with transaction(case.people[who]) as session:
            if knows:
                assert find_consultation(session, sent).setting.name == "Elm School"
            else:
                with pytest.raises(NotFound):
                    find_consultation(session, sent)


def test_that_a_setting_has_seen_it_is_kept_once_and_by_its_own_editors(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    for who, error in (("clerk", NotPermitted), ("commissioner", NotPermitted), ("wren", NotFound)):
        with pytest.raises(error):
            case.open(sent, who)
    assert case.kept(sent).seen_at is None
    case.open(sent)
    case.act("heron", consultations.see, consultation_id=sent, at=AT + timedelta(days=1))
    assert case.kept(sent).seen_at == AT
    seen = select(func.count()).where(AuditEvent.event == "consultation seen")
    assert case.system(lambda session: session.scalar(seen)) == 1


def test_what_is_over_is_not_marked_as_seen(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    case.withdraw(sent)
    case.open(sent)
    assert case.kept(sent).seen_at is None


def test_withdrawing_frees_the_place_that_is_kept_and_ends_it(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    case.offer(sent, is_held=True)
    used = select(func.sum(Vacancy.used))
    assert case.system(lambda session: session.scalar(used)) == 1
    case.withdraw(sent)
    row = case.kept(sent)
    assert (row.status, row.ended_at) == (ConsultationStatus.WITHDRAWN, AT)
    assert case.system(lambda session: session.scalar(used)) == 0
    assert case.kept_need().status is NeedStatus.PUBLISHED
    templates = case.system(lambda session: session.scalars(select(Message.template)).all())
    assert sorted(templates) == ["consultation_sent", "consultation_withdrawn", "reply_offered"]


def test_withdrawing_twice_or_an_old_page_is_refused(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    version = case.kept(sent).version
    case.open(sent)
    with pytest.raises(Stale):
        case.act("commissioner", consultations.withdraw, consultation_id=sent, version=version, at=AT)
    case.withdraw(sent)
    with pytest.raises(InvalidTransition, match="This consultation is withdrawn"):
        case.withdraw(sent)


@pytest.mark.parametrize(("who", "error"), [("approver", NotPermitted), ("heron", NotPermitted), ("other", NotFound)])
def test_only_commissioners_of_the_authority_withdraw(case: Consulting, who: str, error: type[Exception]) -> None:
    (sent,) = case.consult("Elm")
    with pytest.raises(error):
        case.withdraw(sent, who)


def withdraw_need(case: Consulting) -> None:
    version = case.kept_need().version
    reason = next(iter(WITHDRAWALS))
    case.act("commissioner", needs.withdraw_need, need_id=case.need, version=version, reason=reason)


def test_with_a_need_every_consultation_about_it_is_withdrawn_and_the_settings_told(case: Consulting) -> None:
    first, second = case.consult("Elm", "Ash")
    case.offer(first, is_held=True)
    withdraw_need(case)
    assert {case.kept(each).status for each in (first, second)} == {ConsultationStatus.WITHDRAWN}
    live = select(func.count()).select_from(Claim).where(Claim.ended_at.is_(None))
    assert case.system(lambda session: session.scalar(live)) == 0
    told = select(func.count()).where(Message.template == "consultation_withdrawn")
    assert case.system(lambda session: session.scalar(told)) == 2


def test_a_need_of_which_an_award_waits_for_its_approval_is_not_withdrawn(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    case.offer(sent)
    with transaction(SYSTEM) as session:
        provision = session.get_one(Provision, case.provisions["Elm"])
        need, row = session.get_one(Need, case.need), session.get_one(Consultation, sent)
        award = commissioning.award(session, need, provision, row, status=AwardStatus.PROPOSED)
    with pytest.raises(Conflict, match="Take it back first"):
        withdraw_need(case)
    with transaction(SYSTEM) as session:
        kept = session.get_one(Award, award.id)
        kept.status, kept.held_until = AwardStatus.LAPSED, None
    withdraw_need(case)


@pytest.mark.parametrize(
    "status", [ConsultationStatus.WITHDRAWN, ConsultationStatus.AWARDED, ConsultationStatus.CLOSED]
)
def test_what_has_ended_is_open_no_more(status: ConsultationStatus) -> None:
    for to in OPEN_CONSULTATIONS:
        with pytest.raises(InvalidTransition):
            move(Consultation(status=status), to)


def remind(case: Consulting, *ids: int, at: datetime = AT, who: str = "commissioner") -> list[int]:
    return [row.id for row in case.act(who, reminders.chase, consultation_ids=ids, at=at)]


def test_those_that_have_not_replied_are_reminded_not_twice_a_day(case: Consulting) -> None:
    first, second = case.consult("Elm", "Ash")
    case.refuse(second, "wren")
    assert remind(case, first, second) == [first]
    assert remind(case, first, second, at=AT + timedelta(hours=19)) == []
    assert remind(case, first, at=AT + timedelta(hours=20)) == [first]
    owed = select(func.count()).where(Message.template == "consultation_chased")
    assert case.system(lambda session: session.scalar(owed)) == 2


def test_a_reminder_needs_a_selection_of_ones_own(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    with pytest.raises(Invalid, match="Select at least one consultation"):
        remind(case)
    with pytest.raises(NotFound):
        remind(case, sent, who="other")
    with pytest.raises(NotFound):
        remind(case, sent, 10**9)
    with pytest.raises(NotPermitted):
        remind(case, sent, who="approver")


@pytest.mark.parametrize(
    ("day", "reminded"), [(6, 0), (7, 7), (8, 7), (11, 7), (12, 12), (14, 12), (15, 15), (16, 15), (40, 15)]
)
def test_the_system_reminds_on_days_7_12_and_15_once_each(case: Consulting, day: int, reminded: int) -> None:
    (sent,) = case.consult("Elm")
    on = ON + timedelta(days=day)
    assert case.system(lambda session: reminders.remind(session, SYSTEM, on=on)) == (1 if reminded else 0)
    assert case.system(lambda session: reminders.remind(session, SYSTEM, on=on)) == 0
    assert case.kept(sent).reminded == reminded
    silent = select(func.count()).where(Message.template == "consultation_silent")
    assert case.system(lambda session: session.scalar(silent)) == (1 if reminded == 15 else 0)


def test_who_has_replied_is_reminded_no_more(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    case.refuse(sent)
    assert case.system(lambda session: reminders.remind(session, SYSTEM, on=ON + timedelta(days=15))) == 0


def listed(case: Consulting, who: str, *, on: date = ON, **filters: Any) -> dict[Due, list[int]]:
    with transaction(case.people[who]) as session:
        found = list_consultations(session, on=on, filters=Filters(**filters))
        counts = count_due(session, on=on)
        if not filters:
            assert found.counts == counts
        return {due: [row.id for row in rows] for due, rows in found.groups.items()}


def test_both_sides_read_by_what_is_due_overdue_first(case: Consulting) -> None:
    (second,) = case.consult("Oak", at=AT - timedelta(days=7))  # due on 8 December; the others on the 15th
    first, third = case.consult("Elm", "Ash")
    case.refuse(third, "wren")
    assert listed(case, "commissioner") == {Due.LATER: [second, first], Due.REPLIED: [third]}
    assert listed(case, "region", on=date(2026, 12, 1)) == {
        Due.SOON: [second], Due.LATER: [first], Due.REPLIED: [third],
    }  # fmt: skip
    assert listed(case, "commissioner", on=date(2026, 12, 9)) == {
        Due.OVERDUE: [second], Due.SOON: [first], Due.REPLIED: [third],
    }  # fmt: skip
    assert listed(case, "heron", on=date(2026, 12, 9)) == {Due.OVERDUE: [second], Due.SOON: [first]}
    assert listed(case, "wren", on=date(2026, 12, 9)) == {Due.REPLIED: [third]}
    assert listed(case, "other") == {}
    case.withdraw(first)
    assert listed(case, "heron", statuses=(ConsultationStatus.WITHDRAWN,)) == {Due.ENDED: [first]}
    assert listed(case, "heron", on=date(2026, 12, 9)) == {Due.OVERDUE: [second]}


def test_of_what_has_ended_the_last_to_end_stands_first(case: Consulting) -> None:
    first, second = case.consult("Elm", "Oak")
    for consultation_id, at in ((second, AT), (first, AT + timedelta(days=1))):
        version = case.kept(consultation_id).version
        case.act("commissioner", consultations.withdraw, consultation_id=consultation_id, version=version, at=at)
    ended = (ConsultationStatus.WITHDRAWN, ConsultationStatus.CLOSED)
    assert listed(case, "heron", statuses=ended) == {Due.ENDED: [first, second]}


def test_on_its_last_day_a_reply_is_not_overdue(case: Consulting) -> None:
    (sent,) = case.consult("Elm")
    assert listed(case, "commissioner", on=date(2026, 12, 15)) == {Due.SOON: [sent]}
    assert listed(case, "commissioner", on=date(2026, 12, 16)) == {Due.OVERDUE: [sent]}


def test_the_list_is_narrowed_to_overdue_or_unseen_or_a_reply(case: Consulting) -> None:
    first, second, third = case.consult("Elm", "Oak", "Ash")
    case.open(first)
    case.refuse(third, "wren", full="")
    on = date(2026, 12, 16)
    assert listed(case, "commissioner", on=on, is_overdue=True) == {Due.OVERDUE: [first, second]}
    assert listed(case, "commissioner", on=on, is_seen=False) == {Due.OVERDUE: [second]}
    assert listed(case, "commissioner", on=on, is_seen=True) == {Due.OVERDUE: [first], Due.REPLIED: [third]}
    assert listed(case, "commissioner", on=on, statuses=(ConsultationStatus.FULL,)) == {Due.REPLIED: [third]}


def test_a_long_list_goes_by_pages_and_past_its_end_is_the_last(case: Consulting) -> None:
    with transaction(SYSTEM) as session:
        provision = session.get_one(Provision, case.provisions["Elm"])
        la = session.get_one(Need, case.need).authority
        framework = session.get_one(Need, case.need).framework
        for _ in range(PAGE + 1):
            commissioning.consultation(session, builders.need(session, la, framework), provision)
    with transaction(case.people["commissioner"]) as session:
        first, last = (list_consultations(session, on=ON, page=page) for page in (1, 9))
        assert (first.page, first.pages, first.count) == (1, 2, PAGE + 1)
        assert (last.page, sum(map(len, last.groups.values()))) == (2, 1)
        ids = [row.id for page in (first, last) for rows in page.groups.values() for row in rows]
        assert len(set(ids)) == PAGE + 1
