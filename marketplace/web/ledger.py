"""The ledger: the totals of each authority and financial year, one account with its lines, and the lines as CSV."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import today
from marketplace.schemas.ledger import LedgerQuerySchema
from marketplace.services import ledger_accounts
from marketplace.services.ledger import financial_year
from marketplace.services.ledger_file import lines_csv
from marketplace.web import forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment

bp = Blueprint("ledger", __name__, url_prefix="/ledger")


@bp.get("")
def index() -> ResponseReturnValue:
    """Every account that this person may read."""
    with transaction(actor()) as session:
        return render_template(
            "ledger/index.html", totals=ledger_accounts.totals(session), present=financial_year(today())
        )


@bp.get("/<int:authority_id>")
def show(authority_id: int) -> ResponseReturnValue:
    """One account: what it comes to, beside the budget, by setting, by band, line by line."""
    asked = forms.read(LedgerQuerySchema, forms.asked())
    year = asked["year"] or financial_year(today())
    with transaction(actor()) as session:
        account = ledger_accounts.account(session, authority_id=authority_id, year=year, on=today())
        count = ledger_accounts.count_lines(session, authority_id=authority_id, year=year)
        pages = max(1, -(-count // ledger_accounts.PAGE))
        page = min(asked["page"], pages)
        return render_template(
            "ledger/show.html",
            ledger=account,
            years=[row.year for row in ledger_accounts.totals(session) if row.authority_id == authority_id],
            lines=ledger_accounts.lines_of(session, authority_id=authority_id, year=year, page=page),
            count=count,
            page=page,
            pages=pages,
            is_present=year == financial_year(today()),
            today=today(),
            words=vocabulary,
        )


@bp.get("/<int:authority_id>/lines.csv")
def file(authority_id: int) -> ResponseReturnValue:
    """All lines of an account."""
    year = forms.read(LedgerQuerySchema, forms.asked())["year"] or financial_year(today())
    with transaction(actor()) as session:
        code = ledger_accounts.account(session, authority_id=authority_id, year=year, on=today()).authority.code
        content = lines_csv(ledger_accounts.lines_of(session, authority_id=authority_id, year=year))
    return attachment(content, f"ledger-{code}-{year}.csv")
