from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from records import duplicate_search, schema


class Command(BaseCommand):
    help = "Search for records that may be the same, for the page “Possible duplicates”. Run it nightly."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("types", nargs="*", help="such as contacts; all where none is named")

    @schema.pinned()
    def handle(self, *args: Any, **options: Any) -> None:
        """Search type after type, and say what was found."""
        try:
            chosen = [schema.current().type(name) for name in options["types"]]
        except schema.UnknownObjectType as error:
            raise CommandError(_("There is no object type “%(name)s”.") % {"name": error}) from error
        for kind in chosen or schema.current().main_types:
            report = duplicate_search.search(kind)
            text = _("%(type)s: %(records)d records, %(pairs)d pairs (%(new)d new, %(gone)d gone)")
            self.stdout.write(text % {"type": kind.name, **vars(report)})
            if report.crowds:
                text = _("  %(crowds)d values that more than %(number)d records share were left out")
                self.stdout.write(text % {"crowds": report.crowds, "number": duplicate_search.CROWD})
