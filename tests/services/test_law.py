"""The law of a decision, cell by cell: what is named, what the parents request, what the setting has said, and the
ground. The tables here are written by hand from the statutes and share nothing with the code."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from marketplace.models import AwardBasis, ConsultationStatus, Ground, Route, SettingType
from marketplace.services.award_checks import lawless
from marketplace.services.law import CONSENT, NO_REQUEST, ORDERED, OVER, Verdict, verdict

NAMED = ("nmss", "section41", "independent", "state_special", "ap", "resourced_mainstream")
REPLIES: dict[str, tuple[ConsultationStatus | None, bool]] = {  # where it stands, and whether the 15 days are over
    "not asked": (None, False),
    "in time": (ConsultationStatus.SENT, False),
    "overdue": (ConsultationStatus.SENT, True),
    "offered": (ConsultationStatus.OFFERED, False),
    "late offer": (ConsultationStatus.OFFERED, True),
    "full": (ConsultationStatus.FULL, True),
    "refused": (ConsultationStatus.REFUSED, True),
    "withdrawn": (ConsultationStatus.WITHDRAWN, True),
    "closed": (ConsultationStatus.CLOSED, True),
}
# O on its offer, S on silence, F although full, R against its refusal, T by the tribunal's order, t by an order with
# the setting's consent on record, - not at all. Only an independent school outside section 41 has no duty to admit.
ALLOWED = """
                     not asked | in time | overdue | offered | late offer | full | refused | withdrawn | closed
