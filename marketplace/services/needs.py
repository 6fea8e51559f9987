"""Needs: posted question by question, kept as drafts, published whole, withdrawn with a reason.

It must never derive a band by itself (`pricing` does) and never keep anything that says who the pupil is.
"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit, vocabulary
from marketplace.errors import Conflict, Invalid, InvalidTransition, NotFound, Stale
from marketplace.models import (
    NEED_MOVES,
    OUT_OF_EDUCATION,
    Award,
    AwardStatus,
    Band,
    Footing,
    HomeArea,
    Need,
    NeedStatus,
    Pattern,
    Setting,
    SettingStatus,
    WhyProfiled,
    london_day,
    now,
)
from marketplace.permissions import Actor, can_change_need, can_post_need, require
from marketplace.services import law
from marketplace.services.consultation_steps import lock_need
from marketplace.services.consultations import withdraw_all
from marketplace.services.days_out import dates_of, keep_next_due
from marketplace.services.frameworks import framework_in_force, rule
from marketplace.vocabulary import in_words
from pricing.profile import NeedsProfile, band_for

LEVELS = ("level_ci", "level_cl", "level_semh", "level_sp")
PROFILE = frozenset(
    {
        *LEVELS, "barriers", "adjustments", "primary_need", "secondary_needs", "requirements", "pattern",
        "band_override", "band_override_reason",
    }
)  # fmt: skip
ANSWERS = PROFILE | {
    "reference", "footing", "last_education_on", "roll_school",
    "year_group", "sex", "home_area", "easting", "northing", "starts_on", "mainstream", "kinds",
    "request_id", "ground", "ground_evidence", "wishes", "is_transport_entitled", "max_km", "priority",
}  # fmt: skip
CHANGEABLE = frozenset({NeedStatus.DRAFT, NeedStatus.PUBLISHED})  # afterwards schools have been told
# Once the pupil is placed nothing is being asked of schools, and needs go on changing.
PROFILED = CHANGEABLE | {NeedStatus.PLACED}
LONGEST_AHEAD = timedelta(days=3 * 366)
LONGEST_OUT = timedelta(days=3 * 366)


def start_need(session: Session, actor: Actor, *, on: date, **answers: Any) -> Need:
    """Start a draft with the answers given so far; the reference at least. Raises Invalid, by field."""
    require(can_post_need(actor), "post a need")
    need = Need(authority_id=actor.organisation_id, status=NeedStatus.DRAFT)
    _answer(session, need, answers, on=on)
    session.add(need)
    audit.record(session, actor, "need started", need)
    keep_next_due(session, need, dates_of(session, need))
    return need


def change_need(
    session: Session,
    actor: Actor,
    *,
    need_id: int,
    version: int,
    on: date,
    profiled_on: date | None = None,
    profile_why: WhyProfiled = WhyProfiled.CORRECTED,
    **answers: Any,
) -> Need:
    """Keep the answers to some questions; those of the profile, once it is published, as another version of it, which
    holds from `profiled_on` (else today). Raises Invalid, by field, for an answer that cannot be or, once the need is
    published, is missing; InvalidTransition when schools have been consulted on it."""
    need = find_need_to_change(session, actor, need_id=need_id, version=version)
    if need.status not in (PROFILED if answers.keys() <= PROFILE else CHANGEABLE):
        raise InvalidTransition(
            f"This need is {need.status}. What schools have been told about it can no longer be changed."
        )
    with session.no_autoflush:  # written at once, so that the database keeps one version of the profile
        changed = _answer(session, need, answers, on=on)
        if need.status is not NeedStatus.DRAFT:
            _require_complete(need)
            if not PROFILE.isdisjoint(changed):
                _date_profile(need, profiled_on or on, profile_why, on=on)
    if changed:
        audit.record(session, actor, "need changed", need, answers=changed)
        keep_next_due(session, need, dates_of(session, need))
    return need


def publish_need(session: Session, actor: Actor, *, need_id: int, version: int, on: date) -> Need:
    """Publish a draft that lacks no answer, with the band of the framework in force. Raises InvalidTransition where it
    is no draft any more, Invalid with each answer that is missing, Conflict when no framework is in force."""
    need = find_need_to_change(session, actor, need_id=need_id, version=version)
    if need.status is not NeedStatus.DRAFT:  # other moves to "published" follow from consultations, or from an end
        raise InvalidTransition(f"This need is {need.status} already.")
    _require_complete(need)
    _derive_band(session, need, on=on)
    _move(need, NeedStatus.PUBLISHED)
    need.published_at, need.profiled_on = now(), on
    audit.record(session, actor, "need posted", need, band=need.band, framework_id=need.framework_id)
    return need


def post_need(session: Session, actor: Actor, *, on: date, **answers: Any) -> Need:
    """Post a whole need at once. Raises what starting and publishing raise; then nothing is kept."""
    need = start_need(session, actor, on=on, **answers)
    return publish_need(session, actor, need_id=need.id, version=need.version, on=on)


def withdraw_need(session: Session, actor: Actor, *, need_id: int, version: int, reason: str) -> Need:
    """Withdraw a need that is not yet placed, and whatever settings are consulted about it; `reason` is one of
    vocabulary.WITHDRAWALS."""
    need = find_need_to_change(session, actor, need_id=need_id, version=version)
    if not can_withdraw(need):
        raise InvalidTransition(f"This need is {need.status}, so it cannot be withdrawn. A placement is ended.")
    _move(need, NeedStatus.WITHDRAWN)
    withdraw_all(session, actor, need=need, at=now())
    audit.record(session, actor, "need withdrawn", need, reason=reason)
    return need


def find_need(session: Session, need_id: int) -> Need:
    """A need that the actor of this transaction may see. Raises NotFound."""
    need = session.get(Need, need_id)
    if need is None:
        raise NotFound("There is no such need.")
    return need


def find_need_to_change(session: Session, actor: Actor, *, need_id: int, version: int) -> Need:
    """A need that the actor may change, as it was when the page was opened, locked until the transaction ends. Raises
    NotFound, NotPermitted, Stale; Conflict while an award waits for its approval, which rests on the need as it is."""
    need = lock_need(session, need_id)
    require(can_change_need(actor, need.authority_id), "change this need")
    if need.version != version:
        raise Stale("Somebody else has changed this need since you opened it. Look at it again, then repeat.")
    waiting = select(Award.id).where(Award.need_id == need.id, Award.status == AwardStatus.PROPOSED)
    if session.scalar(waiting) is not None:
        raise Conflict("An award for this need waits for its approval. Take it back first, or wait.")
    return need


def missing_answers(need: Need) -> dict[str, str]:
    """What keeps a need from being published: the field of the question page and what to do there."""
    answers = {field: getattr(need, "easting" if field == "home" else field) for field in vocabulary.MISSING}
    lacking = {field: words for field, words in vocabulary.MISSING.items() if answers[field] in (None, "", [])}
    if need.kinds and need.pattern not in (None, Pattern.DAY) and "full" not in need.kinds:
        lacking["pattern"] = "Boarding needs a full placement. Choose day, or say that a full placement would suit."
    if need.footing in OUT_OF_EDUCATION and need.last_education_on is None:
        lacking["last_education_on"] = "Enter the last day on which the pupil was in education."
    if not need.footing.has_plan and need.roll_school is None:
        lacking["roll_school"] = "Enter the school on whose roll the pupil is, or was last."
    return lacking


def _require_complete(need: Need) -> None:
    if lacking := missing_answers(need):
        raise Invalid({field: [words] for field, words in lacking.items()})


def can_withdraw(need: Need) -> bool:
    """Whether a need can be withdrawn: while its pupil is placed it goes with the placement (placement_ends)."""
    return need.status is not NeedStatus.PLACED and can_move(need, NeedStatus.WITHDRAWN)


def can_move(need: Need, to: NeedStatus) -> bool:
    """Whether the need's status allows the move."""
    return to in NEED_MOVES[need.status]


