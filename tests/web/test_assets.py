"""What is vendored may be served: licensed, fetching nothing from elsewhere, holding nothing only gov.uk may show."""

import base64
import gzip
import hashlib
import re
from pathlib import Path

import jinja2
import pytest

from marketplace.web import guards

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "marketplace" / "web" / "static"
VENDOR = STATIC / "vendor"
SHEETS = sorted(STATIC.rglob("*.css"))


@pytest.mark.parametrize(
    "folder", sorted([*VENDOR.iterdir(), ROOT / "tests/browser/vendor/axe-core"]), ids=lambda folder: folder.name
)
def test_everything_vendored_has_its_licence_beside_it(folder: Path) -> None:
    licences = [path for path in folder.glob("LICENSE*") if path.stat().st_size > 500]
    assert licences, f"{folder} has no licence"


@pytest.mark.parametrize(
    "name",
    [
        "vendor/govuk-frontend/govuk-frontend.min.css",
        "vendor/govuk-frontend/govuk-frontend.min.js",
        "vendor/source-sans-3/source-sans-3-latin-wght-normal.woff2",
        "vendor/accessible-autocomplete/accessible-autocomplete.min.js",
        "vendor/htmx/htmx.min.js",
        "vendor/leaflet/leaflet.js",
    ],
)
def test_what_the_pages_ask_for_is_there(name: str) -> None:
    assert (STATIC / name).stat().st_size > 10_000


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_a_style_sheet_fetches_only_files_that_are_here(sheet: Path) -> None:
    for address in re.findall(r"""(?:url\(|@import\s)\s*["']?([^"')]+)""", sheet.read_text()):
        if not address.startswith(("data:", "#")):
            assert (sheet.parent / address).is_file(), f"{sheet.name} asks for {address}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_style_sheet_holds_what_only_gov_uk_may_show(sheet: Path) -> None:
    assert not re.search(r"gds transport|crown|govuk-header__logotype|govuk-footer__copyright", sheet.read_text(), re.I)


def test_the_one_inline_script_is_the_one_the_policy_admits() -> None:
    govuk = jinja2.PrefixLoader({"govuk_frontend_jinja": jinja2.PackageLoader("govuk_frontend_jinja")})
    bare = (
        "{% extends 'govuk_frontend_jinja/template.html' %}"
        "{% block header %}{% endblock %}{% block footer %}{% endblock %}"
    )
    page = jinja2.Environment(loader=govuk, autoescape=True).from_string(bare).render()
    scripts = re.findall(r"<script[^>]*>(.+?)</script>", page)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"sha256-{digest}" == guards.INLINE_SCRIPT


def test_a_first_load_weighs_at_most_a_hundred_kilobytes() -> None:
    first = ["marketplace.css", "site.js", "favicon.svg", "vendor/govuk-frontend/govuk-frontend.min.css"]
    first += [
        "vendor/govuk-frontend/govuk-frontend.min.js",
        "vendor/accessible-autocomplete/accessible-autocomplete.min.js",
    ]
    font = (VENDOR / "source-sans-3" / "source-sans-3-latin-wght-normal.woff2").stat().st_size
    assert font + sum(len(gzip.compress((STATIC / name).read_bytes())) for name in first) < 90_000


def test_no_template_or_sheet_carries_a_style_or_handler_inline() -> None:
    for template in (ROOT / "marketplace" / "web" / "templates").rglob("*.html"):
        assert not re.search(r"\s(?:style|on[a-z]+)=[\"']", template.read_text()), template


def test_the_lock_of_the_packages_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "assets" / "package-lock.json").read_text()
