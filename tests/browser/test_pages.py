"""Every page that a link leads to, as each role of the demonstration sees it, wide and narrow."""

import re
from collections import deque
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

PEOPLE = (
    "commissioner@aldermouth",
    "procurement@aldermouth",
    "approver@aldermouth",
    "administrator@aldermouth",
    "procurement@saltmarrow",
    "approver@saltmarrow",
    "administrator@saltmarrow",
    "provider-editor@oystercatcherfoundation",
    "administrator@oystercatcherfoundation",
    "administrator@saltmarrowmarketplaceoperator",
)
MOST_PAGES = 120  # of one person, of different shapes
LINKS = "links => links.map(link => link.getAttribute('href'))"
FILE = re.compile(r"\.(csv|json|pdf|toml|xlsx|zip)(\?|$)")


def shape(address: str) -> str:
    """What an address shows, whichever one: "/needs/7?sort=band" is "/needs/N?sort"."""
    parts = urlsplit(address)
    return re.sub(r"\d+", "N", parts.path) + "?" + ",".join(sorted({name for name, _ in parse_qsl(parts.query)}))


def links(visitor: Visitor, address: str) -> list[str]:
    """Where the page leads to on this site; from a list that is sorted or filtered already, not to its like."""
    found = [urlsplit(href) for href in visitor.page.eval_on_selector_all("a[href]", LINKS)]
    inside = [link._replace(fragment="") for link in found if not link.netloc and link.path.startswith("/")]
    return [link.geturl() for link in inside if not (link.query and urlsplit(address).query)]


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_that_a_link_leads_to_has_a_fault_at_any_width(visit: Visit, person: str) -> None:
    faults: dict[str, list[str]] = {}
    with visit() as visitor:
        visitor.sign_in(f"{person}.example")
        ahead, known = deque(["/"]), {shape("/")}
        while ahead:
            address = ahead.popleft()
            if FILE.search(address):
                assert visitor.page.request.get(visitor.site.address + address).ok, address
                continue
            visitor.open(address)
            for width in (1280, 320):
                visitor.resize(width)
                if found := visitor.faults():
                    faults[f"{address} at {width} px"] = found
                visitor.complaints.clear()
            for link in links(visitor, address):
                if shape(link) not in known:
                    known.add(shape(link))
                    ahead.append(link)
            assert len(known) <= MOST_PAGES
    assert faults == {}


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_before_signing_in_and_of_errors_have_no_fault(visit: Visit, width: int) -> None:
    with visit(width=width) as visitor:
        visitor.open("/sign-in")
        visitor.look("sign-in")
        visitor.page.get_by_role("button", name="Sign in").click()
        expect(visitor.page).to_have_title(re.compile("^Error: "))
        visitor.complaints.clear()  # the browser says of every refused form that it was refused
        visitor.look("sign-in-refused")
        visitor.open("/nowhere")
        visitor.reads("Page not found")
        visitor.complaints.clear()
        visitor.look("not-found")
