"""Long work in the background, step by step, so that it can be stopped at any moment and goes on from there.

A `JobKind` says what a step does; `start` begins a job; workers (`manage.py work`) run them. How that
holds when a worker is killed stands in `records.jobs.running`.
"""

from .kinds import JobKind, JobRefused, register
from .queue import cancel, resume, start
from .running import Run, run_job

__all__ = ["JobKind", "JobRefused", "Run", "cancel", "register", "resume", "run_job", "start"]
