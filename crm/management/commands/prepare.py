import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from records import indexes
from records.models import Record

PASSWORD_FILE = settings.VAR_DIR / "first-password.txt"
FIRST_USER = "admin"
# Letters and digits that are not taken for one another, since somebody types them.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = "Make database, first user, sample data and static files ready, then say where Kith is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing, and nothing else: a second start takes no time."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write(_("Preparing the database …"))
            call_command("migrate", verbosity=0)
        if not get_user_model().objects.exists():
            self.first_user()
            if os.environ.get("KITH_SAMPLE_DATA", "1") != "0" and not Record.objects.exists():
                self.stdout.write(_("Loading sample data …"))
                call_command("load_sample_data", stdout=self.stdout)
        indexes.sync()  # a build may have broken off, or gone with a table that a migration made anew
        call_command("empty_bin", stdout=self.stdout)
        if connection.vendor == "sqlite":
            # What an index holds is told to SQLite's planner by nobody else; a second on a million records.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA analysis_limit = 1000")
                cursor.execute("ANALYZE")
        if not settings.DEBUG:
            self.static_files()
        self.welcome()

    def first_user(self) -> None:
        """Create the administrator; the password is this installation's own, kept in var/."""
        password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        get_user_model().objects.create_superuser(FIRST_USER, password=password)
        PASSWORD_FILE.touch(mode=0o600)
        PASSWORD_FILE.write_text(password)

    def static_files(self) -> None:
        """Collect static files where any of them changed since the last time."""
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                stat = Path(storage.path(path)).stat()
                digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
        stamp = settings.STATIC_ROOT / ".collected"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        self.stdout.write(_("Collecting static files …"))
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(digest.hexdigest())

    def welcome(self) -> None:
        """Print the address, and the first user's password while it is still the first."""
        host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
        self.stdout.write(f"\n  Kith      http://{host}:{port}/")
        user = get_user_model().objects.filter(username=FIRST_USER).first()
        if user and PASSWORD_FILE.exists() and user.check_password(PASSWORD_FILE.read_text()):
            self.stdout.write(f"  {_('User')}      {FIRST_USER}")
            self.stdout.write(f"  {_('Password')}  {PASSWORD_FILE.read_text()}\n")
        else:
            self.stdout.write(f"  {_('Sign in with the password that you chose.')}\n")
