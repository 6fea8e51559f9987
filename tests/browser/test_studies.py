"""What procurement asks of a run when it has ended: why for one pupil, and where one more place would help; and runs of
files that somebody sends."""

from playwright.sync_api import FilePayload

from optimiser.files import problem_files
from optimiser.template import EXAMPLE
from tests import builders
from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

BUYERS = ("estermere", "brackenwold", "dunmarrow", "greystrand")
SENDERS = ("aldermouth", "brackenwold", "dunmarrow", "fallowby")
FILES = dict(problem_files(EXAMPLE))


def sent(files: dict[str, str]) -> FilePayload:
    content = builders.zipped({name: text.encode() for name, text in files.items()})
    return {"name": "autumn.zip", "mimeType": "application/zip", "buffer": content}


@in_every_window("buyer", BUYERS)
def test_a_run_is_explained_and_studied(visit: Visit, width: int, scripts: bool, buyer: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{buyer}.example")
        visitor.open("/runs/start")
        visitor.type("Time limit", "2")
        visitor.click("button", "Start the run")
        visitor.watches("pupils placed", renew="Refresh")
        run = visitor.page.url.removeprefix(visitor.site.address)
        visitor.click("button", "See the recommendations")
        visitor.page.locator("main").get_by_role("link", name="Why").first.click()
        visitor.reads("Why ")
        visitor.sees("A run says whom to consult. It decides nothing")
        visitor.look("why")
        visitor.open(run)
        visitor.begin()
        visitor.click("button", "Sufficiency and fairness")
        visitor.sees("It matches up to 22 times")
        visitor.look("study-none")
        visitor.click("button", "Start a study")
        visitor.watches("What matching is worth", renew="Refresh")
        visitor.sees("Where one more place would help", "For whom places are missing", "One by one, nearest first")
        visitor.look("study")
        assert (len(visitor.screens), visitor.clicks) == (2, 2)


@in_every_window("sender", SENDERS)
def test_files_are_sent_mended_and_matched_in_two_screens(visit: Visit, width: int, scripts: bool, sender: str) -> None:
    pupils = FILES["pupils.csv"].splitlines(keepends=True)
    at = pupils[0].split(",").index("easting")
    cells = pupils[1].split(",")
    cells[at] = "1.2k"
    broken = FILES | {"pupils.csv": "".join([pupils[0], ",".join(cells), *pupils[2:]])}
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"procurement@{sender}.example")
        visitor.open("/runs/files")
        visitor.page.get_by_label("The files").set_input_files(sent(broken))
        visitor.click("button", "Check and run")
        visitor.sees("There is a problem", "pupils.csv", "1.2k")
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("files-refused")
        visitor.begin()
        visitor.page.get_by_label("The files").set_input_files(sent(FILES))
        visitor.click("button", "Check and run")
        visitor.watches("3 of 3 pupils placed", renew="Refresh")
        visitor.took("J12", screens=2, clicks=1)
        visitor.look("files-run")


def test_files_are_sent_and_matched_by_keyboard_alone(visit: Visit) -> None:
    with visit() as visitor:
        visitor.sign_in("procurement@greystrand.example")
        visitor.open("/runs/files")
        visitor.begin()
        box = visitor.page.get_by_label("The files")
        visitor.tab_to(box)
        box.set_input_files(sent(FILES))  # which file, the browser's own window asks
        visitor.press(visitor.page.get_by_role("button", name="Check and run"))
        visitor.watches("3 of 3 pupils placed", renew="Refresh")
        visitor.press(visitor.page.get_by_role("button", name="Sufficiency and fairness"))
        visitor.sees("It matches up to 22 times")
        assert visitor.clicks == 0
