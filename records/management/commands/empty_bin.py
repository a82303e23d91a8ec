from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records import recycle_bin, schema


class Command(BaseCommand):
    help = "Delete records for good that have been in the recycle bin longer than RECYCLE_BIN_DAYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many, and delete none")

    @schema.pinned()
    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, or count, those of every type."""
        if options["dry_run"] and not settings.RECYCLE_BIN_DAYS:
            self.stdout.write(_("Archived records are kept for ever (RECYCLE_BIN_DAYS is 0)."))
        if options["dry_run"]:
            for kind, count in recycle_bin.expired().items():
                text = ngettext("%(type)s: %(count)s record", "%(type)s: %(count)s records", count)
                self.stdout.write(text % {"type": kind.name, "count": count})
            return
        for name, count in recycle_bin.empty().items():
            text = ngettext(
                "%(type)s: %(count)s record deleted", "%(type)s: %(count)s records deleted", count
            )
            self.stdout.write(text % {"type": name, "count": count})
