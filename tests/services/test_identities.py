"""Who a pupil is: stated by the LA, open to a provider as long as it has a footing, every opening recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.errors import Invalid, InvalidTransition, NotFound, NotPermitted, Stale
from marketplace.models import (
    AuditEvent,
    Consultation,
    ConsultationStatus,
    Document,
    DocumentKind,
    Identity,
    Need,
    NeedStatus,
    PlacementStatus,
    Provision,
    Role,
    now,
)
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import documents, identities
from tests import builders, commissioning

ON = date(2026, 11, 30)
STATED = {
    "name": "Pip Example", "birth_date": date(2014, 3, 9), "upn": None, "family_view": None, "child_view": "Trains."
}  # fmt: skip


@dataclass
class Case:
    need_id: int
    provision_id: int
    commissioner: Actor
    approver: Actor
    buyer: Actor
    neighbour: Actor
    region: Actor
    editor: Actor
    administrator: Actor
    rival: Actor


@pytest.fixture
def case(database: Engine) -> Case:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        region = builders.region(session)
        la, other = builders.authority(session, region), builders.authority(session, region)
        provider, rival = builders.provider(session), builders.provider(session)
        provision = builders.provision(session, builders.pool(session, builders.setting(session, la, provider)))

        def person(organisation: Any, role: Role) -> Actor:
            return builders.acting(builders.user(session, organisation, role))

        return Case(
            need_id=builders.need(session, la).id,
            provision_id=provision.id,
            commissioner=person(la, Role.COMMISSIONER),
            approver=person(la, Role.APPROVER),
            buyer=person(la, Role.PROCUREMENT),
            neighbour=person(other, Role.COMMISSIONER),
            region=person(region, Role.PROCUREMENT),
            editor=person(provider, Role.PROVIDER_EDITOR),
            administrator=person(provider, Role.ADMINISTRATOR),
            rival=person(rival, Role.PROVIDER_EDITOR),
        )


@pytest.fixture
def stated(case: Case) -> Case:
    with transaction(SYSTEM) as session:
        need = session.get_one(Need, case.need_id)
        commissioning.identity(session, need)
        commissioning.document(session, need)
    return case


def consult(case: Case, status: ConsultationStatus = ConsultationStatus.SENT) -> int:
    with transaction(SYSTEM) as session:
        need, provision = session.get_one(Need, case.need_id), session.get_one(Provision, case.provision_id)
        return commissioning.consultation(session, need, provision, status=status).id


def place(case: Case, status: PlacementStatus) -> None:
    """Placed by a tribunal's order, which leaves no consultation."""
    with transaction(SYSTEM) as session:
        need, provision = session.get_one(Need, case.need_id), session.get_one(Provision, case.provision_id)
        builders.schedule(session, provision)
        award = commissioning.award(session, need, provision)
        ends_on = {"ends_on": date(2027, 2, 1)} if status is PlacementStatus.ENDED else {}
        commissioning.placement(session, award, status=status, **ends_on)


def opens(actor: Actor, case: Case) -> bool:
    """Whether the actor is shown who the pupil is, and handed the document; the one never without the other."""
    with transaction(SYSTEM) as session:
        document_id = session.scalars(select(Document.id).where(Document.need_id == case.need_id)).one()
    shown = []
    for act in (
        lambda session: identities.open_identity(session, actor, need_id=case.need_id).identity,
        lambda session: documents.open_document(session, actor, document_id=document_id),
    ):
        try:
            with transaction(actor) as session:
                shown.append(act(session) is not None)
        except (NotFound, NotPermitted):
            shown.append(False)
    assert shown in ([True, True], [False, False])
    return shown[0]


def rows(actor: Actor) -> tuple[int, int]:
    """What the database itself lets the actor's organisation see, whatever its role and whatever the use cases ask."""
    with transaction(actor) as session:
        counts = [session.scalars(select(func.count()).select_from(model)).one() for model in (Identity, Document)]
        return counts[0], counts[1]


def events(session: Session) -> list[tuple[str, str, int | None]]:
    rows_ = session.execute(
        select(AuditEvent.event, AuditEvent.subject_type, AuditEvent.user_id).order_by(AuditEvent.id)
    )
    return [tuple(row) for row in rows_]  # type: ignore[misc]


