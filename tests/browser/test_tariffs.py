"""A tariff is drafted from a file with a slip in it, opened for consultation, commented on, and waits to be adopted."""

from datetime import timedelta
from pathlib import Path

from marketplace.models import today
from marketplace.services.observed_file import observed_text
from pricing.observed import Observed
from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window
from tests.pricing.placements import generated

PROVIDERS = ("lanternhouseeducation", "sandpiperschools", "fernwickspecialistschools", "harbourlightcareandeducation")
LAS = ("brackenwold", "dunmarrow", "fallowby", "greystrand")
FILE = """name = "Local tariff (illustrative)"
basis = "local"
valid_from = {start}
is_illustrative = true
[band]
moderate = 30500
intensive = 28000
[pattern]
day = 1.0
weekly = 1.5
"""


@in_every_window("la", LAS)
def test_a_draft_is_put_right_changed_and_opened_for_consultation(
    visit: Visit, width: int, scripts: bool, la: str
) -> None:
    start, last = today() + timedelta(days=120), today() + timedelta(days=40)
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{la}.example")
        visitor.open("/tariffs")
        visitor.sees("the one that holds for you", "In consultation")
        visitor.look("tariffs")
        visitor.begin()
        visitor.click("button", "Draft a tariff")
        visitor.look("tariff-new")
        visitor.type("Or the text of the file", FILE.format(start=start))
        visitor.click("button", "Keep it as a draft")
        visitor.page.get_by_text("[band] intensive: £28,000 is below moderate, £30,500.").first.wait_for()
        visitor.complaints.clear()  # the browser notes every answer of 422
        visitor.look("tariff-faults")
        visitor.type("The text of the file, to put right here", FILE.format(start=start).replace("28000", "48500"))
        visitor.click("button", "Keep it as a draft")
        visitor.sees("Nobody outside your organisation sees it.", "£48,500", "£72,750", "Illustrative")
        visitor.look("tariff-draft")
        visitor.click("button", "Change the draft")
        visitor.type("Profound", "66,500")
        visitor.look("tariff-boxes")
        visitor.click("button", "Save the draft")
        visitor.sees("The draft is saved.", "£66,500")
        visitor.click("button", "Open for consultation")
        for label, part in (("Day", last.day), ("Month", last.month), ("Year", last.year)):
            visitor.type(label, str(part))
        visitor.look("tariff-consult")
        visitor.click("button", "Open for consultation")
        visitor.sees("Open for consultation until", "Tariff opened for consultation")
        visitor.look("tariff-consulted")
        assert len(visitor.screens) <= 6


@in_every_window("provider", PROVIDERS)
def test_a_provider_comments_band_by_band_and_the_owner_reads_it_by_name(
    visit: Visit, width: int, scripts: bool, provider: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor, visit(width=width, scripts=scripts) as owner:
        visitor.sign_in(f"provider-editor@{provider}.example")
        visitor.sees("Comment on Saltmarrow tariff")
        visitor.look("home-provider-tariffs")
        visitor.click("link", "Comment on Saltmarrow tariff")
        visitor.begin()
        visitor.reads("Your comments")
        visitor.click("radio", "Too low", within=visitor.page.get_by_role("group", name="Intensive"))
        visitor.type("Why? Intensive (optional)", f"Said at {width}, {provider}.")
        visitor.look("tariff-comment")
        visitor.click("button", "Keep my comments")
        visitor.sees("Your comments are kept.", "Change your comments")
        visitor.look("tariff-provider")
        assert len(visitor.screens) <= 2
        owner.sign_in("procurement@saltmarrow.example")
        owner.open("/tariffs")
        owner.click("link", "Saltmarrow tariff")
        owner.sees("What providers say: how many", "Tariff opened for consultation")
        owner.look("tariff-owner")
        owner.click("link", "Read the comments, by name")
        owner.sees(f"Said at {width}, {provider}.")
        owner.look("tariff-comments")


@in_every_window("la", ("estermere",) * 4)
def test_an_approver_sees_what_is_in_the_way_of_adopting_and_the_framework_under_it(
    visit: Visit, width: int, scripts: bool, la: str
) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"approver@{la}.example")
        visitor.sees("Decide on Estermere tariff")
        visitor.look("home-approver-tariffs")
        visitor.click("link", "Decide on Estermere tariff")
        visitor.sees("Before you can adopt it", "No shadow run of exactly this tariff is kept.")
        visitor.look("tariff-decide")
        visitor.open(visitor.page.url.removeprefix(visitor.site.address) + "/adopt")
        visitor.look("tariff-adopt")
        visitor.open("/frameworks")
        visitor.look("frameworks")
        visitor.click("link", "Demonstration framework")
        visitor.sees("How a profile becomes a band", "Rate an hour")
        visitor.look("framework")


def test_procurement_runs_it_over_todays_placements_and_somebody_else_adopts_it(visit: Visit, tmp_path: Path) -> None:
    """The last walk of this file: before it, nothing may be kept of the tariff that it adopts."""
    file = tmp_path / "placements.csv"
    file.write_text(observed_text(Observed.of(generated(120, seed=5, noise=0.15, by_type=True, areas=False))))
    with visit() as buyer, visit() as approver:
        buyer.sign_in("procurement@estermere.example")
        buyer.open("/placement-sets/new")
        buyer.type("Name of the set", "Placements of today")
        for at, typed in enumerate(("1", "4", "2026", "31", "3", "2027")):
            buyer.page.locator(".govuk-date-input input").nth(at).fill(typed)
        buyer.click("radio", "As contracted")
        buyer.page.get_by_label("File of placements").set_input_files(file)
        buyer.click("button", "Check and keep")
        buyer.reads("Placements of today")
        buyer.open("/tariffs")
        buyer.click("link", "Estermere tariff")
        buyer.sees("You drafted, changed or opened this tariff yourself.")
        buyer.click("link", "Shadow-run this tariff")
        buyer.choose("Placements", "Placements of today (120 placements)")
        buyer.click("button", "Start the shadow run")
        buyer.watches("The way there")
        approver.sign_in("approver@estermere.example")
        approver.begin()
        approver.click("link", "Decide on Estermere tariff")
        approver.sees("Shadow runs of exactly this tariff: over Placements of today")
        approver.click("button", "Adopt this tariff")
        approver.sees("Once adopted it never changes", "It caps no price")
        approver.look("tariff-adopt-ready")
        approver.click("button", "Adopt this tariff")
        approver.sees("Adopted. It is in force from", "until then nothing changes", "Tariff adopted")
        approver.look("tariff-adopted")
        assert approver.clicks == 3
        buyer.open("/placement-sets")
        buyer.click("link", "Placements of today")
        buyer.click("link", "Remove the placements")
        buyer.sees("Placements of today stays", "What it rests on stays.")
        buyer.look("placement-set-stays")
