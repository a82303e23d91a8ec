from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from crm.sample.load import load
from records.models import Record


class Command(BaseCommand):
    help = "Fill an empty Kith with believable sample data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing where there are records already."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the sample, into an empty database only."""
        if Record.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError(_("There are records already; the sample data is for an empty Kith."))
        counts = load()
        self.stdout.write(", ".join(f"{count} {name}" for name, count in counts.items()))
