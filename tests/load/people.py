"""People at work, each at a steady pace: `python -m tests.load.people ADDRESS SECONDS RATE FILE`.

Each does what their role does most: a commissioner reads needs, options and consultations, begins a need and consults;
a provider reads, and confirms vacancies; procurement reads runs, and keeps one under way. What each request took is
left in FILE. It runs apart from the trial, since gevent changes the standard library of its process.
"""

import json
import random
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser, constant_throughput, task
from locust.env import Environment

PACE = 0.5  # things that each person does a second
REQUESTS = 1.3  # a thing takes, on average: writing needs the page with its form first
INPUT = re.compile(r"<input[^>]*>|<select.*?</select>|<textarea[^>]*>.*?</textarea>", re.DOTALL)
FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HOME = "541000, 521000"  # easting, northing, in the region of the demonstration
CHANCE = random.Random(7)  # noqa: S311 - nothing secret comes of it
READ, WRITE, ENTER = "read", "write", "enter"
LAS = ("aldermouth", "brackenwold", "dunmarrow", "estermere", "fallowby", "greystrand")
Answer = Any  # of FastHttpUser.client


def fields_of(form: str) -> dict[str, str]:
    """What a browser would send of a form as it stands."""
    found = {}
    for control in INPUT.findall(form):
        name = re.search(r'\bname="([^"]*)"', control)
        if name is None or (re.search(r'type="(?:checkbox|radio)"', control) and " checked" not in control):
            continue
        chosen = re.search(r'<option value="([^"]*)" selected', control) if control.startswith("<select") else None
        plain = re.search(r'\bvalue="([^"]*)"', control) if control.startswith("<input") else chosen
        found[unescape(name[1])] = unescape(plain[1]) if plain else ""
    return found


def form_to(page: str, address: str) -> dict[str, str]:
    """The fields of the form that is sent to this address."""
    forms = {unescape(action).partition("?")[0]: inner for action, inner in FORM.findall(page)}
    return fields_of(forms[address])


