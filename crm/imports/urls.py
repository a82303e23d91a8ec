from django.urls import path

from .views import checking, listing, mapping, preview, starting

app_name = "imports"
urlpatterns = [
    path("", listing.imports, name="list"),
    path("new/", starting.new, name="new"),
    path("<int:pk>/", listing.go_on, name="draft"),
    path("<int:pk>/delete/", listing.delete, name="delete"),
    path("<int:pk>/what/", starting.what, name="what"),
    path("<int:pk>/preview/", preview.preview, name="preview"),
    path("<int:pk>/map/", mapping.columns, name="map"),
    path("<int:pk>/map/again/", mapping.again, name="map-again"),
    path("<int:pk>/map/<int:file>/<int:place>/", mapping.column, name="column"),
    path(
        "<int:pk>/map/<int:file>/<int:place>/property/<slug:alias>/",
        mapping.new_property,
        name="new-property",
    ),
    path("<int:pk>/check/", checking.check, name="check"),
    path("<int:pk>/check/problems.csv", checking.problems, name="problems"),
    path("<int:pk>/run/", checking.run, name="run"),
]
