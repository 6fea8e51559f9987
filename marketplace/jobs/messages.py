"""Mail: each message of the outbox is handed to the mail server by one worker.

No transaction is open meanwhile. A worker that dies between the server's yes and our note of it leaves the message to
the next, which sends it again under the same Message-ID: at least once, never lost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job

from marketplace.config import Mail
from marketplace.db import transaction
from marketplace.jobs.threads import in_thread
from marketplace.mail import PutOff, Refused, compose, send
from marketplace.models import now
from marketplace.observability import log
from marketplace.permissions import SYSTEM
from marketplace.services.messages import (
    TAKEN_FOR,
    Taken,
    give_up,
    note_sent,
    put_off,
    read_message,
    take_message,
)

LONGEST = timedelta(minutes=1)  # that one message may take; less than TAKEN_FOR


class Again(Exception):
    """The message is to be tried again after a while."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


class AsTold(BaseRetryStrategy):
    """A job comes back when Again says; where it was cut short, or another worker has its message, when that is free
    again at the latest."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:  # noqa: ARG002
        """When, by what ended the job."""
        wait = exception.wait if isinstance(exception, Again) else TAKEN_FOR
        return RetryDecision(retry_in={"seconds": int(wait.total_seconds()) + 1})


def job_of(mail: Mail) -> Callable[[int], Awaitable[None]]:
    """The task that delivers a message through this server."""

    async def deliver_message(message_id: int) -> None:
        try:
            wait = await asyncio.wait_for(in_thread(lambda: deliver(mail, message_id)), LONGEST.total_seconds())
        except TimeoutError:
            log().warning("mail not sent in time", message_id=message_id)
            wait = TAKEN_FOR
        if wait is not None:
            raise Again(wait)

    return deliver_message


def deliver(mail: Mail, message_id: int) -> timedelta | None:
    """Take a message, send it, note what came of it. Returns how long it waits for the next try, if for one. Raises
    InHand."""
    with transaction(SYSTEM) as session:
        taken = take_message(session, message_id)
    if taken is None:
        return None
    try:
        _send(mail, taken)
    except Refused as refusal:
        with transaction(SYSTEM) as session:
            give_up(session, taken, error=str(refusal))
        log().warning("mail given up", message_id=message_id, error=str(refusal))
        return None
    except PutOff as reason:
        return _put_off(taken, str(reason))
    except Exception as error:  # noqa: BLE001 - whatever it was, it must not end in a message that is tried for ever
        log().error("mail not made", message_id=message_id, exc_info=error)
        return _put_off(taken, f"unexpected: {type(error).__name__}")
    return None


def _send(mail: Mail, taken: Taken) -> None:
    with transaction(SYSTEM) as session:
        owed = read_message(session, taken, pages=mail.pages)
    if owed is None:
        return
    text = owed.text
    message = compose(mail, to=owed.to, name=owed.name, subject=text.subject, body=text.body, key=owed.key, at=now())
    send(mail, message)
    with transaction(SYSTEM) as session:
        note_sent(session, taken)


def _put_off(taken: Taken, error: str) -> timedelta | None:
    with transaction(SYSTEM) as session:
        wait = put_off(session, taken, error=error)
    if wait is None:
        log().warning("mail given up", message_id=taken.message_id, error=error)
    return wait
