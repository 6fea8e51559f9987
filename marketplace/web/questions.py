"""The question pages of a need: the pupil, mainstream, the profile, the request, then check and publish.

Each page keeps its answers in the draft. A change asked for from the check page, or of a published need, returns there.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Footing, Need, NeedStatus, Setting, SettingStatus, WhyProfiled, today
from marketplace.schemas.base import FormSchema, VersionSchema
from marketplace.schemas.needs import MainstreamSchema, ProfileChangeSchema, PupilSchema, RequestSchema
from marketplace.services import days_out, law, needs
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("questions", __name__, url_prefix="/needs")

# The questions in order, each with the fields that it asks, by which a missing answer is found again.
QUESTIONS: dict[str, type[FormSchema]] = {
    "pupil": PupilSchema,
    "mainstream": MainstreamSchema,
    "profile": ProfileChangeSchema,
    "request": RequestSchema,
}
STEPS = (*QUESTIONS, "check")


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Question 1 of a need that does not exist yet."""
    return _page("pupil", None, {"footing": Footing.EHCP}, words=vocabulary)


@bp.post("/new")
@forms.redisplay(new)
def post_new() -> ResponseReturnValue:
    """Start a draft."""
    answers = forms.read(PupilSchema)
    with transaction(actor()) as session:
        need = needs.start_need(session, actor(), on=today(), **answers)
    return redirect(url_for("questions.mainstream", need_id=need.id))


@bp.get("/<int:need_id>/pupil")
def pupil(need_id: int) -> ResponseReturnValue:
    """Question 1: which pupil, where, when."""
    return _question("pupil", need_id)


@bp.post("/<int:need_id>/pupil")
@forms.redisplay(pupil)
def post_pupil(need_id: int) -> ResponseReturnValue:
    """Keep the answers to question 1."""
    return _keep("pupil", need_id)


@bp.get("/<int:need_id>/mainstream")
def mainstream(need_id: int) -> ResponseReturnValue:
    """Question 2: what would make mainstream work."""
    return _question("mainstream", need_id)


@bp.post("/<int:need_id>/mainstream")
@forms.redisplay(mainstream)
def post_mainstream(need_id: int) -> ResponseReturnValue:
    """Keep the answers to question 2."""
    return _keep("mainstream", need_id)


@bp.get("/<int:need_id>/profile")
def profile(need_id: int) -> ResponseReturnValue:
    """Question 3: the needs profile."""
    return _question("profile", need_id)


@bp.post("/<int:need_id>/profile")
@forms.redisplay(profile)
def post_profile(need_id: int) -> ResponseReturnValue:
    """Keep the answers to question 3."""
    return _keep("profile", need_id)


@bp.get("/<int:need_id>/request", endpoint="request")
def request_(need_id: int) -> ResponseReturnValue:
    """Question 4: the parents' request and wishes."""
    return _question("request", need_id)


@bp.post("/<int:need_id>/request")
@forms.redisplay(request_)
def post_request(need_id: int) -> ResponseReturnValue:
    """Keep the answers to question 4."""
    return _keep("request", need_id)


