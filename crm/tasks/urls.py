from django.urls import path

from . import calendar_views, views

app_name = "tasks"
urlpatterns = [
    path("tasks/", views.tasks, name="list"),
    path("tasks/new/", views.new, name="new"),
    path("tasks/calendar/", calendar_views.settings, name="calendar"),
    path("tasks/<int:pk>/done/", views.done, name="done"),
    path("tasks/<int:pk>/snooze/", views.snooze, name="snooze"),
    path("calendar/<str:token>.ics", calendar_views.feed, name="feed"),
]
