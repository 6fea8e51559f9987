"""`python -m benchmarks.real.tariff`: a tariff calibrated and shadow-run on placements made from what LAs really paid.

Real: how many placements an LA had in non-maintained and independent special schools and what it paid for all of them
(outturn 2021-22), the needs and boarding of its EHCPs there (January 2025), area factors. Invented: the band of each
placement and how prices vary within an LA: neither is public. It names no school, and must never be taken for what
a band costs.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click
import numpy as np

from benchmarks.real.figures import MIN_PLACEMENTS, Figures
from benchmarks.real.needs import draw_levels, drawn
from benchmarks.real.region import DEFAULT_SEED
from benchmarks.real.sources import ATTRIBUTION, DataError, Numbers, Sources, data_folder, read_sources
from pricing.calibration import Calibration, calibrate
from pricing.framework import DEMONSTRATION_FRAMEWORK, SettingType, load_framework
from pricing.money import pounds
from pricing.observed import Observed, Placement
from pricing.profile import Band, NeedsProfile, band_for
from pricing.shadow import ShadowRun, shadow_run
from pricing.tariff import DEMONSTRATION_TARIFF, Pattern, Tariff, load_tariff

STREAM = 7
SCHOOLS = ("Special - independent", "Special - non-maintained")
NOISE = 0.15  # invented: how much the logarithm of a price varies within an LA and band
ARTEFACT = 2.0  # an LA whose mean is this many times the median, or as small a part of it, shows its accounting
LIMIT = 500  # of the transition: 5% a year
STEP = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Outturn:
    """What LAs paid: by LA its placements and the mean £ of one; `area` its factor, `boards` its share by pattern."""

    las: tuple[str, ...]
    n: Numbers
    mean: Numbers
    area: Numbers
    mix: Numbers
    boards: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Of the variance of LA means, weighted by placements, the share that means of guide prices explain: with area
    factors only, with patterns as well, with bands as well."""

    area: float
    pattern: float
    band: float


@dataclass(frozen=True, slots=True, eq=False)
class RealTariff:
    """The placements, the tariff fitted to them, its shadow run, and what it explains."""

    observed: Observed
    calibration: Calibration
    run: ShadowRun
    explained: Explained


def outturn(sources: Sources) -> Outturn:
    """The LAs with at least MIN_PLACEMENTS placements and a mean that is no artefact."""
    table = sources["s251_high_needs_la_2021_22"]
    n, paid = table.numbers("n_nmss_or_independent"), table.numbers("outturn_topup_nmss_ind_special")
    is_sound = (n >= MIN_PLACEMENTS) & (paid > 0)
    mean = np.where(is_sound, paid, np.nan) / np.where(is_sound, n, np.nan)
    middle = float(np.nanmedian(mean))
    is_sound &= (mean <= middle * ARTEFACT) & (mean >= middle / ARTEFACT)
    las = table["old_la_code"][is_sound].tolist()
    figures = Figures(sources, las)
    return Outturn(
        tuple(las), n[is_sound], mean[is_sound], figures.area_factor, figures.need_mix(SCHOOLS), _boards(sources, las)
    )


def placements(paid: Outturn, tariff: Tariff, seed: int) -> list[Placement]:
    """One for each that was paid for, at the tariff's price with noise, scaled so that the LA's mean is real."""
    random = np.random.default_rng([seed, STREAM])
    framework = load_framework(DEMONSTRATION_FRAMEWORK)
    la = np.repeat(np.arange(len(paid.las)), paid.n.astype(int))
    need = drawn(paid.mix[la], random)
    patterns = [tuple(Pattern)[number] for number in drawn(paid.boards[la], random).tolist()]
    bands = [band_for(NeedsProfile(*levels), framework).band for levels in draw_levels(need, random).tolist()]
    base = [
        tariff.band.get(band or Band.MILD, 0) * float(tariff.pattern[p])
        for band, p in zip(bands, patterns, strict=True)
    ]
    price = np.array(base) * paid.area[la] * np.exp(NOISE * random.standard_normal(len(la)))
    price *= (paid.mean / (np.bincount(la, price) / paid.n))[la]
    return [
        Placement(
            placement=f"{paid.las[at]}-{number}",
            la=paid.las[at],
            setting="not known",
            provider="not known",
            setting_type=SettingType.INDEPENDENT,
            pattern=pattern,
            band=band,
            area_factor=float(paid.area[at]),
            price=round(float(amount)),
        )
        for number, (at, pattern, band, amount) in enumerate(zip(la.tolist(), patterns, bands, price, strict=True))
        if band is not None
    ]


