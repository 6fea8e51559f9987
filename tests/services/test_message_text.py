"""What messages say: every template has a caller and every caller a template; and nothing about a pupil travels."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from marketplace import services
from marketplace.models import (
    ApplicationStatus,
    AwardStatus,
    Consultation,
    ConsultationStatus,
    EventKind,
    OrderStatus,
    OutreachOrder,
    PlacementEvent,
    PlacementStatus,
    PlanStatus,
    PorousPlan,
    RunApplication,
)
from marketplace.services.message_text import WHILE, Overtaken, text_of
from tests import builders
from tests.mail_server import PAGES
from tests.told import ENDINGS, TEMPLATES, Case, build_case

AT = datetime(2026, 11, 20, tzinfo=UTC)
TELLERS = {
    "tell_people",
    "tell_other_side",
    "tell_person",
    "tell_authority",
    "tell_provider",
    "tell_proposer",
    "tell",
    "_tell",
    "_tell_provider",
}


# --- templates and their callers ---


def called() -> Iterator[str]:
    """Every template that the use cases name, in whole or put together."""
    for path in Path(services.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLERS:
                arguments = {word.arg: word.value for word in node.keywords}
                given = [arguments["template"]] if "template" in arguments else node.args
                for argument in given:
                    yield from names(argument)


NAMED = re.compile("(consultation|reply|award|plan|placement|order|application)_[a-z_]+")


def names(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(name)) if NAMED.fullmatch(name):
            yield name
        case ast.JoinedStr(values=[ast.Constant(value=str(beginning)), ast.FormattedValue()]) if beginning in ENDINGS:
            yield from (f"{beginning}{ending}" for ending in ENDINGS[beginning])


def test_every_template_has_a_caller_and_every_caller_a_template() -> None:
    assert set(TEMPLATES) == set(called())


def test_what_is_only_told_for_a_while_is_told() -> None:
    assert set(WHILE) <= set(TEMPLATES)


# --- what a message says of a case in whose every text something stands that no mail may carry ---


@pytest.fixture
def case(session: Session) -> Case:
    return build_case(session)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_message_says_what_happened_and_where_to_look_and_nothing_that_was_typed(
    case: Case, template: str
) -> None:
    text = case.text(template)
    assert re.match(r"(Consultation|Award|Placement|Outreach order|Plan|Matching run) \d+: ", text.subject)
    assert "\n" not in text.subject
    assert len(text.subject) <= 78
    for name in ("N-", "Norbury", "Ash Grove"):  # in no subject, since those are shown on locked screens
        assert name not in text.subject
    is_of_many = template.startswith(("application_", "run_"))  # and names neither pupils nor settings
    assert is_of_many or "Ash Grove School" in text.body
    assert (
        is_of_many
        or template.startswith("order_")
        or re.search(  # which is about a school, and names no pupil
            r"its reference.*N-|your reference N-|reference for the pupil: N-|authority's reference: N-", text.body
        )
    )
    (link,) = re.findall(r"^https://\S+$", text.body, flags=re.MULTILINE)
    assert re.fullmatch(
        rf"{PAGES}/(consultations|inbox|awards|approvals|placements|plans|outreach|runs|runs/plans)/\d+", link
    )
    for canary in [*case.canaries, "None", "{", "  ", "canary", "2014", "£"]:
        assert canary not in f"{text.subject}\n{text.body}", canary
    assert text.body.isprintable() or set(re.findall(r"[^\x20-\x7e\xa3]", text.body)) <= {"\n"}


def test_deadlines_are_told_in_words_by_the_clock_of_london(case: Case) -> None:
    assert case.text("consultation_sent").subject.endswith(": reply by 17 November 2026")
    award = case.subjects["award_proposed"]
    award.held_until = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert case.text("award_proposed").subject.endswith(": decide by 2 July 2026 at 12:30am")


def test_each_side_is_led_to_its_own_page_of_a_consultation(case: Case) -> None:
    row = case.subjects["consultation_sent"]
    assert f"{PAGES}/inbox/{row.id}\n" in case.text("consultation_sent").body
    assert f"{PAGES}/consultations/{row.id}\n" in case.text("consultation_silent").body


def test_who_places_is_led_to_the_award_who_decides_to_the_proposal_and_who_is_ordered_to_the_placement(
    case: Case,
) -> None:
    assert f"{PAGES}/awards/{case.subjects['award_made'].id}\n" in case.text("award_made").body
    assert f"{PAGES}/approvals/{case.subjects['award_proposed'].id}\n" in case.text("award_proposed").body
    placement = case.subjects["placement_started"].placement
    assert f"{PAGES}/placements/{placement.id}\n" in case.text("award_ordered").body


def test_a_setting_is_led_to_where_it_answers_and_an_authority_to_where_it_reads_the_answer(case: Case) -> None:
    for template, page in (
        ("consultation_chased", "inbox"),
        ("consultation_silent", "consultations"),
        ("reply_full", "consultations"),
    ):
        assert f"{PAGES}/{page}/{case.subjects[template].id}\n" in case.text(template).body, template


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
    assert re.findall(r"^https://\S+$", text.body, flags=re.MULTILINE) == [f"{PAGES}/inbox/{row.id}"]


# --- what is not told any more ---


@pytest.mark.parametrize("template", sorted(WHILE))
def test_what_is_over_is_not_told(case: Case, template: str) -> None:
    case.text(template)
    subject = case.subjects[template]
    if isinstance(subject, Consultation):
        subject.status = ConsultationStatus.WITHDRAWN
        subject.ended_at = datetime(2026, 11, 20, tzinfo=UTC)
    elif isinstance(subject, PorousPlan):
        subject.status = PlanStatus.WITHDRAWN
    elif isinstance(subject, RunApplication):
        subject.status, subject.returned_at, subject.reason = ApplicationStatus.RETURNED, AT, "x"
    elif isinstance(subject, OutreachOrder):
        subject.status, subject.reason = OrderStatus.WITHDRAWN, "Not needed any more."
    else:
        subject.status, subject.held_until = AwardStatus.LAPSED, None
    case.session.flush()
    with pytest.raises(Overtaken, match="is over"):
        case.text(template)


def test_who_has_replied_since_is_not_reminded(case: Case) -> None:
    case.subjects["consultation_reminder"] = case.subjects["reply_offered"]
    with pytest.raises(Overtaken, match="is over"):
        case.text("consultation_reminder")


@pytest.mark.parametrize(
    "template", ["consultation_sent", "reply_offered", "award_made", "placement_started", "order_agreed"]
)
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
