"""Template files: every batch file with its header and examples, which together are a small problem that solves.

All names and numbers are fictional: LA 999, and URNs that no school in England bears.
"""

from pathlib import Path

from optimiser.files import POLICY, problem_files
from optimiser.policy_file import policy_text
from optimiser.problem import Budget, Pool, Price, Problem, Provision, Pupil, Travel

EXAMPLE = Problem(
    pupils=(
        Pupil(
            pupil="EX-001", la="999", easting=401000, northing=300500, year_group=4, sex="F", levels=(3, 2, 1, 1),
            primary_need="ASD", secondary_needs=("SLCN",), requirements=("sensory_room",), options=("full", "porous"),
            priority=2, wishes=("900001", "900002"),
        ),
        Pupil(
            pupil="EX-002", la="999", easting=403200, northing=299000, year_group=8, sex="M", levels=(1, 1, 2, 0),
            primary_need="SEMH", options=("porous", "outreach"), max_km=25.0, forbidden=("alder-full",),
        ),
        Pupil(
            pupil="EX-003", la="999", easting=399000, northing=302000, year_group=0, levels=(2, 4, 1, 3),
            primary_need="SLD", priority=1, transport=True, request="900001",
        ),
    ),
    provisions=(
        Provision(
            provision="alder-full", setting="900001", provider="Alder Trust", setting_type="nmss", kind="full",
            easting=402500, northing=301000, low_year=-1, high_year=11, needs=("ASD", "SLCN", "SLD"),
            max_levels=(4, 4, 3, 3), facilities=("sensory_room", "hydrotherapy"), las=("999",), pool="alder-places",
        ),
        Provision(
            provision="alder-porous", setting="900001", provider="Alder Trust", setting_type="nmss", kind="porous",
            easting=402500, northing=301000, low_year=0, high_year=11, needs=("ASD", "SEMH", "SLCN"),
            max_levels=(3, 3, 3, 2), facilities=("sensory_room",), pool="alder-places", sessions=4,
        ),
        Provision(
            provision="hazel-outreach", setting="900002", provider="Hazel House", setting_type="independent",
            kind="outreach", easting=415000, northing=296000, low_year=0, high_year=11, needs=("ASD", "MLD", "SEMH"),
            max_levels=(3, 2, 3, 1), pool="hazel-hours", radius_km=30.0,
        ),
    ),
    pools=(
        Pool(pool="alder-places", setting="900001", unit="places", amount=2.0),
        Pool(pool="hazel-hours", setting="900002", unit="hours", amount=17.5),
    ),
    prices=(
        Price(provision="alder-full", band="intensive", price=38000),
        Price(provision="alder-full", band="profound", price=52000),
        Price(provision="alder-porous", band="moderate", price=11000),
        Price(provision="alder-porous", band="intensive", price=17000),
        Price(provision="hazel-outreach", band="moderate", price=9000, hours=5.0),
    ),
    budgets=(Budget(la="999", budget=150000),),
    travel=(Travel(pupil="EX-001", setting="900001", km=2.9),),
)  # fmt: skip


class TemplateExistsError(Exception):
    """Files of the template stand in the folder already; the message names them."""


def write_template(folder: Path) -> list[Path]:
    """Write the example's files into `folder`, made if absent, and return them; nothing where one stands already."""
    texts = dict(problem_files(EXAMPLE)) | {POLICY: policy_text(EXAMPLE.policy, with_remarks=True)}
    files = {folder / name: text for name, text in texts.items()}
    if taken := [path.name for path in files if path.exists()]:
        raise TemplateExistsError(f"{folder} holds {', '.join(taken)} already; give the name of a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, "utf-8", newline="")
    return list(files)
