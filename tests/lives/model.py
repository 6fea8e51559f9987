"""A small model of the four lives, without a database: what each event may do next, by the table alone."""

from dataclasses import dataclass, field
from enum import StrEnum

from marketplace.models import OPEN_CONSULTATIONS, AwardStatus, ConsultationStatus, NeedStatus, PlacementStatus
from tests.lives.table import LIVES

N, C, A, P = NeedStatus, ConsultationStatus, AwardStatus, PlacementStatus
LIFE = {event: life for life, events in LIVES.items() for event in events}
SIDES = {"editor": "provider", "system": "system"}  # whose events these are; of all others the LA
ENDS = frozenset({"end", "end_for_good", "end_due"})
# What stands in the way of a need's events while an award of it waits.
NOT_WHILE_WAITING = frozenset({"change", "rule_out", "withdraw_need", "award_ordered"})


@dataclass
class Model:
    """Where the need, Ash's consultation (the newest), the newest award and the newest placement stand, and what can be
    undone: for each event of the placement that holds, what was before it and whose it is."""

    need: StrEnum = N.DRAFT
    consultation: StrEnum | None = None
    award: StrEnum | None = None
    placement: StrEnum | None = None
    rests_on: StrEnum | None = None  # the reply that the award is proposed on
    is_birch_asked: bool = False
    is_noticed: bool = False
    ruled_out: bool = False
    opened: bool = False
    # Whether the placement came of this consultation, and of this award: there may be newer ones.
    is_of_consultation: bool = False
    is_of_award: bool = False
    undoable: list[tuple[str, StrEnum, bool, str]] = field(default_factory=list)

    def may(self, who: str, event: str) -> bool:
        """Whether a person does it now; what is idle in this status counts as not done."""
        row, status = LIVES[LIFE[event]][event], getattr(self, LIFE[event])
        if who not in row.by or status is None:
            return False
        if self.award is A.PROPOSED and event in NOT_WHILE_WAITING:
            return False
        return self._is_free(who, event) and (event == "end_due" or status in row.leads)

    def _is_free(self, who: str, event: str) -> bool:
        """What an event asks for beside its object's own status."""
        match event:
            case "see":
                return not self.opened
            case "rule_out":
                return not self.ruled_out
            case "consult_another":
                return not self.is_birch_asked
            case "approve":
                return self.need in {N.PUBLISHED, N.CONSULTING, N.OFFERED} and self.consultation is self.rests_on
            case "end_due":
                return self.is_noticed and self.placement is not P.ENDED
            case "undo":
                return self._is_undoable(who)
        return True

    def _is_undoable(self, who: str) -> bool:
        if not self.undoable:
            return False
        event, _, _, side = self.undoable[-1]
        is_reopened = event not in ENDS or (self.need in {N.PUBLISHED, N.WITHDRAWN} and not self._is_asked)
        return is_reopened and side in {SIDES.get(who, "LA"), "system"}

    @property
    def _is_asked(self) -> bool:
        return self.consultation in OPEN_CONSULTATIONS or self.is_birch_asked

    def do(self, who: str, event: str) -> None:
        """Let an event happen that may."""
        life = LIFE[event]
        if life == "placement":
            self._place(who, event)
            return
        if event != "approve":  # whose effects are those of an award
            setattr(self, life, LIVES[life][event].leads[getattr(self, life)])
        match event:
            case "rule_out":
                self.ruled_out = True
            case "see" | "offer" | "say_full" | "refuse":
                self.opened = True
            case "withdraw_need":
                self._close(C.WITHDRAWN)
            case "consult_another":
                self.is_birch_asked = True
            case "award_ordered":
                self._awarded()
            case "approve":
                self._awarded()
        self._settle()

    def consult(self) -> None:
        """Ash is consulted anew, and has replied nothing; what rested on its earlier replies does so no more."""
        self.consultation, self.opened, self.rests_on, self.is_of_consultation = C.SENT, False, None, False
        self._settle()

    def propose(self) -> None:
        """An award of Ash waits for a second person; it rests on what Ash offers."""
        self.award, self.rests_on, self.is_of_award = A.PROPOSED, self.consultation, False

    def may_consult(self) -> bool:
        """Whether Ash can be consulted."""
        return self.need in {N.PUBLISHED, N.CONSULTING, N.OFFERED} and self.consultation not in OPEN_CONSULTATIONS

    def may_propose(self) -> bool:
        """Whether an award of Ash can be proposed on its offer."""
        return self.need is N.OFFERED and self.consultation is C.OFFERED and self.award is not A.PROPOSED

    def _settle(self) -> None:
        if self.need not in {N.PUBLISHED, N.CONSULTING, N.OFFERED}:
            return
        if self.consultation is C.OFFERED:
            self.need = N.OFFERED
        else:
            self.need = N.CONSULTING if self._is_asked else N.PUBLISHED

    def _awarded(self) -> None:
        self.need, self.award, self.placement = N.PLACED, A.MADE, P.AGREED
        self.is_of_consultation, self.is_of_award = self.consultation in OPEN_CONSULTATIONS, True
        self._close(C.AWARDED)
        self.undoable, self.is_noticed = [], False

    def _close(self, status: StrEnum) -> None:
        """What becomes of Ash's consultation, where it is open; Birch's is closed."""
        if self.consultation in OPEN_CONSULTATIONS:
            self.consultation = status
        self.is_birch_asked = False

    def _place(self, who: str, event: str) -> None:
        assert self.placement is not None
        if event == "undo":
            undone, self.placement, self.is_noticed, _ = self.undoable.pop()
            if undone in ENDS:
                self.need = N.PLACED
                self.award = A.MADE if self.is_of_award else self.award
                self.consultation = C.AWARDED if self.is_of_consultation else self.consultation
            return
        self.undoable.append((event, self.placement, self.is_noticed, SIDES.get(who, "LA")))
        self.placement = P.ENDED if event == "end_due" else LIVES["placement"][event].leads[self.placement]
        self.is_noticed = self.is_noticed or event == "give_notice"
        if event in ENDS:
            self.need = N.WITHDRAWN if event == "end_for_good" else N.PUBLISHED
            self.award = A.ENDED if self.is_of_award else self.award
            self.consultation = C.CLOSED if self.is_of_consultation else self.consultation
