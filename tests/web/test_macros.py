"""What the macros write: labels, errors and links that a person and a screen reader can follow."""

import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string

from marketplace.web import fields, links, templating

FORM = '{% from "macros/form.html" import post_form, date_field, money_field, radios_field, select_field, text_field %}'
TABLES = '{% from "macros/tables.html" import table, pagination %}'
CHARTS = '{% from "macros/charts.html" import bar, box, dot, histogram, line %}'
PAGE = "{% extends 'base.html' %}{% block title %}Needs{% endblock %}{% block content %}<h1>Needs</h1>{% endblock %}"


@pytest.fixture
def pages() -> Iterator[Flask]:
    """The templates alone, with no database behind them."""
    app = Flask("marketplace.web", static_folder="static")
    app.secret_key = "made up for this test"
    templating.register(app)
    app.jinja_env.globals.update(
        csrf_token=lambda: "token", navigation=list, account=lambda: None, is_demonstration=False
    )
    with app.test_request_context("/options?sort=name&order=ascending&page=3&region=a&region=b"):
        yield app


def form(errors: dict[str, list[str]] | None = None, **values: Any) -> SimpleNamespace:
    return SimpleNamespace(values=values, errors=errors or {})


@pytest.mark.usefixtures("pages")
class TestPage:
    def test_a_page_with_errors_says_so_in_its_title_and_links_each_to_its_field(self) -> None:
        page = render_template_string(PAGE, form=form({"starts_on": ["Enter a real date"], "_form": ["No place left"]}))
        assert "<title>Error: Needs – Placements marketplace</title>" in page
        assert re.search(r'<a href="#starts_on">\s*Enter a real date', page)
        assert "No place left" in page
        assert 'href="#_form"' not in page

    def test_a_page_without_errors_has_a_plain_title_and_no_summary(self) -> None:
        page = render_template_string(PAGE)
        assert "<title>Needs – Placements marketplace</title>" in page
        assert "There is a problem" not in page

    def test_a_demonstration_says_so_on_every_page(self, pages: Flask) -> None:
        words = "Demonstration data; illustrative tariff"
        assert words not in render_template_string(PAGE)
        pages.jinja_env.globals["is_demonstration"] = True
        assert words in render_template_string(PAGE)

    def test_a_person_signs_out_by_a_form_with_a_token(self, pages: Flask) -> None:
        person = {"name": "Priya Anand", "organisation": "Norshire", "sign_out": "/sign-out"}
        pages.jinja_env.globals["account"] = lambda: person
        page = render_template_string(PAGE)
        assert '<form method="post" action="/sign-out" novalidate>' in page
        assert 'name="csrf_token" value="token"' in page

    @pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 418, 502])
    def test_every_error_page_says_what_to_do_and_quotes_its_reference(self, code: int) -> None:
        page = render_template_string("{% include 'error.html' %}", code=code, request_id="R-17")
        assert "R-17" in page
        assert "Go to the start page" in page

    @pytest.mark.parametrize("code", [500, 503])
    def test_an_error_page_of_the_server_asks_nothing_of_the_database(self, pages: Flask, code: int) -> None:
        pages.jinja_env.globals.update(navigation=None, account=None)
        assert "Go to the start page" in render_template_string("{% include 'error.html' %}", code=code)


@pytest.mark.usefixtures("pages")
class TestForms:
    def test_what_was_typed_is_kept_and_escaped_beside_its_error(self) -> None:
        typed = form({"core": ["Enter an amount, like 48,000"]}, core='<b>"forty"')
        field = render_template_string(FORM + "{{ money_field(f, 'core', 'Core') }}", f=typed)
        assert 'value="&lt;b&gt;&#34;forty&#34;"' in field
        assert "Enter an amount, like 48,000" in field
        assert 'aria-describedby="core-error"' in field

    def test_a_stored_date_fills_three_boxes_and_the_first_has_the_name_as_its_id(self) -> None:
        field = render_template_string(
            FORM + "{{ date_field(f, 'starts_on', 'Start') }}", f=form(starts_on=date(2027, 9, 3))
        )
        assert re.findall(r'id="(starts_on(?:-month|-year)?)" name="([^"]+)"[^>]*value="(\d+)"', field) == [
            ("starts_on", "starts_on-day", "3"),
            ("starts_on-month", "starts_on-month", "9"),
            ("starts_on-year", "starts_on-year", "2027"),
        ]

    def test_a_typed_date_wins_over_the_stored_one(self) -> None:
        boxes = fields.date_boxes(form(**{"starts_on": date(2027, 9, 3), "starts_on-day": "31"}), "starts_on")
        assert [box["value"] for box in boxes] == ["31", "9", "2027"]

    def test_only_the_chosen_options_are_marked(self) -> None:
        options = fields.field_options([(1, "One"), {"value": 2, "text": "Two", "hint": "the even one"}], ["2"])
        assert [option["checked"] for option in options] == [False, True]
        assert fields.field_options([("", "None of these")], None)[0]["checked"] is False

    def test_a_posted_form_carries_its_token_and_version_and_leaves_checking_to_the_server(self) -> None:
        text = render_template_string(FORM + "{% call post_form('/needs', version=3) %}{% endcall %}")
        assert "novalidate" in text
        assert 'name="csrf_token" value="token"' in text
        assert 'name="version" value="3"' in text

    def test_an_empty_form_draws_every_field(self) -> None:
        text = render_template_string(
            FORM + "{{ text_field(none, 'a', 'A') }}{{ money_field(none, 'b', 'B') }}{{ date_field(none, 'c', 'C') }}"
            "{{ radios_field(none, 'd', 'D', [('x', 'X')]) }}{{ select_field(none, 'e', 'E', [('x', 'X')], blank='') }}"
        )
        assert "None" not in text
        assert "checked" not in text


