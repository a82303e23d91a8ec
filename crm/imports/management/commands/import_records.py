from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from crm.imports.building import DELIMITER_NAMES, build, load_toml
from crm.imports.reading import Table, open_table
from crm.imports.report import ImportRefused, Problem, Report
from crm.imports.running import Importer
from crm.imports.said import file_options
from records import schema
from records.provenance import By, Origin

WITHOUT_FILE = ("type", "map", "match", "associate", "date_format", "decimal")


class Command(BaseCommand):
    help = "Import records and their associations from files; see docs/import.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="CSV, TSV, .xlsx or .ods; its first line names the columns."
        )
        parser.add_argument("--mapping", type=Path, metavar="TOML", help="What the columns are.")
        parser.add_argument("--dry-run", action="store_true", help="Count what would happen; write nothing.")
        parser.add_argument(
            "--on-error",
            choices=["stop", "skip"],
            default="stop",
            help="One wrong row and nothing is imported (stop, the default), or all others are (skip).",
        )
        parser.add_argument(
            "--on-refused",
            choices=["skip", "stop"],
            default="skip",
            help="Whether an association that a limit forbids is only reported (the default), or an error.",
        )
        parser.add_argument("--encoding", default="", help="Such as latin-1; found out for UTF-8 and UTF-16.")
        parser.add_argument("--delimiter", default="", help="Such as ; or tab; found out from the header.")
        parser.add_argument("--sheet", default="", help="Of a workbook; the first one that is shown without.")
        parser.add_argument(
            "--file",
            dest="second",
            action="append",
            metavar="NAME=PATH",
            help="A further file, by the name that the mapping gives it.",
        )
        parser.add_argument("--user", metavar="USERNAME", help="Who the records are created and changed by.")
        simple = parser.add_argument_group("instead of a mapping file")
        simple.add_argument("--type", metavar="TYPE", help="What each row is, such as contacts.")
        simple.add_argument(
            "--map",
            action="append",
            metavar="COLUMN=PROPERTY",
            help="Columns that are named like a property need none.",
        )
        simple.add_argument(
            "--match", action="append", metavar="PROPERTY", help="What identifies a record that is there."
        )
        simple.add_argument(
            "--associate",
            action="append",
            metavar="COLUMN=TYPE[.PROPERTY]",
            help="The column names a record of that type, by its name or by a property.",
        )
        simple.add_argument(
            "--date-format", metavar="FORMAT", help="Such as %%d.%%m.%%Y; YYYY-MM-DD without."
        )
        simple.add_argument("--decimal", choices=[".", ","], help="What stands before decimals.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and print what came of it. Problems go to standard error, one per line."""
        try:
            report, problems = self.run(options)
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                _("The database broke off, and the batch at hand was not imported: %(reason)s")
                % {"reason": error}
            ) from error
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was written."))
        for line in report.lines():
            self.stdout.write(line)
        if problems and options["dry_run"] and options["on_error"] == "stop":
            raise CommandError(_("An import would stop at these problems and write nothing."))

    def run(self, options: dict[str, Any]) -> tuple[Report, int]:
        """Import as the options say; return the report and the number of problems. Raises ImportRefused."""
        with schema.pinned():
            said = self.mapping(options)
            tables = self.tables(options, said)
            importer = Importer(
                tables,
                build(said, {name: table.header for name, table in tables.items()}),
                by=By(self.user(options["user"]), Origin.IMPORT),
                on_error=options["on_error"],
                on_refused=options["on_refused"],
                dry_run=options["dry_run"],
                tell=self.tell,
            )
            return importer.run(), importer.problems

    def tables(self, options: dict[str, Any], said: dict[str, Any]) -> dict[str, Table]:
        """Open the files by the names that the mapping gives them. Raises ImportRefused."""
        paths = {"": options["file"]}
        for text in options["second"] or []:
            name, sign, path = text.partition("=")
            if not (name and sign and path):
                raise ImportRefused(_("“%(text)s” lacks one of: NAME, =, FILE.") % {"text": text})
            paths[name] = Path(path)
        tables = {}
        for name, how in file_options(said).items():
            if name not in paths:
                raise ImportRefused(
                    _("Say where the file “%(name)s” is: --file %(name)s=PATH.") % {"name": name}
                )
            given = {key: options[key] for key in ("encoding", "delimiter", "sheet") if not name}
            delimiter = given.get("delimiter") or how.delimiter
            tables[name] = open_table(
                paths.pop(name),
                encoding=given.get("encoding") or how.encoding,
                delimiter=DELIMITER_NAMES.get(delimiter, delimiter),
                sheet=given.get("sheet") or how.sheet,
            )
        for name in paths:
            raise ImportRefused(_("The mapping says nothing of a file “%(name)s”.") % {"name": name})
        return tables

    def tell(self, problem: Problem) -> None:
        self.stderr.write(str(problem))

    def user(self, username: str | None) -> Any:
        if not username:
            return None
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise ImportRefused(_("There is no user “%(name)s”.") % {"name": username})
        return user

    def mapping(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what the mapping file says, or the same made from options."""
        given = [f"--{name.replace('_', '-')}" for name in WITHOUT_FILE if options[name]]
        if options["mapping"]:
            if given:
                raise ImportRefused(
                    _("%(options)s: give either a mapping file or options.") % {"options": ", ".join(given)}
                )
            return load_toml(options["mapping"])
        if not options["type"]:
            raise ImportRefused(
                _("Say what the rows are: --type contacts, or --mapping with a mapping file.")
            )
        record: dict[str, Any] = {
            "by_header": True,
            "properties": {name: column for column, name in map(_split_at_equals, options["map"] or [])},
        }
        if options["match"]:
            record["match"] = options["match"]
        associations = []
        for column, target in map(_split_at_equals, options["associate"] or []):
            type_name, _dot, by = target.partition(".")
            associations.append({"record": options["type"], "column": column, "with": type_name, "by": by})
        return {
            "file": {name: options[name] for name in ("date_format", "decimal") if options[name]},
            "records": {options["type"]: record},
            "associations": associations,
        }


def _split_at_equals(text: str) -> tuple[str, str]:
    """Return both sides of the last equals sign: a column's name may hold one, a property's cannot."""
    column, sign, name = text.rpartition("=")
    if not (column and sign and name):
        raise ImportRefused(_("“%(text)s” lacks one of: COLUMN, =, NAME.") % {"text": text})
    return column, name
