"""The table: for each object, each event that can happen to it, who may bring it about, from which statuses, to which,
and what the audit trail says of it. Whatever does not stand here must be refused.

The statuses of an object are moved along the same tables in `models` (NEED_MOVES and so on); a test holds that these
allow what happens here and nothing more.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from marketplace.models import (
    AWARD_MOVES,
    CONSULTATION_MOVES,
    NEED_MOVES,
    OPEN_CONSULTATIONS,
    PLACEMENT_MOVES,
    AwardStatus,
    ConsultationStatus,
    NeedStatus,
    PlacementStatus,
)

MOVES = {"need": NEED_MOVES, "consultation": CONSULTATION_MOVES, "award": AWARD_MOVES, "placement": PLACEMENT_MOVES}

# Of the people in scene.py. Who proposed the awards is "both" a commissioner and an approver of the LA.
COMMISSIONERS = frozenset({"commissioner", "both"})
APPROVERS = frozenset({"approver"})
EDITORS = frozenset({"editor"})
WORKER = frozenset({"system"})  # no person can ask for it, and the worker for nothing else


@dataclass(frozen=True, slots=True)
class Event:
    """What may happen. `leads`: from each status that allows it, the status that follows; from one in `idle` nothing
    happens, and nothing is recorded; all others refuse it. `recorded`: its events in the audit trail, in order."""

    by: frozenset[str]
    leads: dict[StrEnum, StrEnum]
    recorded: tuple[str, ...]
    idle: frozenset[StrEnum] = frozenset()


def stays(*statuses: StrEnum) -> dict[StrEnum, StrEnum]:
    """What can happen in these and leaves the status as it is."""
    return {status: status for status in statuses}


N, C, A, P = NeedStatus, ConsultationStatus, AwardStatus, PlacementStatus
OPEN = (N.PUBLISHED, N.CONSULTING, N.OFFERED)
REPLIED = (C.OFFERED, C.FULL, C.REFUSED)
OVER = (C.WITHDRAWN, C.AWARDED, C.CLOSED)
RUNNING = (P.AGREED, P.STARTED, P.SUSPENDED)


def becomes(status: StrEnum, *before: StrEnum) -> dict[StrEnum, StrEnum]:
    """What leads from any of these to one status."""
    return dict.fromkeys(before, status)


LIVES: dict[str, dict[str, Event]] = {
    "need": {
        "change": Event(COMMISSIONERS, stays(N.DRAFT, N.PUBLISHED), ("need changed",)),
        "publish": Event(COMMISSIONERS, {N.DRAFT: N.PUBLISHED}, ("need posted",)),
        "rule_out": Event(COMMISSIONERS, stays(N.DRAFT, *OPEN), ("provision ruled out",)),
        "fix": Event(COMMISSIONERS, stays(N.DRAFT, *OPEN), ("provision fixed by order",)),
        "withdraw_need": Event(COMMISSIONERS, becomes(N.WITHDRAWN, N.DRAFT, *OPEN), ("need withdrawn",)),
        "consult_another": Event(
            COMMISSIONERS,
            {N.PUBLISHED: N.CONSULTING, N.CONSULTING: N.CONSULTING, N.OFFERED: N.OFFERED},
            ("setting consulted", "settings consulted"),
        ),
        "propose_ordered": Event(COMMISSIONERS, stays(*OPEN), ("award proposed",)),
        "award_ordered": Event(
            COMMISSIONERS, becomes(N.PLACED, *OPEN),
            ("award proposed", "placement awarded", "award made", "need placed"),
        ),
    },
    "consultation": {
        "see": Event(EDITORS, stays(C.SENT), ("consultation seen",), idle=frozenset({*REPLIED, *OVER})),
        "offer": Event(EDITORS, becomes(C.OFFERED, *OPEN_CONSULTATIONS), ("offer made",)),
        "say_full": Event(EDITORS, becomes(C.FULL, *OPEN_CONSULTATIONS), ("setting full",)),
        "refuse": Event(EDITORS, becomes(C.REFUSED, *OPEN_CONSULTATIONS), ("need refused",)),
        "chase": Event(COMMISSIONERS, stays(C.SENT), ("setting chased",), idle=frozenset({*REPLIED, *OVER})),
        "remind": Event(WORKER, stays(C.SENT), ("setting reminded",), idle=frozenset({*REPLIED, *OVER})),
        "free_hold": Event(WORKER, stays(C.OFFERED), ("hold expired",), idle=frozenset(C) - {C.OFFERED}),
        "withdraw": Event(COMMISSIONERS, becomes(C.WITHDRAWN, *OPEN_CONSULTATIONS), ("consultation withdrawn",)),
        "award_here": Event(COMMISSIONERS, becomes(C.AWARDED, *OPEN_CONSULTATIONS), ("award made", "need placed")),
        "award_elsewhere": Event(COMMISSIONERS, becomes(C.CLOSED, *OPEN_CONSULTATIONS), ("award made", "need placed")),
    },
    "award": {
        "approve": Event(APPROVERS, {A.PROPOSED: A.MADE}, ("placement awarded", "award made", "need placed")),
        "return_it": Event(APPROVERS, {A.PROPOSED: A.RETURNED}, ("award returned",)),
        "take_back": Event(COMMISSIONERS, {A.PROPOSED: A.LAPSED}, ("award taken back",)),
        "lapse": Event(
            WORKER, {A.PROPOSED: A.LAPSED}, ("award lapsed",), idle=frozenset(A) - {A.PROPOSED}
        ),
    },
    "placement": {
        "start": Event(COMMISSIONERS, {P.AGREED: P.STARTED}, ("placement started",)),
        "vary": Event(COMMISSIONERS, stays(*RUNNING), ("placement varied",)),
        "reprice": Event(COMMISSIONERS, stays(*RUNNING), ("placement repriced",)),
        "suspend": Event(COMMISSIONERS, {P.STARTED: P.SUSPENDED}, ("placement suspended",)),
        "resume": Event(COMMISSIONERS, {P.SUSPENDED: P.STARTED}, ("placement resumed",)),
        "give_notice": Event(COMMISSIONERS | EDITORS, stays(*RUNNING), ("placement notice given",)),
        "end": Event(
            COMMISSIONERS, becomes(P.ENDED, *RUNNING), ("placement ended", "award ended", "need posted again")
        ),
        "end_for_good": Event(
            COMMISSIONERS, becomes(P.ENDED, *RUNNING), ("placement ended", "award ended", "need closed")
        ),
        "transfer": Event(
            COMMISSIONERS, becomes(P.ENDED, *RUNNING), ("placement transferred", "award ended", "need closed")
        ),
        "end_due": Event(
            WORKER, {}, ("placement ended", "award ended", "need posted again"), idle=frozenset(P)
        ),  # only where notice was given: see STORIES
        "carry": Event(WORKER, stays(*RUNNING), ("placement carried",), idle=frozenset({P.ENDED})),
        # One that has ended goes back to what it was before; the first event, the award's, is ended and not undone.
        "undo": Event(
            COMMISSIONERS, {P.STARTED: P.AGREED, P.SUSPENDED: P.STARTED, P.ENDED: P.STARTED},
            ("placement undone",),
        ),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand after these events, which follow the situation before it in its story; `of` are the objects
    whose events are tried there. `but`: what depends on more than the one status: the status that follows, IDLE, or
    None where it is refused."""

    after: tuple[str, ...]
    of: tuple[str, ...]
    but: dict[str, StrEnum | str | None] = field(default_factory=dict)


