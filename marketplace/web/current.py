"""Who is asking: the signed-in person of this request, as the `Actor` that services and permissions know."""

from datetime import datetime

from flask_login import UserMixin, current_user

from marketplace.permissions import NOBODY, Actor


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login keeps of a request's person. Its id is the session's token, so that each can be revoked."""

    def __init__(self, actor: Actor, token: str, ends_at: datetime) -> None:
        self.actor = actor
        self.token = token
        self.ends_at = ends_at  # whatever is done until then

    def get_id(self) -> str:
        """The token: Flask-Login stores it in the signed cookie and hands it back to the user loader."""
        return self.token


def actor() -> Actor:
    """The person of this request; nobody when not signed in."""
    return current_user.actor if current_user.is_authenticated else NOBODY
