"""The benchmark of prices runs, and its peers give the same figures; what it measures is not held to a number here."""

from click.testing import CliRunner

from benchmarks.pricing import main


def test_the_benchmark_runs_on_few_placements_and_writes_nothing_unasked() -> None:
    told = CliRunner().invoke(main, ["--placements", "1000", "--no-write"])
    assert told.exit_code == 0, told.output
    rows = [line for line in told.output.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == [
        *("| what", "| shadow run", "| calibration", "| calibration", "| calibration"),
        *("| calibration, cost-neutral", "| calibration, cost-neutral"),
    ]
