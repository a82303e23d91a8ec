from django.urls import path

from .views import labels, picker, preview, sections

app_name = "associations"
urlpatterns = [
    path("<slug:type_name>/<int:pk>/preview/", preview.preview, name="preview"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/", sections.section, name="section"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/add/", picker.picker, name="picker"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/toggle/", sections.toggle, name="toggle"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/remove/", sections.remove, name="remove"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/labels/", labels.labels, name="labels"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/primary/", labels.primary, name="primary"),
]
