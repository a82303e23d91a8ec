from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "crm.tasks"
    label = "tasks"
    verbose_name = _("Tasks and calendars")

    def ready(self) -> None:
        from records.jobs import periodic

        from . import reminders

        periodic.every(timedelta(minutes=1), "send-reminders", reminders.send)
