from django.urls import path

from .views import jobs

app_name = "jobs"
urlpatterns = [
    path("", jobs.job_list, name="list"),
    path("<int:pk>/", jobs.job_page, name="job"),
    path("<int:pk>/cancel/", jobs.cancel, name="cancel"),
    path("<int:pk>/resume/", jobs.resume, name="resume"),
    path("<int:pk>/errors.csv", jobs.errors, name="errors"),
    path("<int:pk>/result/", jobs.result, name="result"),
    path("<int:pk>/source/", jobs.source, name="source"),
]
