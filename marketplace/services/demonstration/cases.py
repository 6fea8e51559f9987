"""What has become of some needs of the demonstration: settings were consulted and have replied in every way, an award
waits for a second person, and placements run, with what has happened to them and what was charged.

Every act is that of a use case, by the person whose act it is, on a day before the demonstration's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.models import (
    Authority,
    Award,
    AwardBasis,
    Consultation,
    Kind,
    Need,
    NeedStatus,
    Pattern,
    Placement,
    Provision,
    RefusalCode,
    Role,
    Route,
    User,
)
from marketplace.services import approvals, awards, consultations, placement_ends, placements, reintegration, replies
from marketplace.services.choices import choices
from marketplace.services.demonstration.acts import T, act, morning
from marketplace.services.demonstration.people import People
from marketplace.services.demonstration.split_weeks import SplitWeek
from marketplace.services.demonstration.supply import terms_of
from marketplace.services.matching.options import provisions_by_id, rank_options
from marketplace.services.people import actor_of
from marketplace.services.reintegration_versions import is_due

ASKED = 4  # settings, about each need
REASONS = {
    RefusalCode.STAFFING: "Two of six posts in the class are vacant until the spring.",
    RefusalCode.PREMISES: "The pupil could not reach the first floor, and there is no lift.",
}


@dataclass(slots=True)
class Case:
    """One need, the settings that are asked about it, best first, and what has come of it. A day is so many days before
    `on`."""

    session: Session
    people: People
    need: Need
    provisions: list[Provision]
    starts_on: date
    on: date
    asked: list[Consultation] = field(default_factory=list)

    def act(self, who: User, days: int, use_case: Callable[..., T], **fields: Any) -> T:
        """One use case on a day, by a person."""
        day = self.on - timedelta(days=days)
        return act(self.session, who, day, use_case, at=morning(day), **fields)

    def of_authority(self, role: Role) -> User:
        """The person of the LA who has the role."""
        return self.people.who(self.need.authority, role)

    def editor(self, number: int) -> User:
        """The person who answers for the setting that was asked in this place."""
        provider = self.provisions[number].setting.provider
        assert provider is not None
        return self.people.who(provider, Role.PROVIDER_EDITOR)

    def ask(self, days: int) -> None:
        """Consult all settings."""
        rows = self.act(
            self.of_authority(Role.COMMISSIONER), days, consultations.consult, need_id=self.need.id,
            version=self.need.version, provision_ids=[row.id for row in self.provisions],
            on=self.on - timedelta(days=days),
        )  # fmt: skip
        by_setting = {row.setting_id: row for row in rows}
        self.asked = [by_setting[row.setting_id] for row in self.provisions]

    def see(self, number: int, days: int) -> None:
        """Let a setting open its consultation."""
        self.act(self.editor(number), days, consultations.see, consultation_id=self.asked[number].id)

    def offer(self, number: int, days: int, *, is_held: bool = False, **fields: Any) -> None:
        """Let a setting offer a place."""
        self.see(number, days + 1)
        row = self.asked[number]
        self.act(
            self.editor(number), days, replies.offer, consultation_id=row.id, version=row.version,
            provision_id=row.provision_id, band=self.need.band, starts_on=self.starts_on, is_held=is_held,
            on=self.on - timedelta(days=days), **fields,
        )  # fmt: skip

    def refuse(self, number: int, days: int, *codes: RefusalCode) -> None:
        """Let a setting refuse for these reasons; for want of room alone, say that it is full."""
        self.see(number, days + 1)
        row = self.asked[number]
        reasons = {code: REASONS.get(code, "") for code in codes}
        self.act(
            self.editor(number), days, replies.refuse, consultation_id=row.id, version=row.version, reasons=reasons
        )

    def propose(self, days: int) -> Award:
        """Propose to award the place that the first setting has offered."""
        on, row = self.on - timedelta(days=days), self.asked[0]
        found = choices(self.session, need=self.need, on=on, starts_on=self.starts_on)
        choice = next(each for each in found if each.provision.setting_id == row.setting_id)
        return self.act(
            self.of_authority(Role.COMMISSIONER), days, awards.propose_award, need_id=self.need.id,
            version=self.need.version, provision_id=choice.provision.id, consultation_version=row.version,
            total=choice.total or 0, on=on, route=Route.OFFER, route_reason=None, order_reference=None,
            starts_on=self.starts_on, ground=None, ground_evidence=None,
            answers={}, reasons="It meets the need in the profile, and is the nearest that has a place.",
            basis=AwardBasis.FRAMEWORK, basis_reason=None, notice_reference=None,
        )  # fmt: skip

    def place(self, asked: int) -> Placement:
        """From the consultation, so many days ago, to the placement that is agreed."""
        self.ask(asked)
        self.offer(0, asked - 5, is_held=True)
        self.offer(1, asked - 7)
        self.refuse(2, asked - 4, RefusalCode.FULL)
        award = self.propose(asked - 10)
        days = asked - 11
        self.act(
            self.of_authority(Role.APPROVER), days, approvals.approve_award, award_id=award.id, version=award.version,
            on=self.on - timedelta(days=days),
        )  # fmt: skip
        return self.session.scalars(select(Placement).where(Placement.award_id == award.id)).one()

    def step(self, who: User, days: int, use_case: Callable[..., object], row: Placement, **fields: Any) -> None:
        """One step of a placement."""
        on = self.on - timedelta(days=days)
        self.act(who, days, use_case, placement_id=row.id, version=row.version, on=on, **fields)

    @property
    def since(self) -> int:
        """For how many days the placement may have run."""
        return (self.on - self.starts_on).days


def replied(case: Case) -> None:
    """Two offers, one of which keeps a place; one is full; one has not opened it."""
    case.ask(9)
    case.offer(0, 4, is_held=True, note="A taster day is possible in either of the next two weeks.")
    case.offer(1, 3, variation=180_000, variation_reason="A second adult at arrival and at lunch.")
    case.refuse(2, 6, RefusalCode.FULL)


def overdue(case: Case) -> None:
    """One refuses for two reasons; the others are silent past the day, two of them without having opened it."""
    case.ask(17)
    case.refuse(1, 5, *REASONS)
    case.see(2, 12)


def waiting(case: Case) -> None:
    """An award that waits for a second person since yesterday."""
    case.ask(14)
    case.offer(0, 8, is_held=True)
    case.refuse(1, 7, RefusalCode.FULL)
    case.propose(1)


def agreed(case: Case) -> None:
    """A placement that begins with the coming term."""
    case.place(14)


def running(case: Case) -> Placement:
    """A placement that has begun."""
    row = case.place(44)
    officer = case.of_authority(Role.COMMISSIONER)
    if is_due(row):
        ends_on = case.starts_on + timedelta(weeks=26)
        case.step(
            officer, case.since, reintegration.keep_plan, row, ends_on=ends_on, reason=None, school_urn=None,
            purpose="To learn in a group again, and to catch up in English and mathematics.",
            school="the pupil’s mainstream school", returns_on=ends_on - timedelta(weeks=4), lead="Deputy head",
            steps="Two mornings a week at first, then each day.", review_on=case.starts_on + timedelta(weeks=6),
        )  # fmt: skip
    case.step(officer, case.since, placements.start_placement, row, day=case.starts_on)
    return row


def varied(case: Case) -> None:
    """One that has begun, and has another band since."""
    row = running(case)
    priced = {line.band for line in row.schedule.lines if line.provision_id == row.provision_id}
    others = sorted(priced - {row.band}, key=lambda band: abs(band.level - row.band.level))
    officer, day = case.of_authority(Role.COMMISSIONER), case.starts_on + timedelta(days=7)
    if others and day <= case.on:
        more = "more" if others[0].level > row.band.level else "less"
        case.step(
            officer, (case.on - day).days, placements.vary_placement, row, day=day, provision_id=row.provision_id,
            band=others[0], sessions=row.sessions, hours_a_week=row.hours_a_week,
            reason=f"The review after the first week found {more} support needed than was agreed.",
        )  # fmt: skip


def under_notice(case: Case) -> None:
    """One of which the setting has given notice."""
    row = running(case)
    days = min(3, case.since)
    last_day = case.on + timedelta(days=60)
    reason = "The class closes at the end of the next term. We will help with the move."
    case.step(case.editor(0), days, placement_ends.give_notice, row, last_day=last_day, reason=reason)


def split(case: Case) -> None:
    """A split week that has begun, was reviewed, and has one session more in mainstream since."""
    row = case.place(44)
    week = SplitWeek(case.session, row, case.editor(0), case.of_authority(Role.COMMISSIONER))
    week.plan(row.starts_on, case.since + 1)
    case.step(case.of_authority(Role.COMMISSIONER), case.since, placements.start_placement, row, day=case.starts_on)
    reviewed_on = case.starts_on + timedelta(days=14)
    if reviewed_on <= case.on:
        week.review(reviewed_on)
        week.plan(reviewed_on, 0)


@dataclass(frozen=True, slots=True)
class Story:
    """What becomes of a need that was posted so many days ago at least."""

    tell: Callable[[Case], object]
    posted: int
    is_to_come: bool = True  # begins with the coming term
    kind: Kind = Kind.FULL


# Few, and in three LAs: with what these take the match of the seed is still proven in seconds.
STORIES = {
    "991": (
        Story(varied, 45, is_to_come=False),
        Story(under_notice, 45, is_to_come=False),
        Story(running, 45, is_to_come=False),
        Story(agreed, 15),
        Story(overdue, 18),
        Story(replied, 10),
        Story(replied, 10),
    ),
    "994": (
        Story(running, 45, is_to_come=False),
        Story(waiting, 15),
        Story(replied, 10),
    ),
    "996": (Story(split, 45, is_to_come=False, kind=Kind.POROUS),),
}  # by the code of the LA


def add_cases(session: Session, people: People, *, on: date) -> None:
    """Let each story happen to the first need that it can happen to: where a draw has none, it does not."""
    terms = terms_of(on)
    began = max(terms.started, _monday(on - timedelta(days=27)))
    for authority in people.authorities:
        needs = {kind: _needs(session, authority, kind) for kind in (Kind.FULL, Kind.POROUS)}
        for story in STORIES.get(authority.code, ()):
            starts_on = terms.coming if story.is_to_come else began
            case = _case(session, people, needs[story.kind], story, starts_on=starts_on, on=on)
            if case is not None:
                story.tell(case)


def _monday(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _needs(session: Session, authority: Authority, kind: Kind) -> list[Need]:
    """The published needs of an LA for a whole week by day, or of those that a shared one would suit, of which nothing
    is settled, in the order of posting."""
    rows = session.scalars(
        select(Need)
        .where(
            Need.authority_id == authority.id, Need.status == NeedStatus.PUBLISHED, Need.request_id.is_(None),
            Need.locked_id.is_(None), Need.pattern == Pattern.DAY,
        )
        .order_by(Need.published_at, Need.id)
    )  # fmt: skip
    free = [need for need in rows if not need.forbidden and need.band is not None]
    return [need for need in free if (need.kinds == [Kind.FULL] if kind is Kind.FULL else kind in need.kinds)]


def _case(
    session: Session, people: People, needs: list[Need], story: Story, *, starts_on: date, on: date
) -> Case | None:
    """The first need to which a story can happen, taken out of the list, with a provision of each setting that is
    asked."""
    by = datetime.combine(on - timedelta(days=story.posted), time(0), UTC)
    for need in list(needs):
        assert need.published_at is not None
        if need.published_at > by or (need.starts_on or starts_on) > starts_on:
            continue
        actor = actor_of(people.who(need.authority, Role.COMMISSIONER))
        ranked = rank_options(session, actor, need=need, on=starts_on).options
        free = [option for option in ranked if option.vacant >= option.use and option.kind != Kind.OUTREACH]
        first: dict[int, int] = {}
        for option in sorted(free, key=lambda option: option.kind != story.kind):  # of that kind, then others
            first.setdefault(option.setting_urn, option.provision_id)
        if len(first) >= ASKED and any(option.kind == story.kind for option in free):
            needs.remove(need)
            chosen = list(first.values())[:ASKED]
            found = provisions_by_id(session, chosen)
            return Case(session, people, need, [found[at] for at in chosen], starts_on, on)
    return None
