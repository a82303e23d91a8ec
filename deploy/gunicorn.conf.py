"""How gunicorn serves Kith: a few processes with threads, for pages that mostly wait for the database.

Beside them runs `manage.py work`, which does what waits in the background; JOB_WORKERS=0 leaves that to
processes of your own.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
max_requests = 10_000
max_requests_jitter = 1_000
loglevel = "warning"
if Path("/dev/shm").is_dir():  # noqa: S108  (memory, where heartbeats cost nothing)
    worker_tmp_dir = "/dev/shm"  # noqa: S108

working: dict[str, Any] = {"process": None, "ending": False}


def _keep_working() -> None:
    while not working["ending"]:
        begun = time.monotonic()
        working["process"] = subprocess.Popen([sys.executable, "manage.py", "work"])
        working["process"].wait()
        if time.monotonic() - begun < 10:
            time.sleep(5)


def when_ready(server: Any) -> None:
    """Start the background work, and start it again where it dies."""
    if os.environ.get("JOB_WORKERS") != "0":
        threading.Thread(target=_keep_working, daemon=True).start()


def on_exit(server: Any) -> None:
    """Let the background work finish what it is at."""
    working["ending"] = True
    if process := working["process"]:
        process.terminate()
        process.wait()
