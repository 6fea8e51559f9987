"""What the letters of an uplift say: the agreement, and one LA's answer. Organisations write to organisations; the only
person named is the officer who decided.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from marketplace.models import Organisation, Uplift, UpliftCount, london_day
from marketplace.permissions import Actor
from marketplace.services.letters import Letter
from marketplace.services.schedules import priced
from marketplace.services.uplift_prices import agreed_lines, as_schedule
from marketplace.services.uplifts import authorities_of
from marketplace.vocabulary import in_words
from pricing.indices import plain
from pricing.money import pounds

NEGOTIATED = "It was negotiated for all the local authorities that are named, and is put to each of them."
SILENCE = (
    "Silence is not acceptance: an authority that has not answered has agreed to nothing, and its placements keep the"
    " price that their contracts state."
)
NO_CHANGE = (
    "No price changes by this letter. The provider publishes the new prices, and each contract's own terms say whether"
    " and when a placement takes them."
)


def agreement_letter(session: Session, actor: Actor, uplift: Uplift, *, at: datetime) -> Letter:
    """From who agreed to the other side, with the LAs to which the agreement is put."""
    assert uplift.answer_by is not None
    other_id = uplift.link_id if actor.organisation_id == uplift.provider_id else uplift.provider_id
    other = session.get_one(Organisation, other_id)
    by = in_words(uplift.answer_by)
    return Letter(
        on=london_day(at).isoformat(),
        reference=reference(uplift),
        sender=actor.organisation,
        recipient=other.name,
        title=f"Agreement on prices of {uplift.setting.name}",
        opening=[f"{actor.organisation} agrees with {other.name} to the change below. {NEGOTIATED}"],
        facts=_facts(uplift),
        rows=[["Local authorities to which it is put"], *([row.name] for row in authorities_of(session, uplift))],
        quoted="",
        closing=[f"Each of them accepts or declines for itself by {by}. {SILENCE}", NO_CHANGE],
        officer=actor.name,
    )


def answer_letter(
    actor: Actor, uplift: Uplift, *, counts: Sequence[UpliftCount], is_accepted: bool, reason: str, at: datetime
) -> Letter:
    """From an LA to the provider: whether it accepts, for which placements, and why."""
    place = uplift.setting.name
    accepted = (
        f"{actor.organisation} accepts the change below for its placements at {place}, for itself alone. Each placement"
        " takes the new price as the terms of its own contract say."
    )
    declined = (
        f"{actor.organisation} declines the change below for its placements at {place}, for itself alone. They keep the"
        " price that their contracts state."
    )
    return Letter(
        on=london_day(at).isoformat(),
        reference=reference(uplift),
        sender=actor.organisation,
        recipient=uplift.provider.name,
        title=f"{'Accepted' if is_accepted else 'Declined'}: change of prices of {place}",
        opening=[accepted if is_accepted else declined],
        facts=_facts(uplift),
        rows=[["Placements", "Number", "Each, a year", "From then", "Change in all"], *_rows(uplift, counts)],
        quoted=reason,
        closing=["Number of placements as our records have it on this day."],
        officer=actor.name,
    )


def reference(uplift: Uplift) -> str:
    """What both sides call the request."""
    return f"Uplift {uplift.id}"


def change(percent: Decimal) -> str:
    """A change as letters and pages say it.

    >>> change(Decimal("4.50")), change(Decimal("-1.00")), change(Decimal(0))
    ('+4.5%', '−1%', 'no change')
    """
    if not percent:
        return "no change"
    return f"{'+' if percent > 0 else '−'}{plain(abs(percent))}%"


def _facts(uplift: Uplift) -> list[list[str]]:
    assert uplift.agreed_percent is not None
    assert uplift.base is not None
    percent = change(uplift.agreed_percent)
    words = f"the new schedule as sent, {percent} over these placements" if uplift.is_as_asked else percent
    return [
        ["Setting", f"{uplift.setting.name} ({uplift.setting.number})"],
        ["Change", f"{words}, each amount to the nearest pound" if not uplift.is_as_asked else words],
        ["From", in_words(uplift.starts_on)],
        ["On published prices", f"version {uplift.base.version}, from {in_words(uplift.base.starts_on)}"],
    ]


def _rows(uplift: Uplift, counts: Sequence[UpliftCount]) -> list[list[str]]:
    assert uplift.base is not None
    before, after = priced(uplift.base), as_schedule(uplift.base, agreed_lines(uplift))
    rows = []
    for row in counts:
        now, then = (prices.price(str(row.provision_id), row.band) for prices in (before, after))
        assert now is not None
        fee = then.annual_fee if then else now.annual_fee
        in_all = row.placements * (fee - now.annual_fee)
        name = f"{row.provision.name}, {row.band}"
        rows.append([name, str(row.placements), pounds(now.annual_fee), pounds(fee), pounds(in_all)])
    return rows