def build(sources: Sources, *, seed: int = DEFAULT_SEED) -> RealTariff:
    """Placements of real means, a cost-neutral tariff fitted to them, and what it explains between LAs."""
    start = load_tariff(DEMONSTRATION_TARIFF)
    observed = Observed.of(placements(outturn(sources), start, seed))
    found = calibrate(observed, multipliers=start.pattern, step=STEP, is_neutral=True)
    tariff = load_tariff(
        {"name": "Fitted", "basis": "local", "valid_from": "2027-04-01", "band": found.band, "pattern": found.pattern}
    )
    run = shadow_run(observed, tariff, limit=LIMIT)
    multiplier = np.array([float(tariff.pattern[each]) for each in Pattern])[observed.pattern]
    explained = Explained(
        area=share_explained(observed, observed.area_factor),
        pattern=share_explained(observed, observed.area_factor * multiplier),
        band=share_explained(observed, run.guide.astype(float)),
    )
    return RealTariff(observed, found, run, explained)


def share_explained(observed: Observed, guide: Numbers) -> float:
    """1 − Σ n (mean price − mean guide)² / Σ n (mean price − mean of all)² over LAs, the guide scaled to cost what is
    paid. Below 0: the guide prices are further from what LAs pay than one price for all would be."""
    la = np.unique(observed.la, return_inverse=True)[1]
    n = np.bincount(la)
    paid = np.bincount(la, observed.price) / n
    due = np.bincount(la, guide * (observed.price.sum() / guide.sum())) / n
    middle = float((n * paid).sum() / n.sum())
    return 1 - float((n * (paid - due) ** 2).sum() / (n * (paid - middle) ** 2).sum())


def _boards(sources: Sources, las: list[str]) -> Numbers:
    """LA × day, weekly, termly, annual: shares of its EHCPs in these schools. 38 to 51 weeks are half weekly and half
    termly; an LA whose figures are not available takes those of the others together."""
    stays, stock = sources["ehcp_la_residential_2025"], sources["ehcp_la_placement_2025"]
    totals = dict(
        zip(
            stock["old_la_code"].tolist(),
            stock.numbers("special_independent") + stock.numbers("special_non_maintained"),
            strict=True,
        )
    )
    counts = np.zeros((len(las), 2))
    for breakdown in SCHOOLS:
        rows = stays.where(stays["breakdown"] == breakdown)
        known = dict(
            zip(
                rows["old_la_code"].tolist(),
                np.column_stack([rows.numbers("Res_3851"), rows.numbers("Res_52")]),
                strict=True,
            )
        )
        counts += np.array([known.get(la, np.full(2, np.nan)) for la in las])
    all_of = np.array([totals.get(la, np.nan) for la in las])
    is_known = ~np.isnan(counts).any(axis=1) & (all_of > 0)
    shares = np.tile(counts[is_known].sum(axis=0) / all_of[is_known].sum(), (len(las), 1))
    shares[is_known] = counts[is_known] / all_of[is_known, None]
    boarding, annual = shares.clip(0, 0.5).T
    return np.column_stack([1 - boarding - annual, boarding / 2, boarding / 2, annual])


def report(found: RealTariff) -> Iterator[str]:
    """What was found, line by line."""
    total = found.run.total
    yield f"LAs                 {len(found.run.by['la']):>14,}"
    yield f"placements          {total.n:>14,}"
    yield f"paid, £             {total.price:>14,}"
    yield f"at the tariff, £    {total.guide:>14,}"
    for fit in found.calibration.fit:
        yield f"{fit.band:<20}{pounds(100 * fit.price):>14}  {fit.n:,} placements"
    rising = sum(each.difference > 0 for each in found.run.by["la"])
    yield f"LAs that pay more   {rising:>14,}"
    yield f"placements gaining  {total.gain / total.n:>14.0%}"
    yield f"years at 5% a year  {len(found.run.transition):>14,}"
    yield "of the variance between LAs' mean prices is explained by"
    yield f"  area factors                 {found.explained.area:>6.1%}"
    yield f"  and patterns                 {found.explained.pattern:>6.1%}"
    yield f"  and bands                    {found.explained.band:>6.1%}"


@click.command()
@click.option("--seed", type=click.IntRange(0), default=DEFAULT_SEED, show_default=True, help="Of everything drawn.")
def main(seed: int) -> None:
    """Calibrate and shadow-run a tariff on placements made from the LAs' outturn, from the public data folder."""
    try:
        found = build(read_sources(data_folder()), seed=seed)
    except DataError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for line in report(found):
        click.echo(line)
    click.echo("Bands, and prices within an LA, are invented. Never quote it of a band, an LA or a school.")
    click.echo(ATTRIBUTION)


if __name__ == "__main__":
    main()
