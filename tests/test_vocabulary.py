"""Every code that the tables keep has words that people read."""

import pytest

from marketplace import destination_words, vocabulary
from marketplace.models import (
    AdultService,
    AfterEnd,
    AimMet,
    AwardBasis,
    Band,
    Clock,
    ConsultationStatus,
    Destination,
    DocumentKind,
    EventKind,
    Footing,
    Ground,
    Held,
    Kind,
    MemberStatus,
    NeedStatus,
    OrderResult,
    Pathway,
    Pattern,
    PriceBasis,
    RefusalCode,
    ReviewOutcome,
    Route,
    SettingType,
    Stance,
    Term,
    Transfer,
    Unit,
)
from marketplace.services.adult_transfers import TransferStanding
from marketplace.services.benchmarks.figures import By
from marketplace.services.caseload import ToDo
from marketplace.services.matching.options import UNREGISTERED
from marketplace.services.outreach_lists import OrderStanding
from marketplace.services.placement_lists import Standing
from optimiser.eligibility import REASONS
from optimiser.problem import AREAS, PRIMARY_NEEDS
from pricing.framework import Basis
from pricing.tariff import Grade


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (vocabulary.AFTER_END, AfterEnd),
        (vocabulary.AREAS, AREAS),
        (vocabulary.AWARD_BASES, AwardBasis),
        (vocabulary.AWARD_ROUTES, Route),
        (vocabulary.BANDS, Band),
        (vocabulary.BASES, Basis),
        (vocabulary.CLOCKS, Clock),
        (vocabulary.CONSULTATION_STATUSES, ConsultationStatus),
        (vocabulary.DOCUMENT_KINDS, DocumentKind),
        (vocabulary.ENDINGS, AfterEnd),
        (vocabulary.EVENT_KINDS, EventKind),
        (vocabulary.FOOTINGS, Footing),
        (vocabulary.SHORT_FOOTINGS, Footing),
        (vocabulary.GRADES, Grade),
        (vocabulary.GROUNDS, Ground),
        (vocabulary.GROUPS, By),
        (vocabulary.GROUND_STATUTES, Ground),
        (vocabulary.KINDS, Kind),
        (vocabulary.KIND_DESCRIPTIONS, Kind),
        (vocabulary.LEVEL_DESCRIPTIONS, AREAS),
        (vocabulary.MEMBER_STATUSES, MemberStatus),
        (vocabulary.NEED_STATUSES, NeedStatus),
        (vocabulary.ORDER_RESULTS, OrderResult),
        (vocabulary.ORDER_STANDINGS, OrderStanding),
        (vocabulary.PATTERNS, Pattern),
        (vocabulary.PLACEMENT_STANDINGS, Standing),
        (vocabulary.PRICE_BASES, PriceBasis),
        (vocabulary.PRIMARY_NEEDS, PRIMARY_NEEDS),
        (vocabulary.SHORT_PRIMARY_NEEDS, PRIMARY_NEEDS),
        (vocabulary.REFUSALS, (*REASONS, UNREGISTERED)),
        (vocabulary.REFUSAL_CODES, RefusalCode),
        (vocabulary.REVIEW_OUTCOMES, ReviewOutcome),
        (vocabulary.SETTING_TYPES, SettingType),
        (vocabulary.SHORT_CLOCKS, Clock),
        (vocabulary.SHORT_SETTING_TYPES, SettingType),
        (vocabulary.SHORT_PATTERNS, Pattern),
        (vocabulary.STANCES_OF["tariff"], Stance),
        (vocabulary.STANCES_OF["framework"], Stance),
        (vocabulary.TERMS, Term),
        (vocabulary.TO_DO, ToDo),
        (vocabulary.TRANSFERS, Transfer),
        (vocabulary.UNITS, Unit),
        (destination_words.ADULT_SERVICES, AdultService),
        (destination_words.AIMS_MET, AimMet),
        (destination_words.SHORT_AIMS_MET, AimMet),
        (destination_words.DESTINATIONS, Destination),
        (destination_words.HELD, Held),
        (destination_words.HELD_SO_FAR, Held),
        (destination_words.PATHWAYS, Pathway),
        (destination_words.SHORT_PATHWAYS, Pathway),
        (destination_words.QUESTIONS, Pathway),
        (destination_words.TRANSFER_STANDINGS, TransferStanding),
    ],
)
def test_every_code_has_words_and_no_words_lack_a_code(words: dict[str, object], codes: list[str]) -> None:
    assert {str(code) for code in codes} == words.keys()


def test_every_level_is_described_in_every_area() -> None:
    assert all(described.keys() == vocabulary.LEVELS.keys() for described in vocabulary.LEVEL_DESCRIPTIONS.values())
