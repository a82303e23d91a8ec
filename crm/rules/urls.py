from django.urls import path

from . import views

app_name = "rules"
urlpatterns = [
    path("", views.rule_list, name="list"),
    path("new/", views.create, name="create"),
    path("companies-by-domain/", views.company_by_domain, name="company-by-domain"),
    path(
        "companies-by-domain/existing/", views.company_by_domain_existing, name="company-by-domain-existing"
    ),
    path("companies-by-domain/log/", views.log_by_domain, name="log-by-domain"),
    path("runs/<int:pk>/", views.run, name="run"),
    path("<int:pk>/", views.edit, name="rule"),
    path("<int:pk>/turn/", views.turn, name="turn"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/existing/", views.run_existing, name="existing"),
    path("<int:pk>/log/", views.log, name="log"),
]
