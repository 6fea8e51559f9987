"""What was typed in a form that was sent after its session had ended. It comes back once the same person has signed in.

It travels in the sign-in page itself, sealed, so that nothing of it is kept here and nothing is lost however long a
page was left open (WCAG technique G181). Only who held the session that ended can open it. Not a noun.
"""

import base64
import json
import zlib
from typing import Any

from flask import current_app, flash, render_template, request
from flask.typing import ResponseReturnValue

from marketplace import sealing
from marketplace.errors import BadSetting
from marketplace.web.forms import AGAIN, HIDDEN, Form

FIELD = "unsent"
SECRET = frozenset({"current", "password"})  # typed again each time
LOST = "What you had typed could not be read again. Nothing was done with it."


def ask_to_sign_in(user_id: int) -> ResponseReturnValue:
    """The sign-in page for a form that came too late, with what was typed sealed for who held the session."""
    rows = [(name, value) for name, value in request.form.items(multi=True) if name not in HIDDEN | SECRET]
    typed = {"endpoint": request.endpoint, "path": request.path, "rows": rows, "has_file": bool(request.files)}
    sealed = sealing.seal(zlib.compress(json.dumps(typed).encode()), _place(user_id))
    flash("You were signed out before this page was sent. What you typed is not lost: sign in, and it is shown again.")
    page = render_template("sessions/sign_in.html", form=Form(), unsent=base64.b64encode(sealed).decode())
    return page, 401


def shown_again(sealed: str, user_id: int) -> ResponseReturnValue | None:
    """After signing in: the page that leads on to what was typed. None where there is nothing, or nothing of theirs."""
    if not sealed:
        return None
    try:
        typed: dict[str, Any] = json.loads(
            zlib.decompress(sealing.unseal(base64.b64decode(sealed, validate=True), _place(user_id)))
        )
    except (ValueError, sealing.NotGenuine, BadSetting):
        flash(LOST)
        return None
    can_be_shown = hasattr(current_app.view_functions[typed["endpoint"]], "shows_again")
    return render_template("sessions/unsent.html", typed=typed, can_be_shown=can_be_shown, again=AGAIN)


def _place(user_id: int) -> str:
    return f"unsent.{user_id}"