@pytest.mark.usefixtures("pages")
class TestTables:
    columns = '[{"text": "Name", "key": "name"}, {"text": "Price", "numeric": true}]'

    def test_the_sorted_heading_is_marked_and_links_to_the_other_order(self) -> None:
        sort = {"key": "name", "order": "ascending"}
        text = render_template_string(TABLES + f"{{{{ table('Options', {self.columns}, [], sort=sort) }}}}", sort=sort)
        assert 'aria-sort="ascending"' in text
        assert 'href="/options?region=a&amp;region=b&amp;sort=name&amp;order=descending"' in text
        assert "There is nothing to show." in text

    def test_cells_are_escaped_and_nothing_is_shown_as_a_dash(self) -> None:
        text = render_template_string(TABLES + f"{{{{ table('Options', {self.columns}, [['<i>', none]]) }}}}")
        assert '<th scope="row" class="govuk-table__header">&lt;i&gt;</th>' in text
        assert '<td class="govuk-table__cell govuk-table__cell--numeric" data-heading="Price">–</td>' in text

    def test_page_links_keep_the_filters_and_mark_where_one_is(self) -> None:
        text = render_template_string(TABLES + "{{ pagination(3, 9) }}")
        assert 'href="/options?sort=name&amp;order=ascending&amp;region=a&amp;region=b&amp;page=4"' in text
        assert len(re.findall(r'aria-current="page"', text)) == 1

    def test_removing_one_filter_keeps_the_others_and_goes_to_the_first_page(self) -> None:
        assert links.here_without("region", "a") == "/options?sort=name&order=ascending&region=b"
        assert links.here(region=None, sort=None, order=None) == "/options"


@pytest.mark.usefixtures("pages")
class TestCharts:
    @pytest.mark.parametrize(
        "chart",
        [
            "bar('Prices', [{'label': 'Norshire', 'value': 6400000, 'marked': true}], 'Price a year, £')",
            "dot('Prices', [{'label': 'Norshire', 'value': 6400000, 'low': 1, 'high': 9}], 'Price a year, £')",
            (
                "box('Prices', [dict(label='Norshire', minimum=1, lower=2, median=6400000, upper=6400001,"
                " maximum=6400002, n=7, value=3)], 'Price a year, £')"
            ),
            "line('Prices', ['Norshire', 'Eastmere'], [{'name': 'One', 'values': [6400000, none]}], 'Price a year, £')",
            "histogram('Prices', [{'low': 0, 'high': 6400000, 'count': 4}], 'Price a year, £', 'Norshire')",
        ],
    )
    def test_every_chart_names_its_unit_carries_its_table_and_no_style_of_its_own(self, chart: str) -> None:
        text = render_template_string(CHARTS + "{{ " + chart + " }}")
        assert "£0" in text
        assert "Price a year, £" in text
        assert "Norshire" in text
        assert re.search(r"<table.*£64,000.*</table>", text, re.DOTALL)
        assert not re.search(r"\sstyle=", text)

    @pytest.mark.parametrize("chart", ["bar", "dot", "box"])
    def test_a_chart_of_nothing_is_still_drawn(self, chart: str) -> None:
        assert "<svg" in render_template_string(CHARTS + "{{ " + chart + "('Prices', [], 'Price, £') }}")


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("tag", "words", "colour"),
    [
        ("status_tag('awaiting_approval')", "Awaiting approval", "purple"),
        ("status_tag('a status not yet known')", "A status not yet known", "grey"),
        ("vacancy_age(0)", "Confirmed today", "green"),
        ("vacancy_age(1)", "Confirmed 1 day ago", "green"),
        ("vacancy_age(14)", "Confirmed 14 days ago", "green"),
        ("vacancy_age(15)", "Confirmed 15 days ago", "yellow"),
        ("vacancy_age(31)", "Not confirmed for 31 days", "red"),
        ("vacancy_age(none)", "Never confirmed", "red"),
        ("days_left(-1)", "1 day overdue", "red"),
        ("days_left(0)", "Due today", "yellow"),
        ("days_left(4)", "4 days left", "grey"),
    ],
)
def test_a_tag_says_in_words_what_its_colour_says(tag: str, words: str, colour: str) -> None:
    macros = '{% from "macros/status.html" import status_tag, vacancy_age, days_left %}'
    text = render_template_string(macros + "{{ " + tag + " }}").strip()
    assert text == f'<strong class="govuk-tag govuk-tag--{colour} app-tag">{words}</strong>'


@pytest.mark.usefixtures("pages")
def test_a_part_that_renews_itself_announces_its_changes_and_has_a_link_without_script() -> None:
    macros = '{% from "macros/progress.html" import live %}'
    text = render_template_string(macros + "{% call live('run-7', '/runs/7/progress') %}40% done{% endcall %}")
    assert 'role="status" hx-get="/runs/7/progress" hx-trigger="every 2s" hx-swap="outerHTML"' in text
    assert "40% done" in text
    assert "Renew this page" in text
