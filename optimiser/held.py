"""How much memory this process has held at most. It must know nothing of what the process does."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


def peak_mb() -> float:
    """The most resident memory that this process has held, in megabytes.

    From the kernel's record of this process where there is one (Linux, VmHWM in proc_pid_status(5)): what getrusage(2)
    says of a process begins with what the process that started it had held.
    """
    lines = _STATUS.read_text().splitlines() if _STATUS.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_MAXRSS / 1e6