@contextmanager
def refuses(error: type[Exception], **about: Any) -> Iterator[None]:
    with pytest.raises(error, **about):
        yield


# ---- who may


def test_commissioners_and_approvers_of_the_authority_open_it_and_nobody_else_there_or_next_door(stated: Case) -> None:
    assert opens(stated.commissioner, stated)
    assert opens(stated.approver, stated)
    for actor in (stated.buyer, stated.neighbour, stated.region, stated.editor, stated.rival):
        assert not opens(actor, stated)
    assert [rows(actor) for actor in (stated.neighbour, stated.region, stated.editor)] == [(0, 0)] * 3


@pytest.mark.parametrize("status", ConsultationStatus)
def test_a_provider_opens_it_while_its_consultation_is_open(stated: Case, status: ConsultationStatus) -> None:
    consult(stated, status)
    is_open = status in {"sent", "offered", "full", "refused"}
    assert opens(stated.editor, stated) is is_open
    assert rows(stated.editor) == ((1, 1) if is_open else (0, 0))
    assert not opens(stated.administrator, stated)
    assert not opens(stated.rival, stated)
    assert rows(stated.rival) == (0, 0)


def test_a_provider_opens_it_no_more_from_the_moment_of_the_withdrawal(stated: Case) -> None:
    consultation_id = consult(stated)
    assert opens(stated.editor, stated)
    with transaction(SYSTEM) as session:
        row = session.get_one(Consultation, consultation_id)
        row.status, row.ended_at = ConsultationStatus.WITHDRAWN, now()
    assert not opens(stated.editor, stated)


@pytest.mark.parametrize("status", PlacementStatus)
def test_a_provider_opens_it_while_the_pupil_is_placed_with_it_also_by_an_order(
    stated: Case, status: PlacementStatus
) -> None:
    """Found when the rule went by consultations alone: a tribunal's order places a pupil where nobody was consulted."""
    place(stated, status)
    is_open = status is not PlacementStatus.ENDED
    assert opens(stated.editor, stated) is is_open
    assert rows(stated.editor) == ((1, 1) if is_open else (0, 0))
    assert not opens(stated.rival, stated)


def test_a_provider_sees_nothing_of_a_document_that_was_removed_and_the_authority_that_there_was_one(
    stated: Case,
) -> None:
    consult(stated)
    with transaction(SYSTEM) as session:
        document_id = session.scalars(select(Document.id)).one()
        documents.remove_document(session, SYSTEM, document_id=document_id, at=now())
    assert rows(stated.editor) == (1, 0)
    assert rows(stated.commissioner) == (1, 1)
    with transaction(stated.commissioner) as session:
        opened = identities.open_identity(session, stated.commissioner, need_id=stated.need_id)
        assert ([row.kind for row in opened.removed], list(opened.documents)) == ([DocumentKind.PLAN], [])
        with refuses(NotFound):
            documents.open_document(session, stated.commissioner, document_id=document_id)


def test_nobody_but_the_authority_writes_it_whatever_a_use_case_were_to_allow(stated: Case) -> None:
    consult(stated)
    with transaction(stated.editor) as session:
        for table in ("identities", "documents"):
            changed = session.execute(text(f"UPDATE {table} SET name = '' WHERE need_id = {stated.need_id}"))
            assert changed.rowcount == 0  # type: ignore[attr-defined]
    for actor in (stated.editor, stated.neighbour):
        with refuses(NotPermitted), transaction(actor) as session:
            authority_id = stated.commissioner.organisation_id
            session.add(
                Document(need_id=stated.need_id, authority_id=authority_id, kind="plan", name="x", content=b"x", size=1)
            )


# ---- what is recorded


