"""The pages of a learner record: what a pupil's way was, for the authority and, as a document, for the family."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import Engine, select

from marketplace.db import transaction
from marketplace.models import Need, NeedStatus, Profile, Role, User, WhyProfiled, today
from marketplace.permissions import SYSTEM
from tests import builders
from tests.builders import words_of
from tests.running import running

ANSWERS = {
    "level_ci": "2", "level_cl": "1", "level_semh": "2", "level_sp": "0", "primary_need": "ASD", "pattern": "day",
}  # fmt: skip


def sides() -> tuple[int, str, str, str]:
    """The need of a placement that is agreed; a commissioner, an approver and the provider's editor."""
    with transaction(SYSTEM) as session:
        case = running(session)
        case.need.mainstream = "A quiet room."
        approver = builders.user(session, case.la, Role.APPROVER).email
        emails = [session.get_one(User, actor.user_id).email for actor in (case.commissioner, case.editor)]
        return case.need.id, emails[0], approver, emails[1]


def test_the_profile_of_a_placed_pupil_is_written_anew_and_the_record_tells_both(
    database: Engine,  # noqa: ARG001
    sign_in: Callable[[str], FlaskClient],
) -> None:
    need_id, commissioner, _, _ = sides()
    la = sign_in(commissioner)
    assert "Write the profile anew" in la.get(f"/needs/{need_id}/record").text
    path = f"/needs/{need_id}/profile"
    page = la.get(path).text
    assert "The pupil is placed" in page
    assert 'value="review" checked' in page
    tomorrow = today() + timedelta(days=1)
    day = {f"profiled_on-{part}": str(getattr(tomorrow, part)) for part in ("day", "month", "year")}
    with transaction(SYSTEM) as session:
        version = str(session.get_one(Need, need_id).version)
    said = {**ANSWERS, "version": version, "profile_why": "review", "helps_ci": "Time <to answer>."}
    refused = builders.post(la, path, **said, **day)
    assert refused.status_code == 422
    assert "Enter the day of the review or assessment" in refused.text
    assert "Time &lt;to answer&gt;." in refused.text
    assert builders.post(la, path, **said).location == f"/needs/{need_id}"
    with transaction(SYSTEM) as session:
        last = session.scalars(select(Profile).order_by(Profile.number.desc())).first()
        assert last is not None
        assert (last.why, last.on, last.adjustments[0]) == (WhyProfiled.REVIEW, today(), "Time <to answer>.")
    record = words_of(la.get(f"/needs/{need_id}/record").text)
    for words in ("Needs: an annual review", "Needs: first written down", "Before: intensive.", "Time <to answer>."):
        assert words in record
    assert "£" not in record


def test_the_document_is_the_commissioners_and_a_provider_reads_no_record(
    database: Engine,  # noqa: ARG001
    sign_in: Callable[[str], FlaskClient],
) -> None:
    need_id, commissioner, approver, editor = sides()
    answer = sign_in(commissioner).get(f"/needs/{need_id}/record.pdf")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=record-{need_id}.pdf"
    assert "record so far" in PdfReader(BytesIO(answer.data)).pages[0].extract_text()
    page = sign_in(approver).get(f"/needs/{need_id}/record")
    assert "record.pdf" not in page.text
    assert sign_in(approver).get(f"/needs/{need_id}/record.pdf").status_code == 403
    assert sign_in(editor).get(f"/needs/{need_id}/record").status_code in {403, 404}


def test_a_draft_has_no_record_yet(database: Engine, sign_in: Callable[[str], FlaskClient]) -> None:  # noqa: ARG001
    with transaction(SYSTEM) as session:
        la = builders.authority(session)
        need_id = builders.need(session, la, status=NeedStatus.DRAFT, published_at=None).id
        email = builders.user(session, la, Role.COMMISSIONER).email
    client = sign_in(email)
    page = client.get(f"/needs/{need_id}/record").text
    assert "Nothing yet: the record begins when the need is published." in page
    assert "Write the profile anew" not in page
    assert "Learner record" not in client.get(f"/needs/{need_id}").text
