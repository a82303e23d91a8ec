from django.urls import include, path

from . import label_pages, pair_pages

app_name = "pairs"
of_a_pair = [
    path("", pair_pages.pair, name="pair"),
    path("allow/", pair_pages.allow, name="allow"),
    path("labels/new/", label_pages.create, name="label-create"),
    path("labels/<int:pk>/", label_pages.edit, name="label"),
    path("labels/<int:pk>/move/", label_pages.move, name="label-move"),
    path("labels/<int:pk>/archive/", label_pages.archive, name="label-archive"),
    path("labels/<int:pk>/restore/", label_pages.restore, name="label-restore"),
    path("labels/<int:pk>/delete/", label_pages.delete, name="label-delete"),
    path("exceeding/", pair_pages.excess, name="excess"),
    path("exceeding/<slug:key>/", pair_pages.exceeding_list, name="exceeding"),
]
urlpatterns = [
    path("", pair_pages.pair_list, name="list"),
    path("<slug:type_name>/<slug:other_type>/", include(of_a_pair)),
]
