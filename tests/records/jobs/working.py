"""`manage.py work` with the kinds of jobs for tests: python -m tests.records.jobs.working [options]."""

import os
import subprocess
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")


def main() -> None:
    """Work, and let the workers that are started be of this module too."""
    django.setup()
    from django.core.management import call_command

    from records.management.commands import work

    from . import kinds  # noqa: F401

    command = [sys.executable, "-m", "tests.records.jobs.working", "--worker"]
    work.Command.new_worker = lambda self: subprocess.Popen(command)
    work.PAUSE = 0.2
    call_command("work", *sys.argv[1:])


if __name__ == "__main__":
    main()
