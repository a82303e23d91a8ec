from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records import attachments


class Command(BaseCommand):
    help = (
        "Delete stored files that belong to no record, and those that were removed from theirs longer ago "
        "than RECYCLE_BIN_DAYS; name those that are missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many, and delete none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, or count, them."""
        found = attachments.clean(dry_run=options["dry_run"])
        orphans, expired = len(found.orphans), len(found.expired)
        text = ngettext("%(count)s file without a record", "%(count)s files without a record", orphans)
        self.stdout.write(text % {"count": orphans})
        text = ngettext("%(count)s file removed long ago", "%(count)s files removed long ago", expired)
        self.stdout.write(text % {"count": expired})
        for row in found.missing:
            said = {"name": row.name, "record": row.record_id, "path": row.file.name}
            self.stderr.write(_("Missing: %(name)s (record %(record)s), %(path)s") % said)
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing was deleted."))
