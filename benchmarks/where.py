"""Where the time and the memory of one large match go: `python -m benchmarks.where`.

What is compiled counts as its caller's own time. The profiler slows Python down a little and compiled code not at all.
"""

import cProfile
import pstats
from pathlib import Path

import click
import numpy as np

from benchmarks.alone import alone
from benchmarks.page import machine, write_section
from benchmarks.peers import SEED, programme
from benchmarks.region import generate
from benchmarks.scale import DAY, PROVISIONS, warm_up
from optimiser import Answer, match
from optimiser.programme import Programme

_FUNCTIONS = 12
TEXT = """Written by `python -m benchmarks.where` (seed {seed}, one thread, proven gap {gap:.3%}). {machine}.

| stage | seconds | peak MB by its end |
|:--|--:|--:|
{stages}

| function, compiled loops within | own seconds | calls |
|:--|--:|--:|
{functions}

The arrays of the programme's {options:,} options take {megabytes:,.0f} MB.
"""


@click.command()
@click.option("--pupils", type=click.Choice([str(size) for size in PROVISIONS]), default="100000", show_default=True)
def main(pupils: str) -> None:
    """Profile one match and write the section of docs/performance.md."""
    size = int(pupils)
    answer, functions = alone(profiled, size)
    options, megabytes = alone(arrays, size)
    stages = [
        f"| {stage.name} | {stage.seconds:.1f} | {stage.peak_mb:,.0f} |"
        for stage in answer.summary.stages
        if stage.seconds >= 0.05
    ]
    text = TEXT.format(
        seed=SEED,
        gap=answer.summary.gap,
        machine=machine(),
        stages="\n".join(stages),
        functions="\n".join(f"| `{name}` | {seconds:.1f} | {calls:,} |" for name, seconds, calls in functions),
        options=options,
        megabytes=megabytes,
    )
    print(text)
    write_section(f"Where time and memory go at {size:,} pupils", text)


def profiled(pupils: int) -> tuple[Answer, list[tuple[str, float, int]]]:
    """The answer, and the functions with the most time of their own: name, seconds, calls."""
    warm_up()
    problem = generate(pupils, PROVISIONS[pupils], seed=SEED)
    profile = cProfile.Profile()
    answer = profile.runcall(match, problem, seconds=DAY)
    rows = pstats.Stats(profile).get_stats_profile().func_profiles
    found = [(f"{Path(row.file_name).stem}.{name}", row.tottime, row.ncalls) for name, row in rows.items()]
    found.sort(key=lambda row: (-row[1], row[0]))
    return answer, [(name, seconds, int(str(calls).split("/")[0])) for name, seconds, calls in found[:_FUNCTIONS]]


def arrays(pupils: int) -> tuple[int, float]:
    """Options of the programme and the megabytes of its arrays."""
    built: Programme = programme(pupils, PROVISIONS[pupils])[0]
    columns = (getattr(built, name) for name in Programme.__dataclass_fields__)
    return len(built), sum(column.nbytes for column in columns if isinstance(column, np.ndarray)) / 1e6


if __name__ == "__main__":
    main()
