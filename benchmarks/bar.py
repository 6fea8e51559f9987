"""The bar that the optimiser has set itself at each size, beside what was measured: each row met or not met."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.peers import HIGHS, Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds and megabytes of one size; `relaxation` is the optimum of the choices' relaxation, `gaps` the seconds
    from the start of match() until it was proven so near, None for never."""

    pupils: int
    options: int
    options_seconds: float
    near_seconds: float | None
    exact_seconds: float | None
    relaxation: float
    gaps: dict[float, float | None]
    answer_seconds: float
    gap: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Everything that was measured: by pupils, by peer and pupils, seconds of files and solve, seconds by workers."""

    ours: Mapping[int, Measured]
    peers: Mapping[tuple[str, int], Peer]
    files: tuple[float, float]
    regions: Mapping[int, float]


def bar(sizes: Sizes) -> list[str]:
    """The lines of the table."""
    lines: list[tuple[str, str, str]] = []
    for pupils, least in ((10_000, 10), (100_000, 30)):
        if (HIGHS, pupils) in sizes.peers:
            lines += _against_highs(sizes.ours[pupils], sizes.peers[HIGHS, pupils], pupils, least)
    largest = sizes.ours.get(500_000)
    if largest:
        ratio = largest.answer_seconds / sizes.ours[100_000].answer_seconds
        lines += [
            ("500,000: whole answer within 0.35%", "0.35%", f"{largest.gap:.3%}{_met(largest.gap <= 0.0035)}"),
            ("500,000: peak memory", "under 3,000 MB", f"{largest.peak_mb:,.0f} MB{_met(largest.peak_mb < 3_000)}"),
            ("500,000: time / time at 100,000", "at most 8", f"{ratio:.1f}{_met(ratio <= 8)}"),
        ]
    whole, solve = sizes.files
    lines.append(
        (
            "`marketplace match` of 10,000 pupils, files to files / solve",
            "at most 3",
            f"{whole / solve:.1f}{_met(whole <= 3 * solve)}",
        )
    )
    one, two = sizes.regions[1], sizes.regions[2]
    lines.append(
        ("several regions on 2 workers / on 1", "1.6 times faster", f"{one / two:.2f}{_met(one >= 1.6 * two)}")
    )
    return [f"| {measure} | {least} | {measured} |" for measure, least, measured in lines]


def _against_highs(ours: Measured, highs: Peer, pupils: int, least: int) -> list[tuple[str, str, str]]:
    lines = [
        (
            f"{pupils:,}: relaxation to 0.01% against HiGHS",
            f"{least} times faster",
            _ratio(highs, ours.near_seconds, least),
        )
    ]
    if pupils == 100_000:
        share = ours.peak_mb / highs.peak_mb
        lines.append(
            ("100,000: memory of the whole answer / of HiGHS", "a third", f"{share:.2f}{_met(share <= 1 / 3)}")
        )
        lines += [
            (
                f"100,000: whole answer proven within {gap:.2%} against HiGHS's relaxation",
                f"{times} times faster",
                _ratio(highs, ours.gaps[gap], times),
            )
            for gap, times in ((0.003, 20), (0.0015, 6))
        ]
    return lines


def _ratio(peer: Peer, seconds: float | None, least: float) -> str:
    if seconds is None:
        return "not reached: not met"
    at_least = "at least " if peer.objective is None else ""
    return f"{at_least}{peer.seconds / seconds:.0f} times{_met(peer.seconds >= least * seconds)}"


def _met(is_met: bool) -> str:  # noqa: FBT001 - it is what is told
    return ": met" if is_met else ": not met"
