"""What the EHCP and finance statistics say about an LA: starts by age, need mixes, residential shares, price levels.

Where a figure is not available the documented substitute is used and the LA is counted in `substituted`; not
available is never taken for 0. It must never draw anything.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from benchmarks.real.sources import Numbers, Sources

NEEDS = ("ASD", "HI", "MLD", "MSI", "OTH", "PD", "PMLD", "SEMH", "SLCN", "SLD", "SPLD", "VI")
NEED_COLUMNS = tuple(f"number_{need.lower()}" for need in NEEDS)
SPECIAL, ALTERNATIVE = "Special - total", "AP/PRU - total"
FIRST_AGE, LAST_AGE = 4, 16  # age on 31 August: reception to year 12; a start is a pupil more than at the age before
LATEST_NEW_PLANS = "2024"
MIN_PLACEMENTS = 20  # fewer make a mean outturn an artefact
QUARTILES = (25.0, 75.0)  # outturn means outside are clipped: the extremes are artefacts of accounting


class Figures:
    """Figures by LA, for the LAs in the order given. `substituted` counts LAs by what had to stand in."""

    def __init__(self, sources: Sources, las: Sequence[str]) -> None:
        self.sources = sources
        self.las = tuple(las)
        self.substituted: dict[str, set[str]] = defaultdict(set)

    @cached_property
    def plans(self) -> Numbers:
        """EHCPs in January 2025."""
        table = self.sources["authorities"]
        return self._in_order(dict(zip(table["la_code"].tolist(), table.numbers("ehcplans"), strict=True)))

    @cached_property
    def specialist_stock(self) -> Numbers:
        """EHCPs in special schools and AP in January 2025; not available: plans × the share of the LAs that have it."""
        table = self.sources["ehcp_la_placement_2025"]
        stock = table.numbers("special_total") + table.numbers("ap_pru_total")
        return self._by_ratio("specialist stock", self._in_order(dict(zip(table["old_la_code"], stock, strict=True))))

    @cached_property
    def starts_by_age(self) -> Numbers:
        """LA × age FIRST_AGE … LAST_AGE: specialist placements started in a year.

        The net growth of specialist EHCPs from each age to the next in January 2025, raised to the new plans of the
        year that named special or AP where those are more. An LA whose ages are not all available takes the ages of
        the others and its plans × their ratio.
        """
        growth = np.maximum(np.diff(self._stock_by_age(), axis=1), 0.0)
        total = self._by_ratio("starts", growth.sum(axis=1))
        total = np.fmax(total, self._new_specialist_plans())
        shares = np.tile(np.nansum(growth, axis=0) / np.nansum(growth), (len(self.las), 1))
        grows = growth.sum(axis=1) > 0
        shares[grows] = growth[grows] / growth[grows].sum(axis=1, keepdims=True)
        starts: Numbers = total[:, None] * shares
        return starts

    def need_mix(self, placements: tuple[str, ...]) -> Numbers:
        """LA × need: the share of each primary need among the LA's EHCPs in these placements, unknown needs left out.

        An LA without an available row, or with none but unknown needs, takes England's.
        """
        table = self.sources["ehcp_la_need_by_placement_2025"]
        is_asked = np.isin(table["placement"], placements)
        asked = table.where(is_asked)
        counts = np.column_stack([asked.numbers(column) for column in NEED_COLUMNS])
        england = counts[asked["geographic_level"] == "National"].sum(axis=0)
        mixes = np.empty((len(self.las), len(NEEDS)))
        for row, la in enumerate(self.las):
            known = counts[asked["old_la_code"] == la]
            known = known[~np.isnan(known).any(axis=1)]
            if known.sum() == 0:
                self.substituted[f"need mix, {' + '.join(placements)}"].add(la)
            mixes[row] = known.sum(axis=0) if known.sum() else england
        shares: Numbers = mixes / mixes.sum(axis=1, keepdims=True)
        return shares

    @cached_property
    def need_by_age(self) -> Numbers:
        """Age FIRST_AGE … LAST_AGE × need: England's share of a need's EHCPs that stand at the age."""
        table = self.sources["ehcp_england_need_by_age_sex_2025"]
        counts = np.column_stack([table.numbers(column) for column in NEED_COLUMNS])
        by_breakdown = dict(zip(table["breakdown"].tolist(), counts, strict=True))
        ages = np.array([by_breakdown[f"age {age}"] for age in range(FIRST_AGE, LAST_AGE + 1)])
        shares: Numbers = ages / ages.sum(axis=0)
        return shares

    @cached_property
    def girls(self) -> Numbers:
        """Need: England's share of girls among the EHCPs with it."""
        table = self.sources["ehcp_england_need_by_age_sex_2025"]
        counts = np.column_stack([table.numbers(column) for column in NEED_COLUMNS])
        by_breakdown = dict(zip(table["breakdown"].tolist(), counts, strict=True))
        shares: Numbers = by_breakdown["Female"] / (by_breakdown["Female"] + by_breakdown["Male"])
        return shares

    @cached_property
    def residential(self) -> Numbers:
        """LA × (38 to 51 weeks, 52 weeks): residential special placements as shares of the specialist stock."""
        table = self.sources["ehcp_la_residential_2025"]
        table = table.where(table["breakdown"] == SPECIAL)
        columns = []
        for column in ("Res_3851", "Res_52"):
            known = self._in_order(dict(zip(table["old_la_code"], table.numbers(column), strict=True)))
            columns.append(self._by_ratio("residential share", known, self.specialist_stock))
        shares: Numbers = np.column_stack(columns) / np.maximum(self.specialist_stock, 1.0)[:, None]
        return shares

    @cached_property
    def area_factor(self) -> Numbers:
        """The high needs formula's area cost factor; not available: the median of the LAs at hand."""
        table = self.sources["dsg_high_needs_la_2023_24"]
        known = self._in_order(dict(zip(table["old_la_code"], table.numbers("aca_factor_derived"), strict=True)))
        return self._or("area factor", known, float(np.nanmedian(table.numbers("aca_factor_derived"))))

    @cached_property
    def price_level(self) -> Numbers:
        """What the LA paid for a place in NMSS and independent special schools, over England's median.

        Outturn 2021-22 ÷ placements ÷ area factor, clipped to England's quartiles, over England's median. Not
        available, or fewer than MIN_PLACEMENTS: 1.
        """
        table = self.sources["s251_high_needs_la_2021_22"]
        placements, outturn = table.numbers("n_nmss_or_independent"), table.numbers("outturn_topup_nmss_independent")
        factors = self.sources["dsg_high_needs_la_2023_24"]
        factor = dict(zip(factors["old_la_code"], factors.numbers("aca_factor_derived"), strict=True))
        is_sound = (placements >= MIN_PLACEMENTS) & (outturn > 0)
        mean = np.full(len(table), np.nan)
        mean[is_sound] = outturn[is_sound] / placements[is_sound]
        mean /= np.array([factor.get(la, np.nan) for la in table["old_la_code"]])
        low, high = np.nanpercentile(mean, QUARTILES)
        level = np.clip(mean, low, high) / np.nanmedian(mean)
        known = self._in_order(dict(zip(table["old_la_code"], level, strict=True)))
        return self._or("price level", known, 1.0)

    def _stock_by_age(self) -> Numbers:
        table = self.sources["ehcp_la_age_by_placement_2025"]
        stock = table.numbers("special_total") + table.numbers("ap_pru_total")
        known = dict(zip(zip(table["old_la_code"].tolist(), table["age"].tolist(), strict=True), stock, strict=True))
        ages = range(FIRST_AGE - 1, LAST_AGE + 1)
        return np.array([[known.get((la, f"age {age}"), np.nan) for age in ages] for la in self.las])

    def _new_specialist_plans(self) -> Numbers:
        table = self.sources["new_ehcp_la_2019_2024"]
        table = table.where(table["time_period"] == LATEST_NEW_PLANS)
        plans = table.numbers("special_total") + table.numbers("ap_pru_total")
        return self._in_order(dict(zip(table["old_la_code"], plans, strict=True)))

    def _in_order(self, known: dict[str, float]) -> Numbers:
        return np.array([known.get(la, np.nan) for la in self.las])

    def _by_ratio(self, what: str, values: Numbers, base: Numbers | None = None) -> Numbers:
        base = self.plans if base is None else base
        is_known = ~np.isnan(values)
        return self._or(what, values, base * (values[is_known].sum() / base[is_known].sum()))

    def _or(self, what: str, values: Numbers, substitute: Numbers | float) -> Numbers:
        missing = np.isnan(values)
        self.substituted[what].update(np.array(self.las)[missing].tolist())
        return np.where(missing, substitute, values)
