from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from associations import settings_pages

from . import views
from .mail import views as mail_views

urlpatterns = [
    path("", RedirectView.as_view(url="/records/contacts/"), name="home"),
    path("favicon.ico", views.favicon),
    path("accounts/", include("crm.accounts.urls")),
    path("admin/", admin.site.urls),
    path("search/", views.search, name="search"),
    path(
        "settings/objects/<slug:type_name>/associations/",
        settings_pages.associations,
        name="association-settings",
    ),
    path("settings/associations/", include("associations.urls_settings")),
    path("settings/activities/", include("associations.urls_activities")),
    path("settings/rules/", include("crm.rules.urls")),
    path("history/", include("records.urls_history")),
    path("jobs/", include("records.urls_jobs")),
    path("settings/objects/<slug:type_name>/sidebar/", include("associations.urls_sidebar")),
    path("settings/", include("records.urls_settings")),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("records/<slug:type_name>/<int:pk>/emails/upload/", mail_views.upload, name="upload-email"),
    path("imports/", include("crm.imports.urls")),
    path("", include("crm.tasks.urls")),
    path("records/", include("associations.urls")),
    path("records/", include("records.urls")),
]
handler400 = "crm.views.bad_request"
handler403 = "crm.views.permission_denied"
handler404 = "crm.views.page_not_found"
handler500 = "crm.views.server_error"