def test_every_opening_is_recorded_with_who_and_the_authority_sees_which_providers_it_was(stated: Case) -> None:
    consultation_id = consult(stated)
    for actor in (stated.commissioner, stated.editor):
        assert opens(actor, stated)
    editor, commissioner = stated.editor.user_id, stated.commissioner.user_id
    with transaction(SYSTEM) as session:
        assert events(session) == [
            ("identity opened", "needs", commissioner),
            ("document opened", "documents", commissioner),
            ("identity opened", "consultations", editor),
            ("document opened", "documents", editor),
        ]
        assert session.scalars(
            select(AuditEvent.subject_id).where(AuditEvent.subject_type == "consultations")
        ).all() == [consultation_id]
        assert not any("Robin" in str(data) or ".pdf" in str(data) for data in session.scalars(select(AuditEvent.data)))
    with transaction(stated.commissioner) as session:
        opened = identities.open_identity(session, stated.commissioner, need_id=stated.need_id)
        assert [(who, what) for _, who, what in opened.openings] == [
            (stated.editor.organisation, "document opened"),
            (stated.editor.organisation, "identity opened"),
        ]
    with transaction(stated.editor) as session:
        opened = identities.open_identity(session, stated.editor, need_id=stated.need_id)
        assert opened.openings == (), "who else was consulted and looked is not a provider's business"


def test_looking_at_the_door_opens_nothing_and_is_not_recorded(stated: Case) -> None:
    consult(stated)
    with transaction(stated.editor) as session:
        door = identities.door(session, stated.editor, need_id=stated.need_id)
        assert (door.is_stated, door.documents, door.reference[:2]) == (True, 1, "N-")
    with transaction(SYSTEM) as session:
        assert events(session) == []


# ---- what is stated


def keep(actor: Actor, case: Case, version: int | None = None, **fields: Any) -> None:
    with transaction(actor) as session:
        identities.keep_identity(session, actor, need_id=case.need_id, version=version, on=ON, **{**STATED, **fields})


def test_what_is_stated_is_kept_and_corrected_and_only_what_changed_is_recorded_by_its_name(case: Case) -> None:
    keep(case.commissioner, case)
    keep(case.commissioner, case, 1, child_view="Trains and maps.")
    keep(case.commissioner, case, 2, child_view="Trains and maps.")
    with transaction(SYSTEM) as session:
        row = session.get_one(Identity, case.need_id)
        assert (row.name, row.birth_date, row.child_view, row.version) == (
            "Pip Example", date(2014, 3, 9), "Trains and maps.", 2,
        )  # fmt: skip
        found = session.execute(select(AuditEvent.event, AuditEvent.data).order_by(AuditEvent.id))
        assert [tuple(each) for each in found] == [
            ("identity stated", {}),
            ("identity changed", {"answers": ["child_view"]}),
        ]


def test_nobody_else_states_it(case: Case) -> None:
    consult(case)
    for actor in (case.approver, case.buyer):
        with refuses(NotPermitted):
            keep(actor, case)
    for actor in (case.neighbour, case.editor):
        with refuses(NotFound):
            keep(actor, case)
    with transaction(SYSTEM) as session:
        assert session.get(Identity, case.need_id) is None


def test_of_two_who_state_it_the_second_is_told(case: Case) -> None:
    keep(case.commissioner, case)
    for version in (None, 7):
        with refuses(Stale):
            keep(case.commissioner, case, version, name="Sam Example")


def test_of_two_who_state_it_at_the_same_moment_the_second_is_told(case: Case) -> None:
    with refuses(Invalid, match="Somebody else has just stated"), transaction(case.commissioner) as session:
        need = session.get_one(Need, case.need_id)
        session.add(Identity(need_id=need.id, authority_id=need.authority_id, name="Sam", birth_date=date(2014, 1, 1)))
        keep(case.commissioner, case)


@pytest.mark.parametrize(
    ("birth_date", "is_right"),
    [(ON, True), (date(2026, 12, 1), False), (date(2000, 12, 1), True), (date(2000, 11, 30), False)],
)
def test_a_date_of_birth_lies_in_the_years_that_a_plan_can_cover(case: Case, birth_date: date, is_right: bool) -> None:
    if is_right:
        keep(case.commissioner, case, birth_date=birth_date)
    else:
        with refuses(Invalid, match="Check the year"):
            keep(case.commissioner, case, birth_date=birth_date)


def test_a_date_of_birth_is_asked_for_on_a_leap_day_too(case: Case) -> None:
    with transaction(case.commissioner) as session:
        identities.keep_identity(
            session, case.commissioner, need_id=case.need_id, version=None, on=date(2028, 2, 29), **STATED
        )


