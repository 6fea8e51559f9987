"""Work that no web process does, taken from the queue in the same PostgreSQL by any number of workers.

A job carries ids only. Runs, mail and what the clock brings each have a queue, and each process works on all three
side by side: mail waits for no run.
"""

from marketplace.jobs.runs import do
from marketplace.jobs.worker import work

__all__ = ["do", "work"]