@bp.get("/<int:need_id>/check")
def check(need_id: int) -> ResponseReturnValue:
    """All answers, each with its Change link; what is missing links to its question."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        if need.status is not NeedStatus.DRAFT:
            return redirect(url_for("needs.show", need_id=need_id))
        form = forms.shown()
        return render_template(
            "needs/check.html",
            need=need,
            form=form,
            errors=[{"text": words[0], "href": _link_to(field, need_id)} for field, words in form.errors.items()],
            **told(session, need),
        )


@bp.post("/<int:need_id>/check")
@forms.redisplay(check)
def post_check(need_id: int) -> ResponseReturnValue:
    """Publish, then straight to the ranked options."""
    with transaction(actor()) as session:
        needs.publish_need(session, actor(), need_id=need_id, on=today(), **forms.read(VersionSchema))
    return redirect(url_for("options.index", need_id=need_id))


def told(session: Session, need: Need) -> dict[str, Any]:
    """What needs/answers.html asks for beside the need."""
    return {
        "wishes": _settings_named(session, need.wishes),
        "test": law.test_of(need.request.type) if need.request else None,
        "out": days_out.days_out(session, need, on=today()),
        "is_educated": days_out.is_educated(session, need),
        "words": vocabulary,
    }


def _settings_named(session: Session, ids: list[int]) -> list[str]:
    names = {row.id: row.name for row in session.execute(select(Setting.id, Setting.name).where(Setting.id.in_(ids)))}
    return [names[at] for at in ids if at in names]


def _question(question: str, need_id: int) -> ResponseReturnValue:
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        settings = _settings(session) if question == "request" else []
        return _page(question, need, _kept(need), settings=settings, **told(session, need))


def _page(question: str, need: Need | None, values: dict[str, Any], **gathered: Any) -> ResponseReturnValue:
    number = STEPS.index(question)
    return render_template(
        f"needs/{question}.html",
        need=need,
        question=question,
        form=forms.shown(values),
        number=number + 1,
        count=len(STEPS),
        back=_back(question, need),
        law=law,
        **gathered,
    )


def _keep(question: str, need_id: int) -> ResponseReturnValue:
    answers = forms.read(VersionSchema) | forms.read(QUESTIONS[question])
    with transaction(actor()) as session:
        need = needs.change_need(session, actor(), need_id=need_id, on=today(), **answers)
    if need.status is not NeedStatus.DRAFT:
        return redirect(url_for("needs.show", need_id=need_id))
    following = "check" if _is_from_check() else STEPS[STEPS.index(question) + 1]
    return redirect(url_for(f"questions.{following}", need_id=need_id))


def _back(question: str, need: Need | None) -> str:
    if need is None:
        return url_for("needs.index")
    if need.status is not NeedStatus.DRAFT:
        return url_for("needs.show", need_id=need.id)
    if _is_from_check():
        return url_for("questions.check", need_id=need.id)
    at = STEPS.index(question)
    return url_for(f"questions.{STEPS[at - 1]}", need_id=need.id) if at else url_for("needs.index")


def _is_from_check() -> bool:
    return request.args.get("back") == "check"


def _link_to(field: str, need_id: int) -> str | None:
    if field == "_form":  # about the need as a whole
        return None
    question = next(name for name, schema in QUESTIONS.items() if field in schema().fields)
    address = url_for(f"questions.{question}", need_id=need_id, back="check")
    return f"{address}#{field}"


def _kept(need: Need) -> dict[str, Any]:
    """A need's answers as its forms show them."""
    values = {name: getattr(need, name) for name in needs.ANSWERS}
    values["home"] = need.home_area or (f"{need.easting}, {need.northing}" if need.easting is not None else None)
    values |= {f"wish_{place}": wish for place, wish in enumerate(need.wishes, start=1)}
    for area, barrier, helps in zip(vocabulary.AREAS, need.barriers, need.adjustments, strict=True):
        values |= {f"barrier_{area}": barrier, f"helps_{area}": helps}
    values["profiled_on"] = today()
    values["profile_why"] = WhyProfiled.REVIEW if need.status is NeedStatus.PLACED else WhyProfiled.CORRECTED
    if need.priority is None:
        values["priority"] = 3  # usual
    if need.pattern is None:
        values["pattern"] = "day"
    return values


def _settings(session: Session) -> list[tuple[int, str]]:
    """Every setting that a parent may ask for, by name, with what it is and where."""
    rows = session.scalars(
        select(Setting)
        .where(Setting.status != SettingStatus.CLOSED)
        .options(joinedload(Setting.authority))
        .order_by(Setting.name, Setting.id)
    )
    return [(row.id, f"{row.name}, {row.authority.name} ({vocabulary.SETTING_TYPES[row.type]})") for row in rows]
