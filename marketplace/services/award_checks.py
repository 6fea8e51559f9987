"""What an award must have before it may be proposed: by the law of the choice, and for the record.

It must never change anything, nor say how somebody is to decide.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypedDict

from marketplace.errors import Conflict, Invalid, Stale
from marketplace.models import AwardBasis, Ground, RefusalReason, Route, SettingType
from marketplace.services.choices import Choice
from marketplace.services.law import Verdict
from marketplace.vocabulary import in_words
from pricing.money import pounds

LONGEST_AHEAD = timedelta(days=2 * 366)
ON_COST = frozenset({Ground.RESOURCES, Ground.PUBLIC_EXPENDITURE})  # grounds that rest on a comparison of costs
# Of alternative provision the register does not say whether it is maintained, an academy or somebody's business.
MAYBE_MAINTAINED = frozenset({SettingType.STATE_SPECIAL, SettingType.RESOURCED_MAINSTREAM, SettingType.AP})

Errors = dict[str, list[str]]


class Decided(TypedDict):
    """What the person who decides says, under the names of Award's columns; what may not be left out is told by
    `require_complete`, all at once."""

    route: Route | None
    route_reason: str | None
    order_reference: str | None
    starts_on: date | None
    ground: Ground | None
    ground_evidence: str | None
    answers: Mapping[str, str]
    reasons: str
    basis: AwardBasis | None
    basis_reason: str | None
    notice_reference: str | None


def chosen(found: Sequence[Choice], *, provision_id: int, consultation_version: int | None) -> Choice:
    """The choice that was decided for, as it was seen. Raises Invalid when it is none of those compared, Stale when
    something has happened at the setting since."""
    choice = next((each for each in found if each.provision.id == provision_id), None)
    if choice is None:
        raise Invalid({"provision_id": ["Choose one of the settings that are compared."]})
    version = choice.consultation.version if choice.consultation else None
    if version != consultation_version:
        words = "since you opened this page. Look at what it says now, then decide."
        raise Stale(f"Something has happened at {choice.provision.setting.name} {words}")
    return choice


def require_same_cost(choice: Choice, *, total: int) -> None:
    """Raise Stale unless it costs what the person saw: another first day may fall under another price schedule."""
    if choice.total is not None and choice.total != total:
        name, day = choice.provision.setting.name, in_words(choice.starts_on)
        raise Stale(
            f"From {day} {name} costs {pounds(choice.total)} a year, not {pounds(total)} as you saw. Nothing was"
            " changed: look at the cost again, then send."
        )


def require_complete(found: Sequence[Choice], choice: Choice, decided: Decided, *, on: date) -> None:
    """Raise Invalid, by field in the order of the form, for all that the law asks of this choice and all that the
    record needs, and is not there; Conflict for what no form can put right."""
    if choice.provision.setting.provider_id is None:
        raise Conflict("Nobody answers for this setting here yet, so it cannot be awarded here.")
    if choice.too_much is not None:
        raise Conflict(choice.too_much)
    if choice.total is None:
        raise Conflict("This setting has no published price for the band on that day, so nothing can be agreed.")
    answers: Errors = {}
    if decided["route"] is Route.REFUSAL and choice.consultation is not None:
        answers = _unanswered(choice.consultation.reasons, decided["answers"])
    law = lawless(choice.verdict, decided)
    errors = answers | law | _unshown(found, choice, decided) | _unrecorded(choice, decided, on=on)
    if errors:
        raise Invalid(errors)


def lawless(verdict: Verdict, decided: Decided) -> Errors:
    """What the law asks of an award and the decision lacks, by field."""
    errors: Errors = {}
    route, ground = decided["route"], decided["ground"]
    if route is None:
        errors["route"] = ["Say on what footing the authority decides."]
    elif route not in verdict.routes:
        errors["route"] = [verdict.obstacle or "The law does not let the authority decide on this footing here."]
    if route is Route.ORDER:
        return errors | _disordered(verdict, decided)
    if route in {Route.SILENCE, Route.FULL} and not _said(decided["route_reason"]):
        errors["route_reason"] = ["Say why the authority decides without an offer."]
    if verdict.grounds and ground not in verdict.grounds:
        errors["ground"] = ["The parents request another setting. Choose the ground on which it is not named."]
    if not verdict.grounds and ground is not None:
        errors["ground"] = ["No ground is asked for here. Leave it out."]
    if verdict.grounds and not _said(decided["ground_evidence"]):
        errors["ground_evidence"] = ["Say what shows the ground, for this child."]
    if verdict.is_regard_due and not _said(decided["ground_evidence"]):
        errors["ground_evidence"] = ["Say how regard was had to the parents' wishes, for this child."]
    return errors


def _disordered(verdict: Verdict, decided: Decided) -> Errors:
    """What an award by order lacks."""
    errors: Errors = {}
    if verdict.is_consent_due and not _said(decided["route_reason"]):
        errors["route_reason"] = ["Say when and how the setting consented: it has no duty to admit."]
    if not _said(decided["order_reference"]):
        errors["order_reference"] = ["Enter the tribunal's reference."]
    if decided["ground"] is not None:
        errors["ground"] = ["The tribunal has decided, so no ground is asked for. Leave it out."]
    return errors


def _unshown(found: Sequence[Choice], choice: Choice, decided: Decided) -> Errors:
    """A ground on cost that the comparison of costs contradicts."""
    requested = next((each for each in found if each.is_requested), None)
    if decided["ground"] not in ON_COST or requested is None or requested.total is None:
        return {}
    assert choice.total is not None
    if requested.total > choice.total:
        return {}
    words = (
        f"{requested.provision.setting.name}, which the parents request, costs {pounds(requested.total)} a year and"
        f" this one {pounds(choice.total)}, so the comparison of costs does not show this ground."
    )
    return {"ground": [words]}


def _unanswered(reasons: Sequence[RefusalReason], answers: Mapping[str, str]) -> Errors:
    words = "Answer this reason: the authority must consider each conscientiously (Swalcliffe Park v Wokingham, 2023)."
    return {f"answers-{row.code}": [words] for row in reasons if not _said(answers.get(row.code.value))}


def _unrecorded(choice: Choice, decided: Decided, *, on: date) -> Errors:
    errors: Errors = {}
    starts_on, basis = decided["starts_on"], decided["basis"]
    if starts_on is None:
        errors["starts_on"] = ["Enter the day from which the placement begins."]
    elif not on <= starts_on <= on + LONGEST_AHEAD:
        errors["starts_on"] = ["Enter a day from today on, within the next two years. Check the year."]
    elif choice.offer and decided["route"] is Route.OFFER and starts_on < choice.offer.starts_on:
        errors["starts_on"] = [f"The setting offers a place from {in_words(choice.offer.starts_on)}."]
    if not _said(decided["reasons"]):
        errors["reasons"] = ["Give the authority's reasons: they stand in the letter to the family."]
    if basis is None:
        errors["basis"] = ["Choose how the contract is awarded."]
    setting = choice.provision.setting
    if basis is AwardBasis.NO_CONTRACT and not (setting.type in MAYBE_MAINTAINED and setting.is_registered):
        errors["basis"] = ["This setting is paid under a contract. Choose how that is awarded."]
    if basis is AwardBasis.DIRECT and not _said(decided["basis_reason"]):
        errors["basis_reason"] = ["Name the paragraph of Schedule 5, and why it applies."]
    if basis is AwardBasis.DIRECT and not _said(decided["notice_reference"]):
        errors["notice_reference"] = ["Enter the reference of the transparency notice (Procurement Act 2023, s.44)."]
    return errors


def _said(words: str | None) -> bool:
    return bool(words and words.strip())