IDLE = "idle"
_CONSULTED = ("publish", "consult")
_WAITING = (*_CONSULTED, "offer", "propose")
_PLACED = (*_WAITING, "approve")
# An award that waits rests on the need as it is, and is the one live award; the place that was kept is its own now.
_HELD_BY_AWARD = dict.fromkeys(
    ["change", "rule_out", "fix", "withdraw_need", "propose_ordered", "award_ordered", "award_here", "award_elsewhere"]
) | {"free_hold": IDLE}
# Under notice the day is set: nothing is charged beyond it, and after it the worker ends the placement.
_NOTICE = {"end_due": P.ENDED, "carry": IDLE}

STORIES = {
    "straight on": {
        "draft": Situation((), ("need",)),
        "published": Situation(("publish",), ("need",)),
        "consulted": Situation(("consult",), ("need", "consultation")),
        "offered": Situation(("offer",), ("need", "consultation")),
        "waiting": Situation(("propose",), ("need", "consultation", "award"), _HELD_BY_AWARD),
        "placed": Situation(("approve",), ("need", "consultation", "award", "placement"), {"undo": None}),
        "started": Situation(("start",), ("placement",)),
        "suspended": Situation(("suspend",), ("placement",)),
        "ended while suspended": Situation(("end",), ("placement",), {"undo": P.SUSPENDED}),
    },
    "other replies": {
        "opened": Situation((*_CONSULTED, "see"), ("consultation",), {"see": IDLE}),
        "full": Situation(("say_full",), ("consultation",)),
        "refused": Situation(("refuse",), ("consultation",)),
        "consultation withdrawn": Situation(
            ("withdraw",), ("consultation",), {"award_here": C.WITHDRAWN, "award_elsewhere": C.WITHDRAWN}
        ),
    },
    "given up": {"need withdrawn": Situation((*_CONSULTED, "withdraw_need"), ("need", "consultation"))},
    "not awarded": {
        "returned": Situation((*_WAITING, "return_it"), ("award",)),
        "taken back": Situation(("propose", "take_back"), ("award",)),
    },
    "under notice": {
        "placed, under notice": Situation((*_PLACED, "give_notice"), ("placement",), {**_NOTICE, "undo": P.AGREED}),
        "started, under notice": Situation(("start",), ("placement",), _NOTICE),
        "suspended, under notice": Situation(("suspend",), ("placement",), _NOTICE),
    },
    "never begun": {
        "ended before it started": Situation((*_PLACED, "end"), ("placement",), {"undo": P.AGREED}),
    },
    "needed again": {
        "ended": Situation(
            (*_PLACED, "start", "end"), ("need", "consultation", "award", "placement"),
            {"award_here": C.CLOSED, "award_elsewhere": C.CLOSED},
        ),
        "taken up anew": Situation(("consult_another",), ("placement",), {"undo": None}),
    },
    "not needed again": {
        "ended for good": Situation((*_PLACED, "start", "end_for_good"), ("need", "placement")),
    },
}  # fmt: skip


def expected(life: str, event: str, situation: Situation, status: StrEnum) -> StrEnum | str | None:
    """What comes of an event in a situation, by somebody who may: the status that follows, IDLE, or None: refused."""
    row = LIVES[life][event]
    if event in situation.but:
        return situation.but[event]
    return IDLE if status in row.idle else row.leads.get(status)
