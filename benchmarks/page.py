"""docs/performance.md: a section to each benchmark, so that one can be run and written without the others."""

import os
import platform
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
HEADING = "\n## "


def write_section(title: str, text: str) -> None:
    """Put a section in the place of the one with its title, or at the end."""
    start, *sections = PAGE.read_text(encoding="utf-8").split(HEADING)
    kept = {section.partition("\n")[0]: section for section in sections}
    kept[title] = f"{title}\n\n{text.strip()}\n"
    PAGE.write_text(HEADING.join([start, *kept.values()]), encoding="utf-8")
    print(f"written to {PAGE.name}")


def machine() -> str:
    """The processor, its cores, the system and Python, in words."""
    path = Path("/proc/cpuinfo")
    cpu = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in cpu if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}"
