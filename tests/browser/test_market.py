"""A region looks at its market and its money, the operator at all regions."""

from tests.browser.conftest import Visit
from tests.browser.visitor import in_every_window

READERS = ("procurement@saltmarrow", "commissioner@brackenwold", "approver@dunmarrow", "procurement@fallowby")


@in_every_window("reader", READERS)
def test_the_market_and_the_money_of_a_region_are_read(visit: Visit, width: int, scripts: bool, reader: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"{reader}.example")
        visitor.open("/market")
        visitor.reads("Market of Saltmarrow")
        visitor.sees("Free today", "Confirmed lately", "Providers", "Free places, by provider", "Why settings refuse")
        visitor.look("market")
        visitor.click("link", "Money", within=visitor.page.locator("main"))
        visitor.reads("Money")
        visitor.sees("By authority", "Committed this financial year", "With the latest run, and what if")
        visitor.look("money")


@in_every_window("reader", ("administrator@saltmarrowmarketplaceoperator",) * 4)
def test_the_operator_sees_sums_of_all_regions(visit: Visit, width: int, scripts: bool, reader: str) -> None:
    with visit(width=width, scripts=scripts) as visitor:
        visitor.sign_in(f"{reader}.example")
        visitor.open("/regions")
        visitor.reads("Regions")
        visitor.sees("Saltmarrow", "Capacity and how lately it was said", "Waits, replies, money, negotiations")
        visitor.look("regions")
