"""A framework says how a needs profile becomes a band, what a band contains as standard, and who has place funding.

It is data with a version, a date and a source, so that a new rule is a new file. It must never hold a price of a band.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from pricing.content import Content, Hours, read_contents, read_rates
from pricing.profile import Band
from pricing.table import Source, Table

DEMONSTRATION_FRAMEWORK = Path(__file__).parent / "data" / "framework.toml"


class Status(StrEnum):
    """The life of a framework or tariff, in this order; one that was adopted is never edited, only superseded."""

    DRAFT = "draft"
    IN_CONSULTATION = "in_consultation"
    ADOPTED = "adopted"
    SUPERSEDED = "superseded"


class Basis(StrEnum):
    """What a framework or tariff rests on."""

    LOCAL = "local"
    PROPOSED = "proposed"
    STATUTORY = "statutory"


class SettingType(StrEnum):
    """What a setting is in law and in money; 'independent special school' is three things."""

    NMSS = "nmss"
    SECTION41 = "section41"
    INDEPENDENT = "independent"
    STATE_SPECIAL = "state_special"
    AP = "ap"
    RESOURCED_MAINSTREAM = "resourced_mainstream"

    @property
    def words(self) -> str:
        """As a sentence says it."""
        return _SETTING_TYPE_WORDS[self]


_SETTING_TYPE_WORDS = {
    SettingType.NMSS: "non-maintained special school",
    SettingType.SECTION41: "independent special school approved under section 41",
    SettingType.INDEPENDENT: "independent special school",
    SettingType.STATE_SPECIAL: "state special school",
    SettingType.AP: "alternative provision",
    SettingType.RESOURCED_MAINSTREAM: "resourced mainstream school",
}

WHOLE_FEE = (SettingType.SECTION41, SettingType.INDEPENDENT)  # paid its whole fee, so never place funding
MUST_STATE = (SettingType.NMSS, SettingType.STATE_SPECIAL)  # has place funding, so "not stated" would overstate a cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """One version of the rule, from `starts_on` until before `ends_on`, or until the next adopted one starts.

    `place_funding`: pence a place and year by setting type, paid even for an empty one. `content` is what a band
    contains as standard, `rates` pence an hour; empty = the framework does not state them.
    """

    name: str
    version: str
    status: Status
    basis: Basis
    starts_on: date
    ends_on: date | None
    source: str
    has_co_occurrence: bool
    place_funding: Mapping[SettingType, int]
    content: Mapping[Band, Content]
    rates: Mapping[Hours, int]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


def load_framework(source: Source) -> Framework:
    """Reads a TOML file, or its content as a mapping; raises Invalid with every fault at once.

    >>> from pricing.schedule import Part
    >>> framework = load_framework(DEMONSTRATION_FRAMEWORK)
    >>> framework.has_co_occurrence, framework.place_funding[SettingType.NMSS]
    (True, 1000000)
    >>> str(framework.content[Band.INTENSIVE].weeks), framework.rates[Part.ONE_TO_ONE]
    ('38', 1720)
    """
    top = Table.of(source)
    content = read_contents(top)
    framework = Framework(
        name=top.text("name"),
        version=top.text("version"),
        status=top.choice("status", Status),
        basis=top.choice("basis", Basis),
        starts_on=top.day("starts_on"),
        ends_on=top.day("ends_on") if top.has("ends_on") else None,
        source=top.text("source"),
        has_co_occurrence=top.flag("co_occurrence", default=True),
        place_funding=MappingProxyType(_place_funding(top)),
        content=MappingProxyType(content),
        rates=MappingProxyType(read_rates(top, required=bool(content))),
    )
    if framework.ends_on is not None and framework.ends_on <= framework.starts_on:
        top.fault("ends_on", f"{framework.ends_on} is not after starts_on", "Write a later date, or take it out")
    top.close()
    top.raise_faults()
    return framework


def _place_funding(top: Table) -> dict[SettingType, int]:
    funding = top.by("place_funding", SettingType, Table.pence, required=False)
    for setting_type in WHOLE_FEE:
        if setting_type in funding:
            what = "it is paid its whole fee and has no place funding"
            top.fault(f"[place_funding] {setting_type}", what, "Take the line out")
    for setting_type in MUST_STATE:
        if setting_type not in funding:
            remedy = f"Write the whole £ of a place, for example {setting_type} = 10000"
            top.fault(f"[place_funding] {setting_type}", "it is missing", remedy)
    return funding
