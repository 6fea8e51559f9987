"""What a place would cost an LA: the demonstration tariff, set to the level and area of the setting's LA. Invented.

Marginal public cost: the full fee of an independent school; less the place funding that is paid anyway at an NMSS;
the top-up alone at a state special school or AP. It must never be shown beside the name of a school.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pricing.guide import Kind, guide_price
from pricing.profile import Band
from pricing.tariff import DEMONSTRATION_TARIFF, Grade, Pattern, load_tariff

PENCE = 100
WEEKS = 38
PLACE_FUNDING = 10_000.0  # £ a place at an NMSS, paid whether or not the place is filled
HALF_DAYS = {
    Band.MILD: 19,
    Band.MODERATE: 38,
    Band.INTENSIVE: 76,
}  # outreach a year by band: one a fortnight to two a week
HOURS_OF_HALF_DAY = 3.0
# Top-ups in £ at moderate and at profound: one county's range for its special schools; the range of AP, full time.
TOP_UPS = {"state_special": (11_412.0, 17_556.0), "ap": (10_700.0, 19_300.0)}
NO_AREA = ""  # the area factor is the setting's LA's own, and comes on top

Guides = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Guide:
    """The demonstration tariff in £ a year at area factor 1: `full` by (pattern, band), `outreach` by band."""

    full: Guides
    outreach: Mapping[str, float]
    coordination: float


def demonstration_guide() -> Guide:
    """Read the demonstration tariff once."""
    tariff = replace(load_tariff(DEMONSTRATION_TARIFF), area={})
    full = {
        (pattern.value, band.value): guide_price(
            tariff, kind=Kind.FULL, band=band, pattern=pattern, la_code=NO_AREA
        ).amount
        / PENCE
        for pattern in Pattern
        for band in tariff.band
    }
    outreach = {
        band.value: guide_price(
            tariff,
            kind=Kind.OUTREACH,
            band=band,
            pattern=Pattern.DAY,
            la_code=NO_AREA,
            half_days=half_days,
            grade=Grade.SPECIALIST_TEACHER,
        ).amount
        / PENCE
        for band, half_days in HALF_DAYS.items()
    }
    return Guide(full, outreach, float(tariff.coordination or 0))


@dataclass(frozen=True, slots=True)
class PriceLevel:
    """What sets one setting's prices: legal type, area factor, its LA's level over England's, the setting's own."""

    guide: Guide
    setting_type: str
    area_factor: float
    la_level: float
    own_level: float

    def full(self, pattern: str) -> dict[str, float]:
        """£ a year for a full place, by band."""
        return {band: self._full(pattern, band) for of, band in self.guide.full if of == pattern}

    def porous(self, sessions: int) -> dict[str, float]:
        """£ a year for sessions of 10 a week, by band."""
        share = sessions / 10 * (1 + self.guide.coordination)
        return {band: price * share for band, price in self.full("day").items()}

    def outreach(self) -> Iterator[tuple[str, float, float]]:
        """(band, £ a year, staff hours a week)."""
        for band, price in self.guide.outreach.items():
            yield band, price, HALF_DAYS[Band(band)] * HOURS_OF_HALF_DAY / WEEKS

    def _full(self, pattern: str, band: str) -> float:
        local = self.area_factor * self.own_level
        fee = self.guide.full[pattern, band] * self.la_level * local
        if self.setting_type in TOP_UPS:
            day = self.guide.full["day", band] * self.la_level * local
            return self._top_up(band) * local + fee - day
        return fee - PLACE_FUNDING if self.setting_type == "nmss" else fee

    def _top_up(self, band: str) -> float:
        """Rising with the tariff's day price from the range's ends at moderate and profound."""
        moderate, profound = TOP_UPS[self.setting_type]
        low, high = self.guide.full["day", "moderate"], self.guide.full["day", "profound"]
        return moderate + (self.guide.full["day", band] - low) * (profound - moderate) / (high - low)
