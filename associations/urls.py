from django.urls import path

from . import views

app_name = "associations"
urlpatterns = [
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/", views.section, name="section"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/add/", views.picker, name="picker"),
    path("<slug:type_name>/<int:pk>/associations/<slug:other_type>/toggle/", views.toggle, name="toggle"),
    path("<slug:type_name>/<int:pk>/associations/<int:other_pk>/remove/", views.remove, name="remove"),
]