class Person(FastHttpUser):
    """Somebody who signs in once and then works."""

    abstract = True
    wait_time = constant_throughput(PACE)
    password: ClassVar[str] = ""
    email: str

    def on_start(self) -> None:
        """Sign in."""
        page = self.client.get("/sign-in", name="sign in: page", context={"kind": ENTER}).text
        form = form_to(page, "/sign-in") | {"email": self.email, "password": self.password}
        self.client.post("/sign-in", data=form, name="sign in", context={"kind": ENTER}, allow_redirects=False)

    def read(self, name: str, path: str) -> str:
        """Open a page."""
        return str(self.client.get(path, name=name, context={"kind": READ}).text or "")

    def write(self, name: str, path: str, form: dict[str, Any]) -> Answer:
        """Send a form. That somebody else was first (409) is an answer, not an error."""
        with self.client.post(
            path, data=form, name=name, context={"kind": WRITE}, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code == 409:
                answer.success()
            return answer


class Commissioner(Person):
    """Of one LA after the other."""

    weight = 5
    count: ClassVar[int] = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.email = f"commissioner@{LAS[Commissioner.count % len(LAS)]}.example"
        Commissioner.count += 1
        self.needs: list[str] = []

    @task(4)
    def list_needs(self) -> None:
        """The worklist of needs."""
        self.needs = sorted(set(re.findall(r'href="(/needs/\d+)"', self.read("needs", "/needs")))) or self.needs

    @task(8)
    def open_need(self) -> None:
        """One need."""
        if self.needs:
            self.read("a need", CHANCE.choice(self.needs))

    @task(8)
    def rank_options(self) -> None:
        """The ranked options of one."""
        if self.needs:
            self.read("ranked options", f"{CHANCE.choice(self.needs)}/options")

    @task(4)
    def list_consultations(self) -> None:
        """Who was asked and has replied."""
        self.read("consultations", "/consultations")

    @task(3)
    def list_placements(self) -> None:
        """What runs."""
        self.read("placements", "/placements")

    @task(2)
    def look_at_prices(self) -> None:
        """The prices of a band beside each other."""
        self.read("benchmarks", "/benchmarks?band=intensive")

    @task(3)
    def home(self) -> None:
        """What needs somebody today."""
        self.read("home", "/")

    @task(2)
    def begin_need(self) -> None:
        """The first page of a new need: a draft is kept."""
        page = self.read("a new need", "/needs/new")
        pupil = {"reference": f"L-{CHANCE.randrange(10**9)}", "year_group": "5", "home": HOME}
        self.write("begin a need", "/needs/new", form_to(page, "/needs/new") | pupil)

    @task(1)
    def consult(self) -> None:
        """Tick an option of a need, look at what the setting will read, send."""
        if not self.needs:
            return
        need = CHANCE.choice(self.needs)
        page = self.read("ranked options", f"{need}/options")
        ticks = re.findall(r'name="provision_ids" type="checkbox" value="(\d+)" form="consult"', page)
        if not ticks:
            return
        seen = self.read("preview of a consultation", f"{need}/consult?provision_ids={CHANCE.choice(ticks)}")
        if f'action="{need}/consult"' in seen:
            self.write("consult", f"{need}/consult", form_to(seen, f"{need}/consult"))


class Provider(Person):
    """Of one provider after the other."""

    weight = 4
    names: ClassVar[list[str]] = []
    count: ClassVar[int] = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.email = Provider.names[Provider.count % len(Provider.names)]
        Provider.count += 1

    @task(4)
    def home(self) -> None:
        """What needs somebody today."""
        self.read("home", "/")

    @task(4)
    def list_consultations(self) -> None:
        """Whom one is asked about."""
        self.read("inbox", "/inbox")

    @task(2)
    def list_prices(self) -> None:
        """One's own prices."""
        self.read("prices", "/schedules")

    @task(3)
    def confirm_vacancies(self) -> None:
        """Everything is still correct."""
        page = self.read("vacancies", "/vacancies")
        if 'action="/vacancies"' in page:
            self.write("confirm vacancies", "/vacancies", form_to(page, "/vacancies"))


class Buyer(Person):
    """The region's procurement, who keeps a run under way."""

    weight = 1
    email = "procurement@saltmarrow.example"

    @task(3)
    def list_runs(self) -> None:
        """The runs; where none is under way, another is started."""
        page = self.read("runs", "/runs")
        if not re.search(r"Queued|Running|Waiting", page):
            start = self.read("start a run", "/runs/start")
            self.write("start a run", "/runs/start", form_to(start, "/runs/start") | {"seconds": "120"})

    @task(2)
    def read_run(self) -> None:
        """What one recommends."""
        self.read("a run", "/runs/1")

    @task(2)
    def read_recommendations(self) -> None:
        """For whom."""
        self.read("recommendations", "/runs/1/recommendations")


def main(address: str, seconds: float, rate: float, file: Path, password: str, providers: list[str]) -> None:
    """Let them work so long, and write what each request took: kind, name, milliseconds, status."""
    Person.password, Provider.names = password, providers
    took: list[tuple[str, str, float, int]] = []
    environment = Environment(user_classes=[Commissioner, Provider, Buyer], host=address)
    runner = environment.create_local_runner()
    people = round(rate / REQUESTS / PACE)
    runner.start(people, spawn_rate=5)
    gevent.sleep(people / 5 + 10)  # everybody is in, and every page was opened once

    @environment.events.request.add_listener
    def note(name: str, response_time: float, response: Answer, context: dict[str, str], **_: object) -> None:
        took.append((context.get("kind", READ), name, response_time, getattr(response, "status_code", 0) or 0))

    gevent.sleep(seconds)
    measured = list(took)
    runner.quit()
    file.write_text(json.dumps({"people": people, "requests": measured}))


if __name__ == "__main__":
    main(
        sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]), sys.argv[5], json.loads(sys.argv[6])
    )  # fmt: skip
