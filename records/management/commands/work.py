import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from datetime import timedelta
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from records.jobs import periodic, queue

GRACE = 30  # seconds that workers get to finish the task at hand
PAUSE = 1.0  # seconds until a worker that ended is started again


class Command(BaseCommand):
    help = (
        "Run what waits in the background: keeps JOB_WORKERS processes that take jobs, starts one again "
        "where it dies, takes up the jobs that it held, and does what has to be done again and again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workers", type=int, default=settings.JOB_WORKERS, help="processes")
        parser.add_argument("--worker", action="store_true", help="be one of them (it starts them by this)")
        parser.add_argument(
            "--until-idle", action="store_true", help="take what waits, here in this process, and end"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until a signal says to end."""
        if options["until_idle"]:
            queue.sweep()
            self.be_worker(until_idle=True)
        elif options["worker"]:
            self.be_worker()
        else:
            self.keep_workers(options["workers"])

    def be_worker(self, *, until_idle: bool = False) -> None:
        """Take tasks from the queue that the settings name."""
        if settings.REDIS_URL:
            call_command(
                "rqworker", "default", job_class="django_tasks_rq.Job", burst=until_idle, verbosity=0
            )
        else:
            call_command("db_worker", batch=until_idle, interval=1, startup_delay=False, verbosity=0)

    def keep_workers(self, number: int) -> None:
        """Start workers and look after them, and after jobs that nobody works on."""
        self.ending = False
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self.end)
        workers: list[subprocess.Popen[bytes]] = []
        next_look = 0.0
        try:
            while not self.ending:
                workers = [worker for worker in workers if worker.poll() is None]
                workers += [self.new_worker() for _missing in range(number - len(workers))]
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + settings.JOBS_LEASE / 3
                    self.look_after()
                time.sleep(PAUSE)
        finally:
            self.stop(workers)

    def new_worker(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, sys.argv[0], "work", "--worker"])  # noqa: S603

    def look_after(self) -> None:
        """Take up jobs whose worker died, and do what is due; a database that is away is tried again."""
        try:
            close_old_connections()
            queue.sweep(waiting=timedelta(seconds=4 * settings.JOBS_LEASE))
            periodic.do_due()
        except DatabaseError as error:
            self.stderr.write(str(error))

    def end(self, number: int, frame: FrameType | None) -> None:
        self.ending = True

    def stop(self, workers: "list[subprocess.Popen[bytes]]") -> None:
        """Let workers finish the task at hand, for a while; what is cut off is taken up again later."""
        for worker in workers:
            if worker.poll() is None:
                worker.terminate()
        until = time.monotonic() + GRACE
        for worker in workers:
            try:
                worker.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
