"""The register of a mainstream school: pupils with additional needs in a term, by primary need."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Register, Term, now, term_of, today
from marketplace.schemas.registers import RegisterQuerySchema, RegisterSchema
from marketplace.services import registers
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.partnership_tables import term_words

bp = Blueprint("registers", __name__, url_prefix="/partnerships/<int:partnership_id>/registers/<int:member_id>")


@bp.get("")
def edit(partnership_id: int, member_id: int) -> ResponseReturnValue:
    """The numbers as they are kept, of this term unless another is asked for."""
    year, term = _asked()
    with transaction(actor()) as session:
        member = registers.find_school(session, actor(), partnership_id=partnership_id, member_id=member_id)
        row = registers.register_of(session, member, year=year, term=term)
        form = forms.shown(_values(row))
        return render_template(
            "registers/edit.html",
            member=member,
            year=year,
            term=term,
            named=term_words(year, term),
            kept=_values(row),
            version=row.version if row else 0,
            is_behind=form.is_behind(row.version if row else 0),
            form=form,
            words=vocabulary,
        )


@bp.post("")
@forms.redisplay(edit)
def post_edit(partnership_id: int, member_id: int) -> ResponseReturnValue:
    """Keep the numbers of the term that the page showed."""
    year, term = _asked()
    form = forms.read(RegisterSchema, forms.nested(forms.typed()))
    counts = {column: form[column] for column in ("support", "plans")}
    with transaction(actor()) as session:
        member = registers.find_school(session, actor(), partnership_id=partnership_id, member_id=member_id)
        registers.enter_register(
            session, actor(), member=member, year=year, term=term, version=form["version"], counts=counts, at=now()
        )
        name = member.name
    flash(f"{name}: {term_words(year, term)} is kept. Only your authority reads these numbers.", "success")
    return redirect(url_for("partnership_members.index", partnership_id=partnership_id))


def _asked() -> tuple[int, Term]:
    """The school year and term of the address; this one where it says none."""
    asked = forms.read(RegisterQuerySchema, request.args.to_dict())
    year, term = term_of(today())
    return asked["year"] or year, asked["term"] or term


def _values(row: Register | None) -> dict[str, int]:
    """The boxes of the form; a box of none is empty."""
    if row is None:
        return {}
    return {
        f"{column}-{need}": n
        for column, counts in (("support", row.support), ("plans", row.plans))
        for need, n in zip(row.needs, counts, strict=True)
        if n
    }
