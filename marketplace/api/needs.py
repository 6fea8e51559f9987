"""Needs: listed, read, posted as drafts, changed, published, withdrawn."""

from typing import Any

from flask import Response, url_for

from marketplace.api import repeats, versions
from marketplace.api.blueprint import Blueprint
from marketplace.api.current import actor
from marketplace.api.need_shapes import ListedNeedSchema, PostedNeedSchema, shape_of
from marketplace.api.pages import page_of, paged
from marketplace.db import repeated, transaction
from marketplace.models import Band, Need, NeedStatus, today
from marketplace.schemas.needs import CaseloadSchema, NeedChangeSchema, NeedSchema, WithdrawalSchema
from marketplace.services import needs
from marketplace.services.caseload import Filters, ToDo, list_needs

bp = Blueprint("needs", __name__, url_prefix="/needs", description="What pupils require, without who they are")


@bp.get("")
@bp.asks(CaseloadSchema)
@bp.shows(paged(ListedNeedSchema))
def index(asked: dict[str, Any]) -> dict[str, Any]:
    """The needs that this token's owner sees, by what needs doing."""
    with transaction(actor()) as session:
        found = list_needs(
            session,
            on=today(),
            filters=Filters(
                to_do=tuple(map(ToDo, asked["to_do"])),
                statuses=tuple(NeedStatus(status) for status in asked["status"]),
                year_groups=tuple(asked["year_group"]),
                primary_needs=tuple(asked["primary_need"]),
                bands=tuple(None if band == "none" else Band(band) for band in asked["band"]),
            ),
            sort=asked["sort"],
            is_descending=asked["order"] == "descending",
            page=asked["page"],
        )
        rows = [
            {**shape_of(need), "to_do": group, "due_on": found.due[need.id].due_on if need.id in found.due else None}
            for group, needs_ in found.groups.items()
            for need in needs_
        ]
        return page_of(rows, page=found.page, pages=found.pages, count=found.count)


@bp.post("")
@bp.takes(NeedSchema)
@bp.does(201)
def post(answers: dict[str, Any]) -> Response:
    """Post a need as a draft, with every answer."""
    with transaction(actor()) as session:
        need = needs.start_need(session, actor(), **answers, on=today())
        return repeats.answer(session, 201, need, _address(need))


@bp.get("/<int:need_id>")
@bp.shows(PostedNeedSchema, has_version=True)
def show(need_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """One need."""
    with transaction(actor()) as session:
        need = needs.find_need(session, need_id)
        return shape_of(need), 200, {"ETag": versions.etag(need.version)}


@bp.put("/<int:need_id>")
@bp.takes(NeedChangeSchema)
@bp.changes()
def put(answers: dict[str, Any], need_id: int) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Replace every answer of a need. Once schools have been consulted, this is refused."""
    with transaction(actor()) as session:
        version = _version(needs.find_need(session, need_id))
        need = needs.change_need(session, actor(), need_id=need_id, version=version, **answers, on=today())
        session.flush()
        return {"id": need.id, "version": need.version}, 200, {"ETag": versions.etag(need.version)}


@bp.post("/<int:need_id>/publish")
@bp.does(200)
@bp.versioned
def post_publish(need_id: int) -> Response:
    """Publish a draft, with the band of the framework in force."""
    with transaction(actor()) as session:
        version = _version(needs.find_need(session, need_id))
        need = needs.publish_need(session, actor(), need_id=need_id, version=version, on=today())
        return repeats.answer(session, 200, need, _address(need))


@bp.post("/<int:need_id>/withdraw")
@bp.takes(WithdrawalSchema)
@bp.does(200)
@bp.versioned
def post_withdraw(why: dict[str, Any], need_id: int) -> Response:
    """Withdraw a need, and with it the consultations that are open."""

    def act(session: Any) -> Response:
        version = _version(needs.find_need(session, need_id))
        need = needs.withdraw_need(session, actor(), need_id=need_id, version=version, **why)
        return repeats.answer(session, 200, need, _address(need))

    return repeated(actor(), act)


def _version(need: Need) -> int:
    versions.require_current(need.version)
    return need.version


def _address(need: Need) -> str:
    return url_for("needs.show", need_id=need.id)
