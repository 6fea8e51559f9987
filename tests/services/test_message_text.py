"""What messages say: every template has a caller and every caller a template; and nothing about a pupil travels."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace import services
from marketplace.models import (
    OPEN_CONSULTATIONS,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    EventKind,
    Message,
    PlacementEvent,
    PlacementStatus,
    Role,
    User,
)
from marketplace.services.message_text import FOLDER, WHILE, Overtaken, Text, text_of
from marketplace.services.placement_steps import UNTOLD
from tests import builders, commissioning

PAGES = "https://marketplace.example.org"
TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.txt"))
TELLERS = {"tell_people", "tell_person", "tell_authority", "tell_provider", "tell_proposer", "_tell", "_tell_provider"}
# What a name that is put together can end in.
ENDINGS: dict[str, set[StrEnum]] = {
    "consultation_": {each for each in ConsultationStatus if each not in OPEN_CONSULTATIONS},
    "reply_": {each for each in OPEN_CONSULTATIONS if each is not ConsultationStatus.SENT},
    "placement_": {each for each in EventKind if each not in UNTOLD},
}


# --- templates and their callers ---


def called() -> Iterator[str]:
    """Every template that the use cases name, in whole or put together."""
    for path in Path(services.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLERS:
                arguments = {word.arg: word.value for word in node.keywords}
                given = [arguments["template"]] if "template" in arguments else node.args
                for argument in given:
                    yield from names(argument)


def names(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(name)) if re.fullmatch("(consultation|reply|award|placement)_[a-z_]+", name):
            yield name
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), ast.FormattedValue()]) if beginning in ENDINGS:
            yield from (f"{beginning}{ending}" for ending in ENDINGS[beginning])


def test_every_template_has_a_caller_and_every_caller_a_template() -> None:
    assert set(TEMPLATES) == set(called())


def test_what_is_only_told_for_a_while_is_told() -> None:
    assert set(WHILE) <= set(TEMPLATES)


# --- a whole case, in whose every text something typed stands that no mail may carry ---


@dataclass
class Case:
    session: Session
    officer: User
    editor: User
    stranger: User
    canaries: list[str]
    subjects: dict[str, Any]  # template → what it is about, as it stands when that is told

    def message(self, template: str, to: User | None = None, **fields: Any) -> Message:
        to_provider = template.startswith(("consultation_", "award_ordered")) and template != "consultation_silent"
        person = to or (self.editor if to_provider else self.officer)
        subject = self.subjects[template]
        return commissioning.message(self.session, person, subject, template=template, **fields)

    def text(self, template: str, **fields: Any) -> Text:
        return text_of(self.session, self.message(template, **fields), pages=PAGES)


@pytest.fixture
def case(session: Session) -> Case:
    canaries = [f"canary{number}" for number in range(12)]
    typed = iter(canaries)
    framework = builders.framework(session)
    la = builders.authority(session, name="Norbury")
    trust = builders.provider(session)
    setting = builders.setting(session, la, trust, name="Ash Grove School")
    provision = builders.provision(session, builders.pool(session, setting, (7, 11, date(2026, 9, 1), "9")))
    builders.schedule(session, provision)
    officer = builders.user(session, la, Role.COMMISSIONER, name=next(typed))
    editor = builders.user(session, trust, Role.PROVIDER_EDITOR, name=next(typed))
    stranger = builders.user(session, builders.authority(session), Role.COMMISSIONER)
    told = {
        "decision_note": next(typed),
        "reasons": next(typed),
        "route_reason": next(typed),
        "answers": {"staffing": next(typed)},
    }

    def consulted(status: ConsultationStatus) -> Consultation:
        need = builders.need(session, la, framework, reference=f"N-{status}", mainstream=canaries[-1])
        commissioning.identity(session, need, name=canaries[-2].encode(), birth_date=b"2014-02-03")
        commissioning.document(session, need, name=canaries[-3].encode())
        row = commissioning.consultation(session, need, provision, sent_by_id=officer.id, status=status)
        if status is ConsultationStatus.OFFERED:
            commissioning.offer(session, row, note=canaries[-4], variation=100, variation_reason=canaries[-4])
        if status is ConsultationStatus.REFUSED:
            commissioning.refusal(session, row, staffing=canaries[-5])
        return row

    rows = {status: consulted(status) for status in ConsultationStatus}
    subjects: dict[str, Any] = {f"consultation_{status}": rows[status] for status in ENDINGS["consultation_"]}
    subjects |= {f"reply_{status}": rows[status] for status in ENDINGS["reply_"]}
    for name in ("sent", "reminder", "chased", "silent"):
        subjects[f"consultation_{name}"] = rows[ConsultationStatus.SENT]
    placed = rows[ConsultationStatus.AWARDED]
    award = commissioning.award(session, placed.need, provision, placed, proposed_by_id=officer.id, **told)
    placement = commissioning.placement(session, award)
    other = builders.need(session, la, framework, reference="N-proposed")
    proposed = commissioning.award(
        session, other, provision, status=AwardStatus.PROPOSED, **told | {"decision_note": None}
    )
    subjects |= dict.fromkeys(("award_made", "award_returned", "award_lapsed", "award_ordered"), award)
    subjects["award_proposed"] = proposed
    for number, kind in enumerate(sorted(ENDINGS["placement_"]), start=3):
        event = PlacementEvent(
            placement=placement, number=number, kind=kind, on=date(2027, 3, 3), officer=canaries[0], reason=canaries[1],
            before={"status": "started"}, after={"is_paid": False},
        )  # fmt: skip
        subjects[f"placement_{kind}"] = builders.kept(session, event)
    return Case(session, officer, editor, stranger, canaries, subjects)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_message_says_what_happened_and_where_to_look_and_nothing_that_was_typed(
    case: Case, template: str
) -> None:
    text = case.text(template)
    assert re.match(r"(Consultation|Award|Placement) \d+: ", text.subject)
    assert "\n" not in text.subject
    assert len(text.subject) <= 78
    for name in ("N-", "Norbury", "Ash Grove"):  # in no subject, since those are shown on locked screens
        assert name not in text.subject
    assert "Ash Grove School" in text.body
    assert re.search(
        r"its reference.*N-|your reference N-|reference for the pupil: N-|authority's reference: N-", text.body
    )
    (link,) = re.findall(r"^https://\S+$", text.body, flags=re.MULTILINE)
    assert re.fullmatch(rf"{PAGES}/(consultations|awards|placements)/\d+", link)
    for canary in [*case.canaries, "None", "{", "  ", "canary", "2014", "£"]:
        assert canary not in f"{text.subject}\n{text.body}", canary
    assert text.body.isprintable() or set(re.findall(r"[^\x20-\x7e\xa3]", text.body)) <= {"\n"}


def test_deadlines_are_told_in_words_by_the_clock_of_london(case: Case) -> None:
    assert case.text("consultation_sent").subject.endswith(": reply by 17 November 2026")
    award = case.subjects["award_proposed"]
    award.held_until = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert case.text("award_proposed").subject.endswith(": decide by 2 July 2026 at 12:30am")


def test_who_places_is_led_to_the_award_and_who_is_ordered_to_the_placement(case: Case) -> None:
    assert f"{PAGES}/awards/{case.subjects['award_made'].id}\n" in case.text("award_made").body
    placement = case.subjects["placement_started"].placement
    assert f"{PAGES}/placements/{placement.id}\n" in case.text("award_ordered").body


def test_a_placement_that_never_began_is_told_otherwise(case: Case) -> None:
    assert "Its last day is 3 March 2027" in case.text("placement_ended").body
    placement = case.subjects["placement_ended"].placement
    event = PlacementEvent(
        placement=placement, number=99, kind=EventKind.ENDED, on=date(2027, 1, 3), officer="x",
        before={"status": PlacementStatus.AGREED}, after={},
    )  # fmt: skip
    case.subjects["placement_ended"] = builders.kept(case.session, event)
    assert "before it began" in case.text("placement_ended").body


def test_whether_a_suspended_placement_is_paid_for_is_told(case: Case) -> None:
    assert "not paid for" in case.text("placement_suspended").body
    placement = case.subjects["placement_suspended"].placement
    event = PlacementEvent(
        placement=placement, number=99, kind=EventKind.SUSPENDED, on=date(2027, 1, 5), officer="x", before={},
        after={"is_paid": True},
    )  # fmt: skip
    case.subjects["placement_suspended"] = builders.kept(case.session, event)
    assert "it is paid for" in case.text("placement_suspended").body


def test_what_somebody_called_a_setting_is_a_word_in_a_line_and_nothing_more(case: Case) -> None:
    row = case.subjects["consultation_sent"]
    row.setting.name = "A\r\n\r\n-- \nhttps://elsewhere.example\u202e {{ number }} {% raw %}"
    case.session.flush()
    text = case.text("consultation_sent")
    assert "A -- https://elsewhere.example {{ number }} {% raw %} whether" in text.body
    assert re.findall(r"^https://\S+$", text.body, flags=re.MULTILINE) == [f"{PAGES}/consultations/{row.id}"]


# --- what is not told any more ---


@pytest.mark.parametrize("template", sorted(WHILE))
def test_what_is_over_is_not_told(case: Case, template: str) -> None:
    case.text(template)
    subject = case.subjects[template]
    if isinstance(subject, Consultation):
        subject.status = ConsultationStatus.WITHDRAWN
        subject.ended_at = datetime(2026, 11, 20, tzinfo=UTC)
    else:
        subject.status, subject.held_until = AwardStatus.LAPSED, None
    case.session.flush()
    with pytest.raises(Overtaken, match="is over"):
        case.text(template)


def test_who_has_replied_since_is_not_reminded(case: Case) -> None:
    case.subjects["consultation_reminder"] = case.subjects["reply_offered"]
    with pytest.raises(Overtaken, match="is over"):
        case.text("consultation_reminder")


@pytest.mark.parametrize("template", ["consultation_sent", "reply_offered", "award_made", "placement_started"])
def test_what_is_gone_is_not_told(case: Case, template: str) -> None:
    message = case.message(template)
    message.subject_id = 10**9
    with pytest.raises(Overtaken, match="is gone"):
        text_of(case.session, message, pages=PAGES)


def test_who_has_left_is_not_told(case: Case) -> None:
    case.editor.is_active = False
    with pytest.raises(Overtaken, match="disabled"):
        case.text("consultation_sent")


@pytest.mark.parametrize("template", ["consultation_sent", "award_made", "award_proposed", "placement_started"])
def test_who_belongs_to_neither_side_is_not_told(case: Case, template: str) -> None:
    with pytest.raises(Overtaken, match="neither side"):
        case.text(template, to=case.stranger)


@pytest.mark.parametrize("template", ["award_made", "award_proposed", "award_returned", "award_lapsed"])
def test_a_provider_is_told_of_no_award_but_one_by_order(case: Case, template: str) -> None:
    with pytest.raises(Overtaken, match="neither side"):
        case.text(template, to=case.editor)
