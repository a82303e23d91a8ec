from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from associations import rollups
from records import schema


class Command(BaseCommand):
    help = "Work derived properties out anew for all records, and say how many values were not right."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "properties", nargs="*", help="such as companies.open_amount; all where none is named"
        )

    @schema.pinned()
    def handle(self, *args: Any, **options: Any) -> None:
        """Recalculate; each batch of records is a transaction."""
        dependencies = schema.current().dependencies
        chosen = []
        for name in options["properties"]:
            node = tuple(name.split("."))
            if node not in dependencies.level:
                raise CommandError(_("“%(name)s” is no derived property.") % {"name": name})
            chosen.append((node[0], node[1]))
        found = rollups.recalculate(chosen or None)
        for (type_name, name), count in found.items():
            text = ngettext(
                "%(name)s: %(count)s record differed", "%(name)s: %(count)s records differed", count
            )
            self.stdout.write(text % {"name": f"{type_name}.{name}", "count": count})
        for (type_name, name), problem in dependencies.problems.items():
            self.stderr.write(f"{type_name}.{name}: {problem}")
        if not found:
            self.stdout.write(_("There are no derived properties."))
