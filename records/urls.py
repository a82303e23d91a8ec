from django.urls import path

from .views import board, lists, record

app_name = "records"
urlpatterns = [
    path("<int:pk>/", record.record_by_id, name="record-by-id"),
    path("<slug:type_name>/", lists.record_list, name="list"),
    path("<slug:type_name>/new/", lists.create, name="create"),
    path("<slug:type_name>/archive/", lists.archive_selected, name="archive-selected"),
    path("<slug:type_name>/restore/", lists.restore, name="restore"),
    path("<slug:type_name>/duplicates/", lists.duplicates, name="duplicates"),
    path("<slug:type_name>/<int:pk>/", record.record_page, name="record"),
    path("<slug:type_name>/<int:pk>/archive/", record.archive, name="archive"),
    path("<slug:type_name>/<int:pk>/properties/<slug:name>/", record.edit_property, name="property"),
    path("<slug:type_name>/<int:pk>/stage/", record.move_to_stage, name="stage"),
    path("<slug:type_name>/<int:pk>/move/", board.move, name="move"),
]
