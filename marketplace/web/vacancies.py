"""The one page on which a provider says what is vacant, in all its settings and pools."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Pool, now, today
from marketplace.schemas.vacancies import VacanciesSchema
from marketplace.services import vacancies
from marketplace.web import formats, forms
from marketplace.web.current import actor

bp = Blueprint("vacancies", __name__)


@bp.get("/vacancies")
def index() -> ResponseReturnValue:
    """Every pool with its rows to edit, and one spare row each."""
    return _page(forms.shown())


@bp.post("/vacancies")
@forms.redisplay(index)
def post_index() -> ResponseReturnValue:
    """What the page shows is right: keep what was changed in it and confirm all of it."""
    form = forms.read(VacanciesSchema, forms.nested(forms.typed()))
    with transaction(actor()) as session:
        changed = vacancies.confirm_vacancies(session, actor(), **form, on=today(), at=now())
        names = "; ".join(f"{pool.setting.name}, {pool.name}" for pool in changed)
    if changed:
        flash(f"Saved: {names}. Everything else on this page is confirmed as still correct.", "success")
    else:
        flash("Nothing was changed. Everything on this page is confirmed as still correct.", "success")
    return redirect(url_for("vacancies.index"))


@bp.post("/vacancies/rows")
def post_row() -> ResponseReturnValue:
    """The page as it was typed, with one more spare row in one pool. Nothing is kept yet."""
    return _page(forms.Form(values=forms.typed()), spare=request.form.get("add", type=int))


def _page(form: forms.Form, *, spare: int | None = None) -> ResponseReturnValue:
    with transaction(actor()) as session:
        pools = vacancies.list_pools(session)
        typed = _typed(form)
        rows = {pool.id: _numbers(pool, typed, spare=spare) for pool in pools}
        unseen = _values(pool for pool in pools if pool.id not in typed)
        return render_template(
            "vacancies/index.html",
            form=forms.Form(values={**unseen, **form.values}, errors=_placed(form.errors, pools, rows)),
            pools=pools,
            rows=rows,
            outdated={row.id for row in pools if form.is_behind(row.version, f"pools-{row.id}-version")},
            due={pool.id for pool in pools if vacancies.is_due(pool, on=today())},
            today=today(),
            years=list(vocabulary.YEAR_GROUPS.items()),
            words=vocabulary,
        )


def _typed(form: forms.Form) -> dict[int, dict[str, Any]]:
    """What was typed of each pool, whatever it is."""
    pools = forms.nested(form.values).get("pools")
    found = pools.items() if isinstance(pools, dict) else ()
    return {int(key): pool for key, pool in found if key.isdecimal() and len(key) < 19 and isinstance(pool, dict)}


def _numbers(pool: Pool, typed: dict[int, dict[str, Any]], *, spare: int | None) -> list[int]:
    """The numbers of a pool's rows on the page: those typed, or those kept and a spare one."""
    if pool.id not in typed:
        return list(range(len(pool.free) + 1))
    rows = typed[pool.id].get("rows")
    found = rows if isinstance(rows, dict) else ()
    numbers = sorted(int(number) for number in found if number.isdecimal() and len(number) < 5)
    return [*numbers, max(numbers, default=-1) + 1] if spare == pool.id else numbers


def _placed(errors: dict[str, list[str]], pools: Sequence[Pool], rows: dict[int, list[int]]) -> dict[str, list[str]]:
    """The messages, each with the place it is about: twenty rows may have the same fault."""
    places = {
        f"pools-{pool.id}-rows-{number}": f"{pool.setting.name}, {pool.name}, row {place}"
        for pool in pools
        for place, number in enumerate(rows[pool.id], start=1)
    }
    placed = {}
    for name, messages in errors.items():
        place = places.get(name.rpartition("-")[0])
        placed[name] = [f"{place}: {text[:1].lower()}{text[1:]}" for text in messages] if place else messages
    return placed


def _values(pools: Iterable[Pool]) -> dict[str, Any]:
    return {
        f"pools-{pool.id}-rows-{number}-{name}": value
        for pool in pools
        for number, row in enumerate(pool.free)
        for name, value in (
            ("low_year", row.low_year),
            ("high_year", row.high_year),
            ("starts_on", formats.day(row.starts_on)),
            ("amount", formats.number(float(row.free))),
        )
    }
