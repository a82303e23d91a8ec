from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from associations import activity_facts


class Command(BaseCommand):
    """Makes anew what records say of their activities, and says in how many it was different."""

    help = _("Make anew when records were last contacted, their next activity and number of activities.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every live record; what is right stays as it is."""
        number = activity_facts.refresh_all()
        text = ngettext("%(number)s record was different.", "%(number)s records were different.", number)
        self.stdout.write(text % {"number": number})
