"""What a learner record says of where the pupil is to go: the way back from alternative provision, and adult life. As
`learner_entries`: in words for the pupil and the family.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from marketplace import destination_words as words
from marketplace.models import AdultTransfer, DestinationOutcome, DestinationPlan, Need, Pathway, london_day
from marketplace.services.destination_history import Happened, Happening, destination_history
from marketplace.services.learner_entries import Entry, Part
from marketplace.services.placement_lists import placements_of
from marketplace.services.reintegration_versions import result_of, versions_of
from marketplace.vocabulary import in_words

TRANSFERS = {
    Happened.ASSESSMENT_REQUESTED: "An assessment for the move to {service} was asked for",
    Happened.ASSESSED: "The assessment for the move to {service} was made",
    Happened.TRANSFER_AGREED: "The move to {service} was agreed",
    Happened.TRANSFER_DUE: "The move to {service} is planned for this day",
    Happened.TRANSFERRED: "The move to {service} took place",
    Happened.TRANSFER_CLOSED: "It was clear that there will be no move to {service}",
}
HELD = {Happened.SIX_MONTHS: "Six months on", Happened.A_YEAR: "A year on"}


def of_ways_back(session: Session, need: Need) -> Iterator[Entry]:
    """Each version of the way back, on the day on which it was kept, and what came of it."""
    for placement in placements_of(session, need):
        for plan in reversed(versions_of(session, placement.id)):
            facts = [
                ("What it is for", plan.purpose),
                ("Until", in_words(plan.ends_on)),
                ("Back to", f"{plan.school}, from {in_words(plan.returns_on)}"),
                ("Who leads it", plan.lead),
                ("Next review", in_words(plan.review_on)),
            ]
            said = [("Steps", plan.steps), *([("Why it changes", plan.reason)] if plan.reason else [])]
            title = f"The way back from {placement.setting.name}"
            yield Entry(on=london_day(plan.at), part=Part.AIM, title=title, facts=facts, quotes=said)
        if result := result_of(session, placement.id):
            title = "Back in school" if result.is_reached else "The way back was not reached"
            yield Entry(on=result.on, part=Part.OUTCOME, title=title, quotes=[("Said", result.words)])


def of_destinations(session: Session, need: Need) -> Iterator[Entry]:
    """Plans for adult life, pathway by pathway, moves to services for adults, and what came of them."""
    for each in destination_history(session, need.id):
        if isinstance(each.row, DestinationPlan):
            yield _plan(each.row)
        elif isinstance(each.row, AdultTransfer):
            title = TRANSFERS[each.what].format(service=words.ADULT_SERVICES[each.row.service].lower())
            yield Entry(on=each.on, part=Part.AIM, title=title, facts=[("With", each.row.team)])
        else:
            yield _outcome(each, each.row)


def _plan(plan: DestinationPlan) -> Entry:
    facts, quotes = [], []
    for pathway in Pathway:
        name, aim = words.PATHWAYS[pathway], plan.aim_of(pathway)
        if aim is None:
            facts.append((name, "Not discussed yet"))
            continue
        steps = [f"{step} ({who}, by {in_words(by)})" for step, who, by in zip(aim.steps, aim.who, aim.by, strict=True)]
        parts = [f"By {in_words(aim.target_on)}."]
        parts += [f"In the way: {aim.barriers}"] if aim.barriers else []
        parts += [f"Next: {'; '.join(steps)}"] if steps else []
        facts.append((name, " ".join(parts)))
        quotes.append((f"The pupil, of {name.lower()}", aim.aim))
    facts.append(("Looked at again", in_words(plan.next_on)))
    return Entry(on=plan.on, part=Part.AIM, title="Plans for adult life", facts=facts, quotes=quotes)


def _outcome(each: Happening, row: DestinationOutcome) -> Entry:
    name = words.PATHWAYS[row.pathway]
    if each.what is Happened.CAME:
        facts = [(name, words.DESTINATIONS[row.code]), ("As the pupil aimed", words.AIMS_MET[row.aim_met])]
        said = [("Said", row.words)] if row.words else []
        return Entry(on=each.on, part=Part.OUTCOME, title="What came of it", facts=facts, quotes=said)
    held = row.six_months if each.what is Happened.SIX_MONTHS else row.a_year
    assert held is not None
    facts = [(name, f"{words.DESTINATIONS[row.code]}: {words.HELD[held].lower()}")]
    return Entry(on=each.on, part=Part.OUTCOME, title=HELD[each.what], facts=facts)
