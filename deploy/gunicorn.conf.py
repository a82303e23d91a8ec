"""How gunicorn serves Kith: a few processes with threads, for pages that mostly wait for the database."""

import os
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
max_requests = 10_000
max_requests_jitter = 1_000
loglevel = "warning"
if Path("/dev/shm").is_dir():  # noqa: S108  (memory, where heartbeats cost nothing)
    worker_tmp_dir = "/dev/shm"  # noqa: S108
