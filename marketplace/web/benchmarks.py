"""Benchmarks, for those who buy: published prices beside each other, and where the prices of one setting stand."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import vocabulary
from marketplace.db import transaction
from marketplace.models import Region, Survey, today
from marketplace.schemas.benchmarks import BenchmarksSchema
from marketplace.services import schedules
from marketplace.services.benchmarks import export
from marketplace.services.benchmarks.corridors import corridor_of
from marketplace.services.benchmarks.figures import By, Figures, figures
from marketplace.services.benchmarks.own import Own, own_settings
from marketplace.services.benchmarks.places import standpoints
from marketplace.services.benchmarks.prices import Question, commonest, list_regions, surveyed_prices
from marketplace.services.benchmarks.survey import latest_survey
from marketplace.services.benchmarks.table import columns
from marketplace.services.schedule_review import review
from marketplace.web import benchmark_charts, forms
from marketplace.web.current import actor
from marketplace.web.downloads import attachment
from marketplace.web.formats import counted, day, moment
from marketplace.web.links import here, here_without

bp = Blueprint("benchmarks", __name__)

PAGE = 25
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/benchmarks")
def index() -> ResponseReturnValue:
    """The benchmark chart or table. Who asks about nothing in particular is led to the commonest band and pattern, so
    that every address says in full what its page shows."""
    asked = forms.asked()
    query = forms.read(BenchmarksSchema, asked)
    with transaction(actor()) as session:
        survey = latest_survey(session)
        if survey is None:
            return render_template("benchmarks/none.html")
        if not asked and (cell := commonest(session, survey)):
            return redirect(url_for("benchmarks.index", band=cell[0], pattern=cell[1], by="la"))
        own = own_settings(session, actor())
        found = _figures(session, survey, query, own)
        regions = list_regions(session)
        pages = max(1, -(-len(found.groups) // PAGE))
        page = min(query["page"], pages)
        shown = found.groups[(page - 1) * PAGE : page * PAGE]
        return render_template(
            "benchmarks/index.html",
            survey=survey,
            corridor=corridor_of(survey),
            figures=found,
            columns=columns(found.by),
            shown=shown,
            chart=benchmark_charts.rows(found, shown),
            page=page,
            pages=pages,
            query=query,
            asked=forms.Form(values=query),
            about=_about(query, regions),
            chosen=_chosen(query, regions),
            widened=_widened(query),
            regions=[(row.id, row.name) for row in regions],
            files={name: here(view=None, page=None).replace("/benchmarks", f"/benchmarks.{name}", 1) for name in FILES},
            own=own,
            words=vocabulary,
        )


FILES = ("csv", "xlsx")


@bp.get("/benchmarks.csv")
def table() -> ResponseReturnValue:
    """The table of the page as CSV."""
    query = forms.read(BenchmarksSchema, forms.asked())
    with transaction(actor()) as session:
        survey = latest_survey(session)
        found = _figures(session, survey, query, own_settings(session, actor()))
        content = export.table_csv(found)
        return attachment(content, _name(survey, "csv"))


@bp.get("/benchmarks.xlsx")
def workbook() -> ResponseReturnValue:
    """The table of the page as a workbook, with what the figures are of."""
    query = forms.read(BenchmarksSchema, forms.asked())
    with transaction(actor()) as session:
        survey = latest_survey(session)
        found = _figures(session, survey, query, own_settings(session, actor()))
        about = [_about(query, list_regions(session)), *_made(survey, found)]
        content = export.table_workbook(found, about)
        return attachment(content, _name(survey, "xlsx"), SPREADSHEET)


@bp.get("/settings/<int:setting_id>/benchmarks")
def of_setting(setting_id: int) -> ResponseReturnValue:
    """Each price of one setting beside its band, peers and corridor, step by step, the reader's own settings marked."""
    with transaction(actor()) as session:
        setting = schedules.find_setting(session, actor(), setting_id)
        survey = latest_survey(session)
        schedule = schedules.schedule_in_force(session, setting.id, on=today())
        if survey is None or schedule is None:
            return render_template("benchmarks/none.html", setting=setting, survey=survey)
        found = review(session, schedule)
        own = own_settings(session, actor())
        points = standpoints(session, survey, found, own=own)
        return render_template(
            "benchmarks/setting.html",
            setting=setting,
            survey=survey,
            corridor=corridor_of(survey),
            review=found,
            groups=benchmark_charts.by_provision(points),
            charts=benchmark_charts.of_standpoints(points),
            is_own=setting.id in own.ties,
            own=own,
            words=vocabulary,
        )


def _figures(session: Session, survey: Survey | None, query: dict[str, Any], own: Own) -> Figures:
    question = Question(**{name: query[name] for name in ("band", "pattern", "need", "region", "type")})
    prices = surveyed_prices(session, survey, question) if survey else []
    return figures(prices, By(query["by"]), own=own, sort=query["sort"], order=query["order"])


def _name(survey: Survey | None, ending: str) -> str:
    return f"benchmarks-{survey.on if survey else today()}.{ending}"


def _about(query: dict[str, Any], regions: list[Region]) -> str:
    """What is compared, as a heading says it."""
    parts = [
        ", ".join(vocabulary.BANDS[code] for code in query["band"]) or "All bands",
        ", ".join(vocabulary.PATTERNS[code].lower() for code in query["pattern"]) or "all patterns",
        *(vocabulary.SETTING_TYPES[code].lower() for code in query["type"]),
        *([vocabulary.PRIMARY_NEEDS[query["need"]].lower()] if query["need"] else []),
        *(row.name for row in regions if row.id in query["region"]),
    ]
    return "; ".join(parts)


def _made(survey: Survey | None, found: Figures) -> list[str]:
    """How the figures of a workbook are made."""
    if survey is None:
        return ["No survey of prices has been made yet."]
    count, settings = counted(found.whole.prices, "published price"), counted(found.whole.settings, "setting")
    return [
        f"{count} of full placements in force on {day(survey.on)}, at {settings}.",
        f"Surveyed on {moment(survey.made_at)}. Compared by: {'; '.join(survey.tariffs)}.",
        "Like for like: with the standard content of the band, at area factor 1, in pounds a year.",
        "Quartiles are of settings, one price each; they are shown for five settings of three providers or more.",
        "Variance: all prices of a row added up, against their bands' prices added up.",
    ]


def _chosen(query: dict[str, Any], regions: list[Region]) -> list[dict[str, str]]:
    """The filters in use, as tags that each remove themselves."""
    words: dict[str, dict[Any, str]] = {
        "band": vocabulary.BANDS,
        "pattern": vocabulary.PATTERNS,
        "type": vocabulary.SETTING_TYPES,
        "region": {row.id: row.name for row in regions},
    }
    tags = [
        {"text": names.get(value, "Unknown region"), "href": here_without(name, str(value))}
        for name, names in words.items()
        for value in query[name]
    ]
    if query["need"]:
        tags.append({"text": vocabulary.PRIMARY_NEEDS[query["need"]], "href": here(need=None)})
    return tags


def _widened(query: dict[str, Any]) -> list[dict[str, str]]:
    """Where figures rest on too few: the same question, asked more widely."""
    links = [
        {"text": f"For every {words}", "href": here(**{name: None})}
        for name, words in (("need", "need"), ("type", "type of setting"), ("region", "region"))
        if query[name]
    ]
    if query["by"] == "la":
        links.append({"text": "By region", "href": here(by="region")})
    if query["by"] != "setting":
        links.append({"text": "Each setting’s price by name", "href": here(by="setting")})
    return links
