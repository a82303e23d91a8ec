from django.urls import path

from . import activity_pages

urlpatterns = [
    path("", activity_pages.rule_list, name="activity-settings"),
    path("<slug:type_name>/reset/", activity_pages.reset, name="activity-reset"),
    path("<slug:type_name>/<slug:activity_type>/", activity_pages.edit, name="activity-rule"),
]
