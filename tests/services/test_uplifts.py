"""The life of an uplift: drafted, sent, negotiated in turn, agreed, answered by each LA for itself, published."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, InvalidTransition, MarketplaceError, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    PriceSchedule,
    Role,
    ScheduleStatus,
    StepKind,
    Uplift,
    UpliftStatus,
)
from marketplace.permissions import SYSTEM
from marketplace.services import schedule_drafts, uplift_answers, uplift_drafts, uplift_negotiation
from marketplace.services.schedules import schedule_in_force
from marketplace.services.uplift_answers import letter_of_agreement, letter_of_answer
from marketplace.services.uplift_publication import publish_agreed
from marketplace.services.uplifts import ToDo, list_uplifts
from tests import builders
from tests.uplifts import AT, STARTS, TODAY, Round


@pytest.fixture
def trust(database: Engine) -> Round:  # noqa: ARG001
    return Round()


def refused(act: Callable[[], object], error: type[MarketplaceError], words: str | None = None) -> None:
    with pytest.raises(error, match=words):
        act()


# ---- the request


def test_a_draft_is_seen_by_its_provider_only_and_a_request_by_the_las_that_it_names(trust: Round) -> None:
    trust.save()
    assert trust.kept(trust.provider).status is UpliftStatus.DRAFT
    with transaction(SYSTEM) as session:  # even a draft that somehow names an LA
        session.get_one(Uplift, trust.id).authority_ids = trust.las
    refused(lambda: trust.kept(trust.officers[0]), NotFound)
    trust.step(trust.provider, uplift_drafts.send_uplift, on=TODAY, at=AT)
    for actor in (trust.provider, *trust.officers):
        assert trust.kept(actor).status is UpliftStatus.NEGOTIATING
    with transaction(SYSTEM) as session:
        others = [builders.authority(session), builders.provider(session), builders.region(session)]
        strangers = [replace(trust.provider, scope=each.kind.value, organisation_id=each.id) for each in others]
    for stranger in strangers:
        refused(lambda stranger=stranger: trust.kept(stranger), NotFound)  # type: ignore[misc]


def test_the_request_is_the_first_proposal_and_the_la_with_most_placements_negotiates(trust: Round) -> None:
    trust.send()
    uplift = trust.kept()
    (step,) = uplift.steps
    assert (step.kind, step.percent, step.is_open, step.officer) == (
        StepKind.PROPOSED,
        Decimal("6.5"),
        True,
        "Pat Heron",
    )
    assert (uplift.link_id, uplift.turn_id, uplift.base_id) == (trust.las[0], trust.las[0], trust.base)


WRONG = [
    ({"starts_on": TODAY - timedelta(days=1)}, "starts_on", "has passed"),
    ({"starts_on": date(2026, 9, 1)}, "starts_on", "has passed"),
    ({"starts_on": date(2036, 9, 1)}, "starts_on", "Check the year"),
    ({"counts": {}}, "counts", "which local authorities"),
    ({"percent": None}, "basis", "no draft of new prices"),
]


@pytest.mark.parametrize(("change", "field", "words"), WRONG)
def test_what_is_wrong_with_a_request_is_told_by_field(
    trust: Round, change: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as found:
        trust.save(**change)
    assert set(found.value.errors) == {field}


def test_every_wrong_row_of_placements_is_told_at_once(trust: Round) -> None:
    rows = trust.rows()
    rows[8] = {**rows[0], "band": "profound"}
    rows[9] = dict(rows[1])
    with pytest.raises(Invalid) as found:
        trust.save(counts=rows, starts_on=TODAY - timedelta(days=1))
    assert set(found.value.errors) == {"starts_on", "counts-8-priced", "counts-9-stated"}
    rows = trust.rows()
    rows[0]["authority_id"] = 10**9
    refused(lambda: trust.save(counts=rows), NotFound)


def test_a_setting_has_one_request_a_school_year_unless_it_is_withdrawn(trust: Round) -> None:
    trust.send()
    refused(lambda: trust.save(starts_on=date(2028, 8, 31)), Invalid, "already")
    trust.step(trust.provider, uplift_negotiation.withdraw, reasons="Too early.", at=AT)
    assert trust.save()
    assert trust.save(starts_on=date(2028, 9, 1))


def test_a_draft_that_waited_past_its_start_is_not_sent(trust: Round) -> None:
    trust.save(starts_on=TODAY)
    tomorrow = TODAY + timedelta(days=1)
    refused(lambda: trust.step(trust.provider, uplift_drafts.send_uplift, on=tomorrow, at=AT), Invalid, "has passed")
    assert trust.kept().status is UpliftStatus.DRAFT


def test_a_draft_is_changed_discarded_and_no_more_once_it_is_sent(trust: Round) -> None:
    trust.save()
    stale = trust.version
    trust.save(uplift_id=trust.id, version=stale, counts={0: trust.rows()[3]})
    assert [row.stated for row in trust.kept().counts] == [5]
    refused(lambda: trust.save(uplift_id=trust.id, version=stale), Stale)
    trust.step(trust.provider, uplift_drafts.discard_uplift)
    trust.send()
    for act in (uplift_drafts.discard_uplift, lambda *a, **f: uplift_drafts.send_uplift(*a, **f, on=TODAY, at=AT)):
        refused(lambda act=act: trust.step(trust.provider, act), InvalidTransition)  # type: ignore[misc]


def test_only_the_settings_own_provider_asks(trust: Round) -> None:
    with transaction(SYSTEM) as session:
        rival = replace(trust.provider, organisation_id=builders.provider(session).id)
    trust.provider, asker = rival, trust.provider
    refused(trust.save, NotFound)
    trust.provider = asker
    trust.save()
    refused(lambda: trust.step(rival, uplift_drafts.send_uplift, on=TODAY, at=AT), NotFound)


def test_only_editors_of_the_provider_discard_send_and_publish(trust: Round) -> None:
    clerk = replace(trust.provider, roles=frozenset({Role.ADMINISTRATOR}))
    trust.save()
    refused(lambda: trust.step(clerk, uplift_drafts.discard_uplift), NotPermitted)
    refused(lambda: trust.step(clerk, uplift_drafts.send_uplift, on=TODAY, at=AT), NotPermitted)
    trust.step(trust.provider, uplift_drafts.send_uplift, on=TODAY, at=AT)
    seen = trust.version
    trust.agree(trust.officers[0])
    refused(lambda: trust.step(clerk, publish_agreed, on=TODAY, at=AT), NotPermitted, "publish these prices")
    refused(lambda: trust.step(trust.officers[0], publish_agreed, on=TODAY, at=AT), NotPermitted)
    stale = {"uplift_id": trust.id, "version": seen, "on": TODAY, "at": AT}
    refused(lambda: trust.act(trust.provider, publish_agreed, **stale), Stale)


# ---- the negotiation


def test_the_sides_propose_in_turn_until_one_agrees(trust: Round) -> None:
    trust.send()
    link = trust.officers[0]
    refused(lambda: trust.counter(trust.provider, "6"), InvalidTransition, "your own")
    refused(lambda: trust.agree(trust.provider), InvalidTransition, "your own")
    refused(lambda: trust.counter(trust.officers[1], "3"), NotPermitted, "answers for itself")
    refused(lambda: trust.counter(trust.commissioner, "3"), NotPermitted)
    refused(lambda: trust.counter(link, "6.5"), Invalid, "Agree to it")
    trust.counter(link, "3")
    refused(lambda: trust.counter(link, "4"), InvalidTransition)
    trust.counter(trust.provider, "5")
    trust.counter(link, "4.25")
    trust.agree(trust.provider)
    uplift = trust.kept()
    assert [(str(step.percent), step.is_open) for step in uplift.steps] == [
        ("6.50", False), ("3.00", False), ("5.00", False), ("4.25", False), ("4.25", False),
    ]  # fmt: skip
    assert (uplift.status, uplift.agreed_percent, uplift.answer_by) == (
        UpliftStatus.AGREED, Decimal("4.25"), date(2026, 12, 23),
    )  # fmt: skip
    refused(lambda: trust.counter(link, "1"), InvalidTransition, "over")


def test_a_step_from_a_page_that_others_have_overtaken_is_stale(trust: Round) -> None:
    trust.send()
    seen = trust.version
    trust.counter(trust.officers[0], "3")
    fields = {"uplift_id": trust.id, "version": seen, "reasons": "x", "at": AT}
    for actor in (trust.officers[0], trust.provider):
        refused(lambda actor=actor: trust.act(actor, uplift_negotiation.agree, **fields), Stale)  # type: ignore[misc]
    refused(lambda: trust.act(trust.provider, uplift_negotiation.withdraw, **fields), Stale)


def test_each_step_is_in_the_timeline_and_in_the_audit_trail_of_who_took_it(trust: Round) -> None:
    trust.send()
    trust.counter(trust.officers[0], "3")
    trust.agree(trust.provider)
    trust.answer(1, is_accepted=True)
    with transaction(SYSTEM) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.subject_type == "uplifts").order_by(AuditEvent.id))
        assert [(row.event, row.organisation_id) for row in events] == [
            ("uplift saved", trust.provider_id),
            ("uplift proposed", trust.provider_id),
            ("uplift proposed", trust.las[0]),
            ("uplift agreed", trust.provider_id),
            ("uplift accepted", trust.las[1]),
        ]


def test_another_la_takes_over_at_once_only_while_the_link_la_has_not_acted(trust: Round) -> None:
    trust.send()
    first, second, third = trust.officers
    refused(lambda: trust.step(first, uplift_negotiation.take_over, at=AT), Conflict, "already")
    trust.step(second, uplift_negotiation.take_over, at=AT)
    assert trust.kept().link_id == trust.las[1]
    refused(lambda: trust.counter(first, "3"), NotPermitted)
    trust.step(third, uplift_negotiation.take_over, at=AT)  # the second took the place by its own consent: it is asked
    assert (trust.kept().link_id, trust.kept().successor_id) == (trust.las[1], trust.las[2])
    refused(lambda: trust.step(first, uplift_negotiation.take_over, at=AT), Conflict, "not answered yet")
    for actor in (first, third):
        refused(
            lambda actor=actor: trust.step(actor, uplift_negotiation.hand_over, is_handed_over=True, at=AT),  # type: ignore[misc]
            NotPermitted,
        )
    trust.step(second, uplift_negotiation.hand_over, is_handed_over=False, at=AT)
    assert (trust.kept().link_id, trust.kept().successor_id) == (trust.las[1], None)
    refused(lambda: trust.step(second, uplift_negotiation.hand_over, is_handed_over=True, at=AT), InvalidTransition)
    trust.step(third, uplift_negotiation.take_over, at=AT)
    trust.step(second, uplift_negotiation.hand_over, is_handed_over=True, at=AT)
    assert trust.kept().turn_id == trust.las[2]
    trust.counter(third, "4")


def test_an_open_offer_to_take_over_ends_with_the_negotiation(trust: Round) -> None:
    trust.send()
    trust.counter(trust.officers[0], "3")
    trust.step(trust.officers[1], uplift_negotiation.take_over, at=AT)
    trust.agree(trust.provider)
    assert trust.kept().successor_id is None


def test_a_request_is_withdrawn_by_its_provider_until_it_is_published(trust: Round) -> None:
    trust.send()
    withdraw = {"reasons": "We found a way.", "at": AT}
    refused(lambda: trust.step(trust.officers[0], uplift_negotiation.withdraw, **withdraw), NotPermitted)
    trust.agree(trust.officers[0])
    trust.step(trust.provider, uplift_negotiation.withdraw, **withdraw)
    assert trust.kept().status is UpliftStatus.WITHDRAWN
    refused(lambda: trust.answer(0, is_accepted=True), InvalidTransition, "nothing to answer")
    refused(trust.publish, InvalidTransition)
    refused(lambda: trust.step(trust.provider, uplift_negotiation.withdraw, **withdraw), InvalidTransition)


# ---- each LA's answer


def test_each_la_answers_once_for_itself_with_its_own_count(trust: Round) -> None:
    trust.send()
    refused(lambda: trust.answer(0, is_accepted=True), InvalidTransition, "nothing to answer")
    trust.agree(trust.officers[0])
    trust.answer(0, is_accepted=True)
    trust.answer(1, is_accepted=False, moderate=4)
    refused(lambda: trust.answer(1, is_accepted=True), InvalidTransition, "declined already")
    assert [row.is_accepted for row in trust.kept().answers] == [True, False, None]
    corrected = {(row.authority_id, row.band.value): row.corrected for row in trust.kept().counts}
    assert corrected == {
        (trust.las[0], "moderate"): None, (trust.las[0], "intensive"): None,
        (trust.las[1], "moderate"): 4, (trust.las[2], "intensive"): None,
    }  # fmt: skip
    assert trust.assessed().total.placements == 22  # type: ignore[union-attr]
    refused(
        lambda: trust.act(
            trust.commissioner, uplift_answers.answer_uplift, uplift_id=trust.id, is_accepted=True, reason="x",
            counts={}, at=AT,
        ),
        NotPermitted,
    )  # fmt: skip


def test_an_la_may_still_answer_late_and_after_publication_since_silence_said_nothing(trust: Round) -> None:
    trust.send()
    trust.agree(trust.officers[0])
    trust.publish()
    trust.answer(2, is_accepted=False, at=AT + timedelta(days=60))
    assert trust.kept().answers[2].is_accepted is False


def test_an_answer_is_read_by_the_provider_the_link_la_and_the_la_itself(trust: Round) -> None:
    trust.send()
    trust.agree(trust.officers[0])
    trust.answer(1, is_accepted=False)

    def seen(actor: Any) -> set[int]:
        return {row.authority_id for row in trust.kept(actor).answers}

    first, second, third = trust.las
    assert [seen(actor) for actor in (trust.provider, *trust.officers)] == [
        {first, second, third}, {first, second, third}, {second}, {third},
    ]  # fmt: skip
    for actor in (trust.provider, trust.officers[0], trust.officers[1]):
        with transaction(actor) as session:
            assert letter_of_answer(session, uplift_id=trust.id, authority_id=second).startswith(b"%PDF")
    with transaction(trust.officers[2]) as session, pytest.raises(NotFound):
        letter_of_answer(session, uplift_id=trust.id, authority_id=second)
    with transaction(trust.provider) as session, pytest.raises(Conflict, match="not answered"):
        letter_of_answer(session, uplift_id=trust.id, authority_id=third)


def test_the_letters_stay_byte_for_byte_the_same_though_names_change_later(trust: Round) -> None:
    trust.send()
    with transaction(trust.provider) as session, pytest.raises(Conflict, match="Nothing is agreed"):
        letter_of_agreement(session, uplift_id=trust.id)
    trust.agree(trust.officers[0])
    trust.answer(0, is_accepted=True)

    def letters() -> tuple[bytes, bytes]:
        with transaction(trust.provider) as session:
            answer = letter_of_answer(session, uplift_id=trust.id, authority_id=trust.las[0])
            return letter_of_agreement(session, uplift_id=trust.id), answer

    before = letters()
    with transaction(SYSTEM) as session:
        find = session.get_one(Uplift, trust.id)
        find.setting.name, find.provider.name = "Another name", "Another trust"
    assert letters() == before


# ---- publication


def test_the_agreed_percentage_becomes_a_new_version_and_earlier_days_keep_their_prices(trust: Round) -> None:
    trust.send()
    refused(trust.publish, InvalidTransition)
    trust.counter(trust.officers[0], "4.25")
    trust.agree(trust.provider)
    trust.answer(1, is_accepted=False)
    trust.publish()
    with transaction(SYSTEM) as session:
        before = schedule_in_force(session, trust.setting, on=STARTS - timedelta(days=1))
        after = schedule_in_force(session, trust.setting, on=STARTS)
        assert before is not None
        assert after is not None
        assert (before.id, after.id, after.version) == (trust.base, trust.kept().published_id, 2)
        assert {line.band.value: line.amount for line in before.lines} == {
            "moderate": 3_000_050,
            "intensive": 4_800_000,
        }
        assert {line.band.value: line.amount for line in after.lines} == {"moderate": 3_127_600, "intensive": 5_004_000}
    assert trust.kept().status is UpliftStatus.PUBLISHED
    assert [row.is_accepted for row in trust.kept().answers] == [None, False, None]
    refused(trust.publish, InvalidTransition)


def test_what_was_agreed_late_starts_on_the_day_of_publication(trust: Round) -> None:
    trust.send()
    trust.agree(trust.officers[0])
    late = STARTS + timedelta(days=40)
    trust.publish(on=late)
    with transaction(SYSTEM) as session:
        row = session.get_one(PriceSchedule, trust.kept().published_id)
        assert (row.starts_on, row.status) == (late, ScheduleStatus.PUBLISHED)


def test_prices_published_in_between_stand_in_the_way_of_an_agreement_about_others(trust: Round) -> None:
    trust.send()
    trust.agree(trust.officers[0])
    with transaction(trust.provider) as session:
        draft = schedule_drafts.start_schedule(session, trust.provider, setting_id=trust.setting, on=TODAY)
        schedule_drafts.publish_schedule(session, trust.provider, schedule_id=draft.id, version=draft.edit, on=TODAY)
    refused(trust.publish, Conflict, "about version 1")
    trust.step(trust.provider, uplift_negotiation.withdraw, reasons="Other prices hold.", at=AT)


def drafted(trust: Round, **amounts: int) -> PriceSchedule:
    """A draft of new prices: the published ones with these amounts."""
    with transaction(trust.provider) as session:
        draft = schedule_drafts.start_schedule(session, trust.provider, setting_id=trust.setting, on=TODAY)
        lines = [schedule_drafts.line_fields(line) for line in draft.lines]
        for line in lines:
            line["amount"] = amounts[line["band"].value]
        return schedule_drafts.save_schedule(
            session, trust.provider, schedule_id=draft.id, version=draft.edit, starts_on=STARTS, lines=lines
        )


def test_a_new_schedule_is_frozen_when_it_is_sent_and_published_as_it_was_agreed(trust: Round) -> None:
    draft = drafted(trust, moderate=3_300_000, intensive=4_900_000)
    trust.send(percent=None)
    step = trust.kept().open_step
    assert step is not None
    total = trust.assessed().total
    assert total is not None
    assert (total.now, total.asked) == (13 * 3_000_050 + 11 * 4_800_000, 13 * 3_300_000 + 11 * 4_900_000)
    assert step.percent == Decimal("5.45")  # of the sums above
    with transaction(trust.provider) as session:  # the draft is changed afterwards, which changes nothing
        row = session.get_one(PriceSchedule, draft.id)
        row.lines[0].amount = 1
    assert trust.assessed().total == total
    trust.agree(trust.officers[0])
    assert trust.assessed().total == total  # as asked is what is agreed
    trust.publish()
    with transaction(SYSTEM) as session:
        after = schedule_in_force(session, trust.setting, on=STARTS)
        assert after is not None
        assert sorted(line.amount for line in after.lines) == [3_300_000, 4_900_000]


def test_another_percentage_than_the_schedules_raises_what_is_published(trust: Round) -> None:
    drafted(trust, moderate=3_300_000, intensive=4_900_000)
    trust.send(percent=None)
    trust.counter(trust.officers[0], "5.45")  # the same in all, spread otherwise
    trust.agree(trust.provider)
    trust.publish()
    with transaction(SYSTEM) as session:
        after = schedule_in_force(session, trust.setting, on=STARTS)
        assert after is not None
        assert sorted(line.amount for line in after.lines) == [3_163_600, 5_061_600]


# ---- the lists


def test_the_lists_put_first_what_is_overdue_and_say_who_comes_next(trust: Round) -> None:
    def group(actor: Any, on: date = TODAY) -> tuple[ToDo, str]:
        with transaction(actor) as session:
            ((to_do, (row,)),) = list_uplifts(session, actor, on=on).items()
            return to_do, row.next

    link, second = trust.officers[0], trust.officers[1]
    trust.save()
    assert group(trust.provider) == (ToDo.DUE, "finish")
    trust.step(trust.provider, uplift_drafts.send_uplift, on=TODAY, at=AT)
    assert [group(actor) for actor in (trust.provider, link, second)] == [
        (ToDo.WAIT, "with_link"), (ToDo.DUE, "reply"), (ToDo.WAIT, "with_link"),
    ]  # fmt: skip
    trust.counter(link, "3")
    assert [group(actor) for actor in (trust.provider, link)] == [(ToDo.DUE, "reply"), (ToDo.WAIT, "with_provider")]
    trust.step(second, uplift_negotiation.take_over, at=AT)
    assert group(link) == (ToDo.DUE, "hand_over")
    trust.agree(trust.provider)
    late = date(2026, 12, 24)
    assert [group(trust.provider), group(second), group(second, late)] == [
        (ToDo.DUE, "publish"), (ToDo.DUE, "answer"), (ToDo.OVERDUE, "answer"),
    ]  # fmt: skip
    trust.answer(1, is_accepted=False)
    assert group(second, late) == (ToDo.DONE, "declined")
    trust.publish()
    assert group(trust.provider) == (ToDo.WAIT, "answers")
