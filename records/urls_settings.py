from django.urls import include, path

from .views.settings import erasures, groups, objects, pipelines, properties

app_name = "settings"
of_a_type = [
    path("", objects.general, name="object"),
    path("archive/", objects.archive, name="object-archive"),
    path("restore/", objects.restore, name="object-restore"),
    path("properties/", properties.property_list, name="properties"),
    path("properties/new/", properties.create, name="property-create"),
    path("properties/preview/", properties.preview_formula, name="formula-preview"),
    path("properties/<slug:name>/edit/", properties.edit, name="property"),
    path("properties/<slug:name>/move/", properties.move, name="property-move"),
    path("properties/<slug:name>/archive/", properties.archive, name="property-archive"),
    path("properties/<slug:name>/restore/", properties.restore, name="property-restore"),
    path("properties/<slug:name>/type/", properties.change_type, name="property-type"),
    path("groups/new/", groups.create, name="group-create"),
    path("groups/<slug:name>/", groups.rename, name="group"),
    path("groups/<slug:name>/move/", groups.move, name="group-move"),
    path("groups/<slug:name>/delete/", groups.delete, name="group-delete"),
    path("pipelines/", pipelines.pipeline_list, name="pipelines"),
    path("pipelines/new/", pipelines.create, name="pipeline-create"),
    path("pipelines/<int:pk>/", pipelines.rename, name="pipeline"),
    path("pipelines/<int:pk>/move/", pipelines.move, name="pipeline-move"),
    path("pipelines/<int:pk>/delete/", pipelines.delete, name="pipeline-delete"),
    path("pipelines/<int:pk>/stages/new/", pipelines.create_stage, name="stage-create"),
    path("stages/<int:pk>/", pipelines.edit_stage, name="stage"),
    path("stages/<int:pk>/move/", pipelines.move_stage, name="stage-move"),
    path("stages/<int:pk>/delete/", pipelines.delete_stage, name="stage-delete"),
]
urlpatterns = [
    path("", objects.index, name="index"),
    path("deletions/", erasures.erasure_list, name="erasures"),
    path("objects/", objects.object_list, name="objects"),
    path("objects/new/", objects.create, name="object-create"),
    path("objects/<slug:type_name>/", include(of_a_type)),
]
