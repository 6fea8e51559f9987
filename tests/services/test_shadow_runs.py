"""Shadow runs kept: started on a set, computed by a worker, and found again for exactly the tariff that was run."""

import io
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from marketplace import embedded, jobs
from marketplace.cli import main
from marketplace.db import transaction
from marketplace.errors import Conflict, Invalid, NotFound, NotPermitted
from marketplace.models import Organisation, PlacementSet, Role, RunStatus, ShadowRun, Tariff
from marketplace.permissions import SYSTEM, Actor
from marketplace.services import price_runs
from marketplace.services.placement_sets import add_set
from marketplace.services.shadow_runs import kept_for, start_shadow_run
from pricing.observed import Observed
from pricing.profile import Band
from pricing.tariff import DEMONSTRATION_TARIFF
from tests import builders
from tests.pricing.placements import generated, placement


class World:
    """A region with its buyer and a tariff of its own, and an LA of the region with a set of 300 placements."""

    def __init__(self, database: Engine) -> None:  # noqa: ARG002
        with transaction(SYSTEM) as session:
            region = builders.region(session)
            la = builders.authority(session, region)
            self.buyer = builders.acting(builders.user(session, la, Role.PROCUREMENT))
            self.commissioner = builders.acting(builders.user(session, la, Role.COMMISSIONER))
            self.region_buyer = builders.acting(builders.user(session, region, Role.PROCUREMENT))
            self.tariff_id = builders.tariff(session).id
            self.set_id = builders.placement_set(session, la, generated(300, seed=1)).id
            self.region: Organisation = region

    def start(self, actor: Actor | None = None, **fields: int) -> int:
        about = {"placement_set_id": self.set_id, "tariff_id": self.tariff_id, **fields}
        with transaction(actor or self.buyer) as session:
            return start_shadow_run(session, actor or self.buyer, **about).id

    def kept(self, actor: Actor) -> list[int]:
        with transaction(actor) as session:
            return [run.id for run in kept_for(session, session.get_one(Tariff, self.tariff_id))]


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


def read(run_id: int) -> ShadowRun:
    with transaction(SYSTEM) as session:
        run = price_runs.get_run(session, ShadowRun, run_id)
        assert run.figures is not None or run.status is not RunStatus.DONE
        assert run.files is not None or run.status is not RunStatus.DONE
        return run


def test_a_run_is_done_by_the_worker_and_kept_for_the_tariff(world: World, addresses: embedded.Addresses) -> None:
    run_id = world.start()
    assert world.kept(world.buyer) == []
    jobs.work(addresses.application, is_waiting=False)
    run = read(run_id)
    assert (run.status, run.error, run.token) == (RunStatus.DONE, None, None)
    assert run.figures is not None
    assert run.figures["total"]["n"] == 300
    assert world.kept(world.buyer) == world.kept(SYSTEM) == [run_id]
    assert world.kept(world.region_buyer) == []  # what an LA pays is the LA's


def test_a_run_of_other_content_is_not_kept_for_the_tariff(world: World, addresses: embedded.Addresses) -> None:
    with transaction(SYSTEM) as session:
        world.tariff_id = builders.tariff(session, status="draft", owner_id=world.buyer.organisation_id).id
    world.start()
    jobs.work(addresses.application, is_waiting=False)
    with transaction(SYSTEM) as session:
        tariff = session.get_one(Tariff, world.tariff_id)
        tariff.content = {**tariff.content, "status": "superseded"}
    assert len(world.kept(SYSTEM)) == 1  # where it stands in its life is not its content
    with transaction(SYSTEM) as session:
        tariff = session.get_one(Tariff, world.tariff_id)
        tariff.content = {**tariff.content, "band": {**tariff.content["band"], "moderate": 30_001}}
    assert world.kept(SYSTEM) == []


def test_the_run_of_another_owner_is_not_kept_for_an_owned_tariff(world: World, addresses: embedded.Addresses) -> None:
    with transaction(SYSTEM) as session:
        about = {"status": "in_consultation", "closes_on": date(2026, 3, 1), "owner_id": world.region.id}
        world.tariff_id = builders.tariff(session, **about).id
    world.start()
    jobs.work(addresses.application, is_waiting=False)
    assert world.kept(SYSTEM) == []


def test_the_files_are_those_of_the_command_to_the_byte(
    world: World, addresses: embedded.Addresses, tmp_path: Path
) -> None:
    run_id = world.start(limit=750)
    jobs.work(addresses.application, is_waiting=False)
    observed, out = tmp_path / "observed.csv", tmp_path / "out"
    with transaction(SYSTEM) as session:
        observed.write_bytes(session.get_one(PlacementSet, world.set_id).file)
    command = ["pricing", "shadow", str(observed), "--tariff", str(DEMONSTRATION_TARIFF)]
    outcome = CliRunner().invoke(main, [*command, "--limit", "7.5", "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    archive = zipfile.ZipFile(io.BytesIO(read(run_id).files or b""))
    assert {name: archive.read(name) for name in archive.namelist()} == {
        path.name: path.read_bytes() for path in out.iterdir()
    }
    assert json.loads(archive.read("summary.json"))["limit"] == 7.5


def test_a_band_that_the_tariff_does_not_price_is_told_before_anything_is_queued(world: World) -> None:
    mild = [placement("A"), placement("B", band=Band.MILD), placement("C", band=Band.MILD)]
    with transaction(world.buyer) as session:
        fields = {"starts_on": date(2026, 4, 1), "ends_on": date(2027, 3, 31), "basis": "contracted"}
        world.set_id = add_set(session, world.buyer, name="With mild", observed=Observed.of(mild), **fields).id
    with pytest.raises(Invalid, match=r"states nothing for mild \(2\)"):
        world.start()


def test_one_is_under_way_at_a_time(world: World, addresses: embedded.Addresses) -> None:
    world.start()
    with pytest.raises(Conflict, match="already under way"):
        world.start()
    jobs.work(addresses.application, is_waiting=False)
    world.start()


def test_only_procurement_of_the_owner_starts_one(world: World) -> None:
    with pytest.raises(NotPermitted):
        world.start(world.commissioner)
    with pytest.raises(NotFound):
        world.start(world.region_buyer)
    with pytest.raises(NotFound):
        world.start(tariff_id=10**9)
