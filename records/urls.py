from django.urls import path

from .views import attachments, bin, board, duplicates, erasing, exports, list_actions, lists, record, saved_views

app_name = "records"
urlpatterns = [
    path("<int:pk>/", record.record_by_id, name="record-by-id"),
    path("attachments/<int:pk>/<str:name>", attachments.download, name="attachment"),
    path("<slug:type_name>/", lists.record_list, name="list"),
    path("<slug:type_name>/new/", lists.create, name="create"),
    path("<slug:type_name>/archive/", lists.archive_selected, name="archive-selected"),
    path("<slug:type_name>/actions/<slug:name>/", list_actions.act, name="list-action"),
    path("<slug:type_name>/export/", exports.export, name="export"),
    path("<slug:type_name>/restore/", bin.restore, name="restore"),
    path("<slug:type_name>/bin/", bin.recycle_bin, name="bin"),
    path("<slug:type_name>/bin/delete/", erasing.delete_selected, name="delete-selected"),
    path("<slug:type_name>/duplicates/", lists.duplicates, name="duplicates"),
    path("<slug:type_name>/possible-duplicates/", duplicates.possible_duplicates, name="possible-duplicates"),
    path("<slug:type_name>/possible-duplicates/search/", duplicates.search_again, name="search-duplicates"),
    path("<slug:type_name>/possible-duplicates/<int:pk>/dismiss/", duplicates.dismiss, name="pair-dismiss"),
    path("<slug:type_name>/possible-duplicates/<int:pk>/reopen/", duplicates.reopen, name="pair-reopen"),
    path("<slug:type_name>/views/", saved_views.view_list, name="views"),
    path("<slug:type_name>/views/new/", saved_views.create, name="view-create"),
    path("<slug:type_name>/views/<int:pk>/", saved_views.open_view, name="view"),
    path("<slug:type_name>/views/<int:pk>/edit/", saved_views.edit, name="view-edit"),
    path("<slug:type_name>/views/<int:pk>/save/", saved_views.save, name="view-save"),
    path("<slug:type_name>/views/<int:pk>/delete/", saved_views.delete, name="view-delete"),
    path("<slug:type_name>/views/<int:pk>/pin/", saved_views.change_pins, name="view-pin"),
    path("<slug:type_name>/<int:pk>/", record.record_page, name="record"),
    path("<slug:type_name>/<int:pk>/erase/", erasing.erase_record, name="erase"),
    path("<slug:type_name>/<int:pk>/archive/", record.archive, name="archive"),
    path("<slug:type_name>/<int:pk>/attachments/", attachments.record_attachments, name="attachments"),
    path(
        "<slug:type_name>/<int:pk>/attachments/<int:attachment_pk>/remove/",
        attachments.remove,
        name="attachment-remove",
    ),
    path("<slug:type_name>/<int:pk>/properties/<slug:name>/", record.edit_property, name="property"),
    path("<slug:type_name>/<int:pk>/stage/", record.move_to_stage, name="stage"),
    path("<slug:type_name>/<int:pk>/move/", board.move, name="move"),
]
