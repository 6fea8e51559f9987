"""Procurement adds placements, fits a tariff to them, saves it as a draft, runs it over them, reads who would gain."""

from pathlib import Path

from marketplace.services.observed_file import observed_text
from pricing.observed import Observed
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, in_every_window
from tests.pricing.placements import generated

BUYERS = ("dunmarrow", "greystrand", "aldermouth", "fallowby")


def send(visitor: Visitor, file: Path) -> None:
    visitor.page.get_by_label("File of placements").set_input_files(file)
    visitor.click("button", "Check and keep")


@in_every_window("buyer", BUYERS)
def test_a_tariff_is_fitted_saved_as_a_draft_and_run_over_todays_placements(
    visit: Visit, tmp_path: Path, width: int, scripts: bool, buyer: str
) -> None:
    text = observed_text(Observed.of(generated(240, seed=5, noise=0.15, by_type=True, areas=False)))
    good, bad = tmp_path / "placements.csv", tmp_path / "faulty.csv"
    good.write_text(text)
    bad.write_text(text.replace("P000007", "P000006").replace(",day,intensive", ",daily,intensive", 3))
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{buyer}.example")
        visitor.open("/placement-sets")
        visitor.sees("There are no placements yet.")
        visitor.look("placement-sets-empty")
        visitor.click("button", "Add placements")
        visitor.type("Name of the set", "Placements of autumn 2026")
        for at, typed in enumerate(("1", "4", "2026", "31", "3", "2027")):
            visitor.page.locator(".govuk-date-input input").nth(at).fill(typed)
        visitor.click("radio", "As contracted")
        send(visitor, bad)
        visitor.sees("Nothing was saved.", "Stands in row 8 already", "Is not one of the words known here")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("placement-set-refused")
        visitor.begin()
        send(visitor, good)
        visitor.reads("Placements of autumn 2026")
        visitor.look("placement-set")
        visitor.click("button", "Calibrate a tariff")
        visitor.type("Name of the tariff", "Bands 2027-28")
        visitor.page.get_by_label("Cost-neutral").check()
        visitor.look("calibration-start")
        visitor.click("button", "Calibrate")
        visitor.sees("You can leave this page; the work goes on.")
        visitor.look("calibration-progress")
        visitor.watches("what they cost today, to the pound")
        visitor.look("calibration")
        visitor.click("button", "Save as draft tariff")
        visitor.sees("Bands 2027-28, version 1 is a draft.")
        visitor.look("shadow-run-start")
        visitor.click("button", "Start the shadow run")
        visitor.watches("The same cost, to the pound")
        visitor.sees("The way there", "By local authority", "Settings that would gain and lose most")
        visitor.look("shadow-run")
        assert len(visitor.screens) <= 7
        assert visitor.clicks <= 6
        visitor.click("link", "Open the tariff")
        visitor.sees("Shadow runs of exactly this tariff: over Placements of autumn 2026")
        visitor.open("/placement-sets")
        visitor.click("link", "Placements of autumn 2026")
        visitor.click("button", "Draw the corridor")
        visitor.watches("Eight prices in ten lie between low and high")
        visitor.look("corridor")
        visitor.open("/placement-sets")
        visitor.look("placement-sets")
        visitor.click("link", "Placements of autumn 2026")
        visitor.click("link", "Remove the placements")
        visitor.sees("and with them what was computed on them", "Calibration", "Corridor")
        visitor.look("placement-set-remove")
        visitor.click("button", "Remove the placements")
        visitor.sees("The placements are removed, with all that was computed on them.")