def test_of_a_withdrawn_need_nothing_more_is_stated_but_documents_can_go(stated: Case) -> None:
    with transaction(SYSTEM) as session:
        session.get_one(Need, stated.need_id).status = NeedStatus.WITHDRAWN
    with refuses(InvalidTransition):
        keep(stated.commissioner, stated, 1)
    with refuses(InvalidTransition):
        add(stated.commissioner, stated)
    with transaction(stated.commissioner) as session:
        document_id = session.scalars(select(Document.id)).one()
        documents.remove_document(session, stated.commissioner, document_id=document_id, at=now())


# ---- documents


def add(actor: Actor, case: Case, **fields: Any) -> int:
    with transaction(actor) as session:
        about = {"kind": DocumentKind.ADVICE, "name": "advice.pdf", "content": b"%PDF-1.7", **fields}
        return documents.add_document(session, actor, need_id=case.need_id, at=now(), **about).id


def test_documents_are_added_and_removed_by_commissioners_and_recorded_without_their_names(case: Case) -> None:
    for actor, error in ((case.approver, NotPermitted), (case.editor, NotFound), (case.neighbour, NotFound)):
        with refuses(error):
            add(actor, case)
    document_id = add(case.commissioner, case)
    consult(case)
    for actor, error in ((case.approver, NotPermitted), (case.editor, NotPermitted), (case.neighbour, NotFound)):
        with refuses(error), transaction(actor) as session:
            documents.remove_document(session, actor, document_id=document_id, at=now())
    with transaction(case.commissioner) as session:
        documents.remove_document(session, case.commissioner, document_id=document_id, at=now())
        found = session.execute(select(AuditEvent.event, AuditEvent.data).order_by(AuditEvent.id))
        assert [tuple(each) for each in found] == [
            ("document added", {"document_id": document_id, "kind": "advice", "size": 8}),
            ("document removed", {"document_id": document_id, "kind": "advice"}),
        ]


def test_there_are_only_so_many_documents_and_removed_ones_do_not_count(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST", 2)
    first = add(case.commissioner, case)
    add(case.commissioner, case)
    with refuses(Invalid, match="There are 2 documents already"):
        add(case.commissioner, case)
    with transaction(case.commissioner) as session:
        documents.remove_document(session, case.commissioner, document_id=first, at=now())
    add(case.commissioner, case)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("plan.docx", b"%PDF-1.7", "whose name ends in .pdf"),
        ("plan", b"%PDF-1.7", "whose name ends in .pdf"),
        ("plan.pdf", b"\x89PNG\r\n\x1a\n", "is not a PDF, whatever its name says"),
        ("plan.pdf", b" %PDF-1.7", "is not a PDF"),
        ("plan.pdf", b"%pdf-1.7", "is not a PDF"),
        ("plan.pdf", b"", "is empty"),
        ("plan.pdf", b"%PDF-" + bytes(documents.MOST_BYTES - 4), "The most is 10 MB"),
    ],
)
def test_what_is_no_pdf_or_too_large_is_told(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with refuses(Invalid, match=words):
        documents.read_pdf(tmp_path / "file", name)


def test_the_largest_pdf_is_read_and_its_name_made_safe(tmp_path: Path) -> None:
    content = b"%PDF-" + bytes(documents.MOST_BYTES - 5)
    (tmp_path / "file").write_bytes(content)
    assert documents.read_pdf(tmp_path / "file", "../NUL.PDF") == ("_NUL.pdf", content)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\files\\plan.pdf", "plan.pdf"),
        ("plan\r\nSet-Cookie: a=b.pdf", "planSet-Cookie_ a=b.pdf"),
        ("plan\x00.pdf", "plan.pdf"),
        ("plan\u202efdp.pdf", "planfdp.pdf"),
        ("com1.tar.pdf", "_com1.tar.pdf"),
        ('a";filename="b.pdf', "a_;filename=_b.pdf"),
        (". .pdf", "document.pdf"),
        ("x" * 300 + ".PDF", "x" * 80 + ".pdf"),
    ],
)
def test_names_of_documents_are_safe_on_every_system(tmp_path: Path, sent: str, kept: str) -> None:
    (tmp_path / "file").write_bytes(b"%PDF-1.7")
    assert documents.read_pdf(tmp_path / "file", sent)[0] == kept
