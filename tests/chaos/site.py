"""The pages of a trial, served by gunicorn in several processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.cluster import Cluster
from tests.chaos.visitor import Visitor
from tests.mail_server import free_port

SECONDS = 180  # that the site may take to answer; some trials begin while another ends


class Site:
    """An address that is served, and the file that arms its failpoint."""

    def __init__(self, port: int, armed: Path) -> None:
        self.port = port
        self.armed = armed

    def arm(self) -> None:
        """The next process that passes the failpoint is killed there."""
        self.armed.touch()

    def visitor(self) -> Visitor:
        """Somebody with a browser."""
        return Visitor(self.port)


@contextmanager
def serving(
    cluster: Cluster, folder: Path, *, workers: int = 4, mutant: str = "", failpoint: str = ""
) -> Iterator[Site]:
    """Serve the product on the cluster's database, which is emptied first, for the length of the context."""
    cluster.empty()
    port = free_port()
    site = Site(port, folder / f"armed-{port}")
    environment = {
        **os.environ,
        "DATABASE_URL": cluster.addresses.application,
        "MARKETPLACE_DATA": str(folder / "data"),
        "MARKETPLACE_PLAIN_HTTP": "1",
        "TRIAL_ARMED": str(site.armed),
        "TRIAL_MUTANT": mutant,
        "TRIAL_FAILPOINT": failpoint,
    }
    command = [
        sys.executable, "-m", "gunicorn", "tests.chaos.server:create()", "--bind", f"127.0.0.1:{port}",
        "--workers", str(workers), "--threads", "4", "--worker-class", "gthread", "--timeout", "60",
        "--log-level", "error", "--no-control-socket",
    ]  # fmt: skip
    path = folder / f"site-{port}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(site, process, path)
            yield site
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The site has ended: {log.read_text()[-2000:]}")
        try:
            if site.visitor().get("/ready").status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"The site of port {site.port} does not answer.")
