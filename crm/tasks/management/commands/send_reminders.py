from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.tasks import reminders
from records import schema


class Command(BaseCommand):
    help = "Send by e-mail the reminders of tasks that have come. To be run every few minutes."

    @schema.pinned()
    def handle(self, *args: Any, **options: Any) -> None:
        """Send them; raises CommandError where some could not be sent, which the next runs try again."""
        done = reminders.send()
        if done.sent:
            text = ngettext("%(count)s reminder sent.", "%(count)s reminders sent.", done.sent)
            self.stdout.write(text % {"count": done.sent})
        if done.failed:
            raise CommandError(_("%(count)s could not be sent; see the log.") % {"count": done.failed})
