from django.urls import path

from .views import (
    activity_others,
    associated,
    calendars,
    labels,
    log,
    merging,
    picker,
    preview,
    related,
    sections,
    timeline,
)

app_name = "associations"
urlpatterns = [
    path("meetings/<int:pk>/meeting.ics", calendars.meeting, name="meeting-file"),
    path("<slug:type_name>/merge/", merging.merge, name="merge"),
    path("<slug:type_name>/<int:pk>/preview/", preview.preview, name="preview"),
    path("<slug:type_name>/<int:pk>/related/", related.related, name="related"),
    path("<slug:type_name>/<int:pk>/timeline/", timeline.timeline, name="timeline"),
    path("<slug:type_name>/<int:pk>/timeline/<int:activity_pk>/edit/", log.edit, name="activity-edit"),
    path("<slug:type_name>/<int:pk>/timeline/<int:activity_pk>/pin/", timeline.pin, name="activity-pin"),
    path("<slug:type_name>/<int:pk>/timeline/<int:activity_pk>/done/", timeline.done, name="activity-done"),
    path(
        "<slug:type_name>/<int:pk>/timeline/<int:activity_pk>/archive/",
        timeline.archive,
        name="activity-archive",
    ),
    path(
        "<slug:type_name>/<int:pk>/timeline/<int:activity_pk>/associations/",
        activity_others.associated,
        name="activity-associations",
    ),
    path("<slug:type_name>/<int:pk>/log/<slug:activity_type>/", log.log, name="log"),
    path(
        "<slug:type_name>/<int:pk>/log/<slug:activity_type>/others/",
        activity_others.others,
        name="log-others",
    ),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/", sections.section, name="section"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/add/", picker.picker, name="picker"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/bulk/", associated.bulk, name="bulk"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/toggle/", sections.toggle, name="toggle"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/remove/", sections.remove, name="remove"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/labels/", labels.labels, name="labels"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/primary/", labels.primary, name="primary"),
]
