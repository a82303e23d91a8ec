import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils.translation import gettext as _

from crm.mail.mailbox import Account, Fetcher, MailboxRefused, Report
from records.provenance import By, Origin


class Command(BaseCommand):
    help = "Log what has come into the mailbox that MAIL_URL names; see docs/mail.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how_often = parser.add_mutually_exclusive_group()
        how_often.add_argument("--once", action="store_true", help="Read the mailbox and end (the default).")
        how_often.add_argument(
            "--every", type=int, metavar="SECONDS", help="Read it again and again, so many seconds apart."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would become of each message; write nothing."
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--retry", action="store_true", help="Read only messages that could not be logged before."
        )
        which.add_argument(
            "--again",
            type=date.fromisoformat,
            metavar="DAY",
            help="Read once more what has come from a day (2026-01-31) on; log what has not been logged.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Log what is new, and print what came of it. Problems go to standard error, one per line.

        The exit status is 1 where a message could not be logged or the mailbox not be read.
        """
        if options["every"] is None:
            report = self.fetch(options)
            if report.failed:
                raise CommandError(_("Not every message could be logged."))
            return
        if options["again"]:
            raise CommandError(_("--again reads once, not with --every."))
        if options["every"] < 1:
            raise CommandError(_("--every takes a number of seconds, 1 or more."))
        try:
            while True:
                self.go_on(options)
                time.sleep(options["every"])
        except KeyboardInterrupt:
            self.stdout.write(_("Stopped."))

    def go_on(self, options: dict[str, Any]) -> None:
        """Read the mailbox once of many times: what is out of order now may be back at the next."""
        close_old_connections()
        try:
            self.fetch(options)
        except CommandError as error:
            self.stderr.write(str(error))

    def fetch(self, options: dict[str, Any]) -> Report:
        """Read the mailbox. Raises CommandError."""
        try:
            fetcher = Fetcher(
                Account.of(settings.MAIL_URL),
                by=By(None, Origin.MAIL),
                dry_run=options["dry_run"],
                retry=options["retry"],
                again=options["again"],
                tell=self.stderr.write,
            )
            report = fetcher.run()
        except MailboxRefused as error:
            raise CommandError(str(error)) from error
        if options["dry_run"]:
            self.stdout.write(_("Dry run: nothing was written."))
        for line in report.lines():
            self.stdout.write(line)
        return report
