"""Walks the stories of the table: in each situation every event is tried by everybody, and undone."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.errors import Conflict, MarketplaceError, NotFound, NotPermitted
from marketplace.models import AuditEvent, Award, Base, Consultation, Need, Placement
from marketplace.services.verify import verify
from tests.lives.acts import ACTS
from tests.lives.scene import RUNS_ON, Scene
from tests.lives.table import APPROVERS, EDITORS, IDLE, LIVES, WORKER, Situation, expected

KINDS = {"need": Need, "consultation": Consultation, "award": Award, "placement": Placement}
DENIALS = (NotPermitted, NotFound)  # of somebody who may not: told so, or that there is nothing
OWN = {"undo"}  # of what one's own side entered last: that of the other side is in conflict with it
STEPS = {event: row.by for life in LIVES.values() for event, row in life.items()}

Statuses = dict[tuple[str, int], StrEnum]
Move = tuple[str, StrEnum, StrEnum]


class Walk:
    """One story from its beginning. `wrong`: what came otherwise than the table says, a line each; `moves`: every
    change of a status that was seen; `tries`: how many pairs of a situation's event and a person there were."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.wrong: list[str] = []
        self.moves: set[Move] = set()
        self.tries = 0

    def tell(self, story: Mapping[str, Situation]) -> list[str]:
        """Walk through these situations; returns what is wrong."""
        for name, situation in story.items():
            for event in situation.after:
                self.take(event)
            self.wrong += [f"{name}: {words}" for words in self.all_tried(situation)]
        return self.wrong

    def take(self, event: str) -> None:
        """A step on the way, by somebody who may; of two who may, by whoever is to propose and not to decide."""
        by = STEPS.get(event, frozenset())
        self.scene.do("approver" if by == APPROVERS else "editor" if by == EDITORS else "both", ACTS[event])
        if event == "approve":
            self.scene.on = RUNS_ON

    def all_tried(self, situation: Situation) -> Iterator[str]:
        """What is wrong with all that can be tried in a situation."""
        self.before, self.last_audit, self.digest = self.scene.see(
            lambda session: (statuses(session), _last_audit(session), digest(session))
        )
        for life in situation.of:
            for event in LIVES[life]:
                for who in self.people(life, event):
                    self.tries += 1
                    yield from (f"{event} by {who}: {words}" for words in self.tried(situation, life, event, who))
        left = self.scene.see(digest)
        yield from (
            f"what was refused, or undone, has left something in {name}"
            for name in left
            if left[name] != self.digest[name]
        )

    def people(self, life: str, event: str) -> Iterable[str]:
        """Who tries it. That one person holds two roles matters where somebody else must decide."""
        if LIVES[life][event].by == WORKER:
            return WORKER
        return [who for who in self.scene.people if who != "system" and (who != "both" or life == "award")]

    def tried(self, situation: Situation, life: str, event: str, who: str) -> Iterator[str]:
        """What is wrong with what came of one try."""
        wanted = expected(life, event, situation, self.before[self.object(life)])
        may, happens = who in LIVES[life][event].by, wanted not in (None, IDLE)
        refusals = DENIALS if happens and event not in OWN else (*DENIALS, Conflict)
        found: list[str] = []
        try:
            self.scene.try_(who, ACTS[event], lambda session: found.extend(self.looked(session, life, event, wanted)))
        except MarketplaceError as error:
            is_refusal = isinstance(error, Conflict if may else refusals)
            if not is_refusal or (may and wanted is not None):
                yield f"{type(error).__name__}: {error}"
        else:
            yield from found if may else ["went through"]

    def looked(self, session: Session, life: str, event: str, wanted: StrEnum | str | None) -> Iterator[str]:
        """What is wrong with what was done, before it is undone."""
        me, now = self.object(life), statuses(session)
        recorded = session.scalars(
            select(AuditEvent.event).where(AuditEvent.id > self.last_audit).order_by(AuditEvent.id)
        ).all()
        if wanted == IDLE:
            if recorded or digest(session) != self.digest:
                yield f"should do nothing, and has recorded {recorded}"
            return
        if now[me] != wanted:
            yield f"is {now[me]}, not {wanted}"
        names = iter(recorded)
        if not all(name in names for name in LIVES[life][event].recorded):
            yield f"is recorded as {recorded} only"
        self.moves |= {(*key[:1], self.before[key], now[key]) for key in self.before if now[key] != self.before[key]}
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # the links of the chain are added, as at a commit
        yield from (f"breaks “{each.rule.name}”: {each.rows}" for each in verify(session) if each.count)

    def object(self, life: str) -> tuple[str, int]:
        """The one of its kind that the events of a life happen to."""
        seen = self.scene.seen
        ids = {"consultation": seen.ash[0], "award": seen.award[0], "placement": seen.placement[0]}
        return life, ids.get(life, self.scene.need)


def statuses(session: Session) -> Statuses:
    """Where every need, consultation, award and placement stands."""
    return {
        (life, row.id): row.status
        for life, kind in KINDS.items()
        for row in session.execute(select(kind.id, kind.status))
    }


def digest(session: Session) -> dict[str, str]:
    """A hash of the rows of every table."""
    rows = "SELECT '{0}', coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {0} t"
    found = session.execute(text(" UNION ALL ".join(rows.format(name) for name in sorted(Base.metadata.tables))))
    return {row[0]: row[1] for row in found}


def _last_audit(session: Session) -> int:
    return session.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)) or 0
