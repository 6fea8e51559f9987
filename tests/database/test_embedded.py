"""The embedded server: started by the first, shared by all, stopped by the last, also after one was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

JOIN = """
import sys, time
from pathlib import Path
from marketplace import embedded
embedded.start(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""


def join(data: Path) -> subprocess.Popen[str]:
    """A process that uses the server until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", JOIN, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()  # type: ignore[union-attr]
    process.stdout.close()  # type: ignore[union-attr]


def server(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "postgresql" / "postmaster.pid").read_text().split()[0]))


def test_two_processes_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    first, second = join(tmp_path), join(tmp_path)
    running = server(tmp_path)
    leave(first)
    assert running.is_running()
    leave(second)
    running.wait(timeout=10)


def test_a_killed_process_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    first = join(tmp_path)
    running = server(tmp_path)
    kill(first)
    assert running.is_running()
    leave(join(tmp_path))
    running.wait(timeout=10)


def test_the_last_process_stops_the_server_though_another_was_killed(tmp_path: Path) -> None:
    first, second = join(tmp_path), join(tmp_path)
    running = server(tmp_path)
    kill(second)
    leave(first)
    running.wait(timeout=10)


def test_two_processes_may_start_it_at_once(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", JOIN, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == [b"up\n"] * 3
    assert {process.returncode for process in processes} == {0}


def test_the_db_command_upgrades_checks_and_leaves_no_server_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "MARKETPLACE_DATA": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "marketplace", "db"]
    for act in ("upgrade", "check"):
        subprocess.run([*command, act], env=environment, check=True, capture_output=True, timeout=60)
    assert not (tmp_path / "postgresql" / "postmaster.pid").exists()
