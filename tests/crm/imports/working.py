"""`manage.py work` whose imports go in small, slow steps: python -m tests.crm.imports.working [options]."""

import os
import subprocess
import sys
import time

import django

PAUSE = float(os.environ.get("IMPORT_PAUSE", "0"))


def main() -> None:
    """Work, and let the workers that are started be of this module too."""
    django.setup()
    from django.core.management import call_command

    from crm.imports import steps
    from records.management.commands import work

    step = steps.Steps.step

    def slow(self: steps.Steps) -> bool:
        last = step(self)
        time.sleep(PAUSE)  # what it wrote is not committed yet
        return last

    steps.Steps.step = slow
    steps.BATCH = steps.READ = 7
    command = [sys.executable, "-m", "tests.crm.imports.working", "--worker"]
    work.Command.new_worker = lambda self: subprocess.Popen(command)
    work.PAUSE = 0.2
    call_command("work", *sys.argv[1:])


if __name__ == "__main__":
    main()