nmss                 T         | T       | ST      | OT      | OT         | FT   | RT      | -         | -
section41            T         | T       | ST      | OT      | OT         | FT   | RT      | -         | -
independent          t         | t       | t       | OT      | OT         | t    | t       | -         | -
state_special        T         | T       | ST      | OT      | OT         | FT   | RT      | -         | -
ap                   T         | T       | ST      | OT      | OT         | FT   | RT      | -         | -
resourced_mainstream T         | T       | ST      | OT      | OT         | FT   | RT      | -         | -
"""
LETTERS = {
    "O": Route.OFFER,
    "S": Route.SILENCE,
    "F": Route.FULL,
    "R": Route.REFUSAL,
    "T": Route.ORDER,
    "t": Route.ORDER,
}
REQUESTS: dict[str, tuple[str | None, bool]] = {  # the type of what is requested, and whether it is what is named
    "nothing": (None, False),
    "this one": ("named", True),
    "another, binding: nmss": ("nmss", False),
    "another, binding: section41": ("section41", False),
    "another, binding: state_special": ("state_special", False),
    "another, binding: ap": ("ap", False),
    "another, binding: resourced_mainstream": ("resourced_mainstream", False),
    "another, a wish": ("independent", False),
}
# Which grounds may be given, and whether words are asked for, unless a tribunal has decided.
ASKED: dict[str, tuple[set[str], bool]] = {
    "nothing": ({"none"}, False),
    "this one": ({"none"}, False),
    "another, binding": ({"unsuitable", "education_of_others", "resources"}, True),
    "another, a wish": ({"none"}, True),
}
GROUNDS = ("none", "unsuitable", "education_of_others", "resources", "public_expenditure")
TESTS = {
    "nothing": "section 40",
    "this one": "section 9|section 39(4)",
    "another, binding": "section 39(4)",
    "another, a wish": "section 9",
}


def cells() -> dict[tuple[str, str], str]:
    """The table by type and reply."""
    head, *lines = ALLOWED.strip("\n").splitlines()
    replies = [each.strip() for each in head.split("|")]
    found = {}
    for line in lines:
        name, rest = line.split(maxsplit=1)
        for reply, cell in zip(replies, rest.split("|"), strict=True):
            found[name, reply] = cell.strip().replace("-", "")
    return found


CELLS = cells()


def asked(request: str) -> str:
    return request.partition(":")[0]


def judged(named: str, request: str, reply: str, **more: Any) -> Verdict:
    requested, is_named = REQUESTS[request]
    status, is_overdue = REPLIES[reply]
    return verdict(
        SettingType(named),
        requested=SettingType(named if requested == "named" else requested) if requested else None,
        is_named_requested=is_named,
        reply=status,
        is_overdue=is_overdue,
        **more,
    )


def decided(route: Route, ground: str, **changes: Any) -> Any:
    """A decision that lacks nothing that can be typed."""
    return {
        "route": route, "route_reason": "A reason.", "order_reference": "EH/1", "starts_on": date(2027, 1, 4),
        "ground": None if ground == "none" else Ground(ground), "ground_evidence": "What shows it.", "answers": {},
        "reasons": "Reasons.", "basis": AwardBasis.FRAMEWORK, "basis_reason": None, "notice_reference": None, **changes,
    }  # fmt: skip


def test_the_table_has_every_cell() -> None:
    assert set(CELLS) == set(product(NAMED, REPLIES))
    assert {kind.value for kind in SettingType} == set(NAMED)
    assert {status for status, _ in REPLIES.values()} - {None} == set(ConsultationStatus) - {
        ConsultationStatus.AWARDED
    }  # whose need is placed


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("request_", REQUESTS)
def test_on_what_footing_each_setting_may_be_awarded(named: str, request_: str) -> None:
    for reply in REPLIES:
        found = judged(named, request_, reply)
        letters = CELLS[named, reply]
        assert found.routes == tuple(LETTERS[letter] for letter in letters), reply
        assert found.is_consent_due == (letters == "t"), reply
        assert found.obstacle == {"": OVER, "t": CONSENT}.get(letters, ""), reply
        assert any(section in found.test for section in TESTS[asked(request_)].split("|"))


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("request_", REQUESTS)
def test_each_ground_stands_where_the_law_gives_it_and_nowhere_else(named: str, request_: str) -> None:
    may, needs_words = ASKED[asked(request_)]
    for reply, ground, route in product(REPLIES, GROUNDS, Route):
        cell = (reply, ground, route)
        found = judged(named, request_, reply)
        errors = lawless(found, decided(route, ground))
        may_here = {"none"} if route is Route.ORDER else may
        assert ("route" not in errors) == (route in {LETTERS[letter] for letter in CELLS[named, reply]}), cell
        assert ("ground" not in errors) == (ground in may_here), cell
        assert errors.keys() <= {"route", "ground"}, cell
        wordless = lawless(found, decided(route, ground, ground_evidence="  "))
        assert ("ground_evidence" in wordless) == (needs_words and route is not Route.ORDER), cell


@pytest.mark.parametrize(("route", "reason", "reference"), [
    (Route.OFFER, False, False), (Route.REFUSAL, False, False), (Route.SILENCE, True, False), (Route.FULL, True, False),
    (Route.ORDER, False, True),
])  # fmt: skip
def test_a_decision_without_an_offer_has_its_reason_and_an_order_its_reference(
    route: Route, reason: bool, reference: bool
) -> None:
    errors = lawless(judged("nmss", "nothing", "full"), decided(route, "none", route_reason=" ", order_reference=""))
    assert ("route_reason" in errors, "order_reference" in errors) == (reason, reference)


def test_an_order_for_an_independent_school_needs_its_consent_on_record_unless_it_offers() -> None:
    lacking = decided(Route.ORDER, "none", route_reason=None)
    assert "route_reason" in lawless(judged("independent", "nothing", "refused"), lacking)
    assert lawless(judged("independent", "nothing", "offered"), lacking) == {}
    assert lawless(judged("section41", "nothing", "refused"), lacking) == {}


@pytest.mark.parametrize("named", NAMED)
def test_what_a_tribunal_orders_elsewhere_rules_every_other_out(named: str) -> None:
    for reply in REPLIES:
        found = judged(named, "this one", reply, is_ordered_elsewhere=True)
        assert (found.routes, found.obstacle, found.is_consent_due) == ((), ORDERED, False), reply


def test_where_nothing_is_requested_section_40_is_the_test() -> None:
    assert judged("nmss", "nothing", "offered").test == NO_REQUEST
