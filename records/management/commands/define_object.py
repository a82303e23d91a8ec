import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from records import definition, indexes


class Command(BaseCommand):
    help = "Bring object types, properties and pipelines in line with a file, while Kith runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a YAML file, as docs/objects.md describes it; - is standard input")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the file's definition, all or nothing."""
        try:
            changes = definition.apply(read(options["file"]), dry_run=options["dry_run"])
        except definition.DefinitionRefused as error:
            raise CommandError("\n".join([*error.messages, _("Nothing was changed.")])) from error
        for change in changes:
            self.stdout.write(str(change))
        transaction.on_commit(indexes.sync)
        if not changes:
            self.stdout.write(_("Nothing to change."))
        elif options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing was changed."))


def read(name: str) -> Any:
    """Return the definition that a YAML file holds. Raises CommandError where it cannot be read."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
        return yaml.safe_load(text)
    except OSError as error:
        reason = {"file": name, "reason": error.strerror}
        raise CommandError(_("%(file)s cannot be read: %(reason)s.") % reason) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(_("%(file)s is not YAML: %(reason)s") % {"file": name, "reason": error}) from error