def _move(need: Need, to: NeedStatus) -> None:
    if not can_move(need, to):
        raise InvalidTransition(f"This need is {need.status}, so it cannot become {to}.")
    need.status = to


def _answer(session: Session, need: Need, answers: dict[str, Any], *, on: date) -> list[str]:
    """Check the answers against what the marketplace knows, set them, and return the names of those that changed."""
    assert answers.keys() <= ANSWERS, answers.keys() - ANSWERS
    _check_start(answers, on=on)
    answers = {**answers, **_centre(session, answers)}
    _check_footing(need, answers, on=on)
    _check_request(session, need, answers)
    _check_wishes(session, answers)
    changed = sorted(name for name, value in answers.items() if getattr(need, name) != value)
    for name in changed:
        setattr(need, name, answers[name])
    if not answers.keys().isdisjoint(LEVELS) and all(getattr(need, level) is not None for level in LEVELS):
        _derive_band(session, need, on=on)
    return changed


def _date_profile(need: Need, day: date, why: WhyProfiled, *, on: date) -> None:
    """The profile holds from this day on: not before the one that it follows, nor from a day to come."""
    assert need.published_at is not None
    first = need.profiled_on or london_day(need.published_at)
    if not first <= day <= on:
        words = f"Enter the day of the review or assessment: from {in_words(first)}, when this profile began, to today."
        raise Invalid({"profiled_on": [words]})
    need.profiled_on, need.profile_why, need.profiled_at = day, why, now()


