"""`marketplace pricing`: a tariff from observed prices, its shadow run, the corridor. On files; no database, no server.

It must never write anything but the list of errors when the files are at fault, nor write over a file or folder.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from marketplace.cli.pricing_tables import print_calibration, print_corridor, print_shadow
from marketplace.cli.refusal import BAD_INPUT, FAILED, refuse, sentence, stop
from marketplace.models import today
from marketplace.services.observed_file import read_observed
from marketplace.services.pricing_files import corridor_files, shadow_files, tariff_file, write_folder, write_new_file
from optimiser.answer_files import errors_text, write_errors
from optimiser.errors import BadProblem, FileError
from optimiser.files import write_text
from optimiser.result_folder import ERRORS_FILE, FolderTakenError, check_free
from pricing.calibration import calibrate
from pricing.corridor import TooFew, corridor
from pricing.fitting import NoTariff
from pricing.observed import Observed
from pricing.shadow import shadow_run
from pricing.table import Invalid
from pricing.tariff import DEMONSTRATION_TARIFF, Tariff, load_tariff, next_april

PATH = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
OUT = "Folder for the result; must not exist or be empty."
Keep = Callable[[Sequence[FileError]], Path]


def hundredths(ctx: click.Context, parameter: click.Parameter, value: float) -> int:  # noqa: ARG001
    """The callback of an option that is a percentage with at most two decimals."""
    if not math.isfinite(value) or not 0 < value <= 100 or abs(100 * value - round(100 * value)) > 1e-6:
        raise click.BadParameter("must be a percentage above 0, at most 100, with at most two decimals.")
    return round(100 * value)


@click.group()
def pricing() -> None:
    """Fit a tariff to observed prices, run one over them, draw their corridor; on files, with no database."""


@pricing.command("calibrate")
@click.argument("observed", type=PATH)
@click.option("--out", type=PATH, required=True, help="The tariff file to write; must not exist.")
@click.option("--neutral", is_flag=True, help="Guide prices sum to today's prices, to the pound.")
@click.option(
    "--step", type=click.IntRange(0, 1_000_000), default=1_000, show_default=True, help="Least rise a band, £."
)
@click.option("--fit-multipliers", is_flag=True, help="Fit the multipliers of patterns too.")
@click.option("--multipliers", type=PATH, help="Tariff file whose multipliers to take. [default: the demonstration's]")
@click.option("--name", default="Calibrated tariff", show_default=True, help="The name of the tariff.")
@click.option("--valid-from", type=DAY, help="Its first day. [default: the next 1 April]")
def calibrate_command(
    observed: Path,
    out: Path,
    *,
    neutral: bool,
    step: int,
    fit_multipliers: bool,
    multipliers: Path | None,
    name: str,
    valid_from: datetime | None,
) -> None:
    """Fit the band prices of a tariff to the placements of the file OBSERVED.

    Ends with 2 when the input is at fault; the list of errors is then beside the tariff's place, in TARIFF.errors.csv.
    """
    errors_at = out.with_suffix(".errors.csv")
    if out.exists() or out.is_symlink() or not out.name:
        stop(f"Error: {out} exists; give another name.", BAD_INPUT)

    def keep(errors: Sequence[FileError]) -> Path:
        write_text(errors_at, errors_text(errors))
        return errors_at

    placements, start = _read(observed, multipliers or DEMONSTRATION_TARIFF, keep, priced=("pattern",))
    try:
        found = calibrate(
            placements, multipliers=start.pattern, step=step, is_neutral=neutral, fits_multipliers=fit_multipliers
        )
        first = valid_from.date() if valid_from else next_april(today())
        text = tariff_file(found, name=name, valid_from=first, multipliers_of=str(start))
    except (NoTariff, Invalid) as error:
        stop(f"Error: {error}", BAD_INPUT)
    try:
        write_new_file(out, text)
        errors_at.unlink(missing_ok=True)
    except (FolderTakenError, OSError) as error:
        stop(f"Error: {sentence(error)} No tariff was written.", FAILED)
    print_calibration(found, out)


@pricing.command("shadow")
@click.argument("observed", type=PATH)
@click.option("--tariff", type=PATH, required=True, help="The tariff file.")
@click.option("--out", type=PATH, required=True, help=OUT)
@click.option(
    "--limit", type=float, default=5.0, show_default=True, callback=hundredths, help="Most a price moves a year, %."
)
def shadow_command(observed: Path, tariff: Path, out: Path, limit: int) -> None:
    """Run a tariff over the placements of the file OBSERVED: who would gain and lose, and the way there.

    Nothing is changed by it. Ends with 2 when the input is at fault (see errors.csv in the folder of --out).
    """
    _check_free(out)
    placements, loaded = _read(observed, tariff, _keeper(out))
    run = shadow_run(placements, loaded, limit=limit)
    try:
        write_folder(out, shadow_files(run, limit=limit))
    except (FolderTakenError, OSError) as error:
        stop(f"Error: {sentence(error)} No result was written.", FAILED)
    print_shadow(run, limit, out)


@pricing.command("corridor")
@click.argument("observed", type=PATH)
@click.option("--out", type=PATH, required=True, help=OUT)
@click.option("--on", type=DAY, help="The day that the prices are of. [default: today]")
def corridor_command(observed: Path, out: Path, on: datetime | None) -> None:
    """Draw the corridor of the placements of the file OBSERVED: where eight prices in ten lie.

    Ends with 2 when the input is at fault (see errors.csv in the folder of --out), or holds fewer than 30 placements.
    """
    _check_free(out)
    placements, _ = _read(observed, None, _keeper(out))
    try:
        found = corridor(placements, on=on.date() if on else today())
    except TooFew as error:
        stop(f"Error: {error}", BAD_INPUT)
    try:
        write_folder(out, corridor_files(found, placements))
    except (FolderTakenError, OSError) as error:
        stop(f"Error: {sentence(error)} No result was written.", FAILED)
    print_corridor(found, out)


def _read(
    path: Path, tariff: Path | None, keep: Keep, priced: tuple[str, ...] = ("band", "pattern")
) -> tuple[Observed, Tariff]:
    """The placements and the tariff (the demonstration's where none is asked for); every error of both at once."""
    errors: list[FileError] = []
    loaded = placements = None
    try:
        loaded = load_tariff(tariff or DEMONSTRATION_TARIFF)
    except (Invalid, OSError) as error:
        errors += _tariff_errors(tariff or DEMONSTRATION_TARIFF, error)
    try:
        placements = read_observed(path, loaded if tariff else None, priced=priced)
    except BadProblem as bad:
        errors += bad.errors
    if loaded is None or placements is None:
        refuse(errors, keep, "nothing was written")
    return placements, loaded


def _tariff_errors(path: Path, error: Exception) -> Iterator[FileError]:
    if isinstance(error, Invalid):
        for fault in error.faults:
            yield FileError(path.name, None, fault.where, "", fault.what, f"{fault.remedy}.")
    elif isinstance(error, OSError):
        yield FileError(path.name, None, "", "", f"cannot be read ({error.strerror})", "Check the name and the rights.")


def _keeper(out: Path) -> Keep:
    def keep(errors: Sequence[FileError]) -> Path:
        write_errors(errors, out)
        return out / ERRORS_FILE

    return keep


def _check_free(out: Path) -> None:
    try:
        check_free(out)
    except FolderTakenError as error:
        stop(f"Error: {error}", BAD_INPUT)
