from argparse import ArgumentParser
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from records import definition, schema


class Command(BaseCommand):
    help = "Print object types, properties and pipelines as a file for define_object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", help="object types, such as contacts; all where none is named"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the data model as YAML."""
        known = {kind.name for kind in schema.current().types}
        if unknown := sorted(set(options["names"]) - known):
            raise CommandError(_("There is no object type “%(name)s”.") % {"name": "”, “".join(unknown)})
        given = definition.export(options["names"])
        self.stdout.write(yaml.safe_dump(given, allow_unicode=True, sort_keys=False, width=100), ending="")