def _check_start(answers: dict[str, Any], *, on: date) -> None:
    starts_on = answers.get("starts_on")
    if starts_on is not None and starts_on > on + LONGEST_AHEAD:
        raise Invalid({"starts_on": ["Enter a day within the next three years. Check the year."]})


def _check_footing(need: Need, answers: dict[str, Any], *, on: date) -> None:
    """Without an EHCP there is neither request nor order; the last day of education has passed, and has come at all."""
    footing, last, request_id = (
        answers.get(name, getattr(need, name)) for name in ("footing", "last_education_on", "request_id")
    )
    footing = footing or Footing.EHCP  # of a draft that is being started
    if not footing.has_plan and request_id is not None:
        if "request_id" in answers:
            raise Invalid({"request_id": [f"{law.NO_PLAN} Take the request out; wishes may stay."]})
        raise Invalid({"footing": ["A request of the parents is kept, which only an EHCP gives. Take it out first."]})
    if not footing.has_plan and need.locked_id is not None:
        raise Invalid({"footing": ["A tribunal's order is kept, which only an EHCP gives. Lift it first."]})
    if last is not None and footing is Footing.AT_RISK:
        raise Invalid({"last_education_on": ["A pupil at risk of exclusion is in school. Leave this day empty."]})
    if last is not None and "last_education_on" in answers and not on - LONGEST_OUT <= last <= on:
        words = "Enter the last day on which the pupil was in education: today, or within the last three years."
        raise Invalid({"last_education_on": [words]})


def _centre(session: Session, answers: dict[str, Any]) -> dict[str, int]:
    """Easting and northing of the home area, where one is given."""
    code = answers.get("home_area")
    if code is None:
        return {}
    area = session.get(HomeArea, code)
    if area is None:
        words = f"The district {code} is not known here. Check it, or enter a grid reference, like 405000, 305000."
        raise Invalid({"home": [words]})
    return {"easting": area.easting, "northing": area.northing}


def _check_request(session: Session, need: Need, answers: dict[str, Any]) -> None:
    request_id, ground = (answers.get(name, getattr(need, name)) for name in ("request_id", "ground"))
    if request_id is None:
        return
    setting = session.get(Setting, request_id)
    if setting is None or setting.status is SettingStatus.CLOSED:
        raise Invalid({"request_id": ["Choose a setting from the list that is not closed."]})
    if not setting.is_registered:
        words = "It is not registered as a school, so no plan can name it. Enter it as a wish, or leave it out."
        raise Invalid({"request_id": [words]})
    allowed = law.test_of(setting.type).grounds
    if ground is not None and ground not in allowed:
        words = "; ".join(f"{vocabulary.GROUNDS[one]} ({vocabulary.GROUND_STATUTES[one]})" for one in allowed)
        raise Invalid({"ground": [f"The law does not give this ground for such a setting. It gives: {words}."]})


def _check_wishes(session: Session, answers: dict[str, Any]) -> None:
    wishes: list[int] = answers.get("wishes") or []
    known = set(session.scalars(select(Setting.id).where(Setting.id.in_(wishes)))) if wishes else set()
    for place, wish in enumerate(wishes, start=1):
        if wish not in known:
            raise Invalid({f"wish_{place}": ["Choose a setting from the list."]})


def _derive_band(session: Session, need: Need, *, on: date) -> None:
    framework = framework_in_force(session, on=on)
    decision = band_for(NeedsProfile(*need.levels), rule(framework))
    need.framework_id = framework.id
    need.derived_band = Band(decision.band) if decision.band else None
    need.band_reasons = list(decision.reasons)
