"""docs/price-files.md says what is read: its columns are the declared ones, its example is read without a fault."""

import re
from decimal import Decimal
from pathlib import Path

from marketplace.models import Band, Discipline, Part
from marketplace.schemas.price_files import MOST_ROWS, PRICES, read_prices
from marketplace.web.guards import UPLOADS
from tests.optimiser.test_document import described

DOCUMENT = (Path(__file__).parents[2] / "docs" / "price-files.md").read_text("utf-8")


def test_the_document_shows_the_columns_as_they_are_declared() -> None:
    assert f"{described(PRICES)}\n" in DOCUMENT


def test_the_document_says_how_much_a_file_may_hold() -> None:
    assert f"{MOST_ROWS:,} rows and {UPLOADS['price_files.post_upload'] // 1_000_000} MB" in DOCUMENT


def test_the_example_of_the_document_is_read_as_the_document_says(tmp_path: Path) -> None:
    (example,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.DOTALL)
    path = tmp_path / "prices.csv"
    path.write_text(example, "utf-8")
    _, rows, faults = read_prices(path, "prices.csv")
    assert faults == []
    place = {"urn": 900001, "setting": "", "provision": "Autism day school", "academic_year": "2027/28"}
    moderate = {**place, "band": Band.MODERATE, "is_stated": True}
    therapy = {**moderate, "part": Part.THERAPY}
    assert rows == [
        {**moderate, "row": 2, "part": Part.CORE, "discipline": None, "hours_a_week": None, "weeks": 38,
         "amount": 3_100_000},
        {**therapy, "row": 3, "discipline": Discipline.SALT, "hours_a_week": Decimal("1.5"), "weeks": 38,
         "amount": 120_050},
        {**therapy, "row": 4, "discipline": Discipline.PHYSIO, "hours_a_week": 0, "weeks": None, "amount": 0},
        {**place, "row": 5, "band": Band.INTENSIVE, "part": Part.CORE, "is_stated": False},
    ]  # fmt: skip
