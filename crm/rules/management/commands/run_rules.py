from typing import Any

from django.core.management.base import BaseCommand

from crm.rules.upkeep import look_after
from records import schema


class Command(BaseCommand):
    help = (
        "Look after rules: finish what a process left behind, see who has entered a view by time alone, and "
        "delete the old log. Workers (manage.py work) do this by themselves every five minutes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it once."""
        with schema.pinned():
            done = look_after()
        self.stdout.write(
            f"{done.resumed} runs finished, {done.entered} records entered or left views, "
            f"{done.deleted} rows of the log deleted."
        )
