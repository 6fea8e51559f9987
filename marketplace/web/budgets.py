"""The one page on which procurement sets what each authority can spend."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace.db import transaction
from marketplace.models import Budget
from marketplace.schemas.budgets import BudgetsSchema
from marketplace.services import budgets
from marketplace.web import forms
from marketplace.web.current import actor

bp = Blueprint("budgets", __name__)


@bp.get("/budgets")
def index() -> ResponseReturnValue:
    """Every authority's budget in a box of its own."""
    with transaction(actor()) as session:
        rows = budgets.list_budgets(session, actor())
        form = forms.shown()
        kept = {name: value for authority, budget in rows for name, value in _values(authority.id, budget).items()}
        outdated = {
            authority.id: budget
            for authority, budget in rows
            if form.is_behind(budget.version if budget else None, f"budgets-{authority.id}-version")
        }
        return render_template(
            "budgets/index.html",
            rows=rows,
            outdated=outdated,
            versions={authority.id: _version(budget) for authority, budget in rows},
            form=forms.Form(values={**kept, **form.values}, errors=form.errors),
        )


@bp.post("/budgets")
@forms.redisplay(index)
def post_index() -> ResponseReturnValue:
    """Set all of them; runs that have started keep what they froze."""
    form = forms.read(BudgetsSchema, forms.nested(forms.typed()))
    with transaction(actor()) as session:
        changed = budgets.set_budgets(session, actor(), **form)
    names = ", ".join(authority.name for authority in changed)
    flash(f"Saved: {names}." if changed else "Nothing was changed: every budget is as it was.", "success")
    return redirect(url_for("budgets.index"))


def _values(authority_id: int, budget: Budget | None) -> dict[str, Any]:
    return {f"budgets-{authority_id}-amount": budget.amount if budget else None}


def _version(budget: Budget | None) -> str:
    return str(budget.version) if budget else ""
