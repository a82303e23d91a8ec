from django.urls import path

from . import sidebar_pages

urlpatterns = [
    path("", sidebar_pages.section_list, name="sidebar-settings"),
    path("reset/", sidebar_pages.reset, name="sidebar-reset"),
    path("sections/<slug:other_type>/", sidebar_pages.edit, name="sidebar-section"),
    path("sections/<slug:other_type>/move/", sidebar_pages.move, name="sidebar-section-move"),
]
