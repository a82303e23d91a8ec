"""The pipelines of an object type and their stages."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records import data_model
from records.definition import Definition
from records.http import Request
from records.models import ObjectType, Pipeline, Stage
from records.settings_forms.common import free_name
from records.settings_forms.pipelines import NewPipelineForm, PipelineForm, StageForm, TargetForm
from records.views.common import by, object_type_or_404

from .common import administrators_only, done, form_page, posted, saved, type_page


def pipeline_or_404(type_name: str, pk: int) -> Pipeline:
    """Return the pipeline of that id. Raises Http404."""
    for pipeline in object_type_or_404(type_name).pipelines:
        if pipeline.pk == pk:
            return pipeline
    raise Http404(_("There is no such pipeline."))


def stage_or_404(type_name: str, pk: int) -> Stage:
    """Return the stage of that id. Raises Http404."""
    stage = object_type_or_404(type_name).stages.get(pk)
    if stage is None:
        raise Http404(_("There is no such stage."))
    return stage


def tab(kind: ObjectType) -> str:
    """Return the address of a type's pipelines."""
    return reverse("settings:pipelines", args=[kind.name])


def pipeline_definition(pipeline: Pipeline, given: Definition) -> Definition:
    """Return a definition of a type that says this of a pipeline."""
    return {"objects": {pipeline.object_type.name: {"pipelines": {pipeline.name: given}}}}


@administrators_only
def pipeline_list(request: Request, type_name: str) -> HttpResponse:
    """List the pipelines with their stages, and how many records stand in each."""
    kind = object_type_or_404(type_name)
    counts = data_model.records_by_stage(kind)
    pipelines = [
        {
            "pipeline": pipeline,
            "can_go": len(kind.pipelines) > 1 or kind.is_custom,
            "stages": [{"stage": stage, "count": counts.get(stage.pk, 0)} for stage in pipeline.stage_list],
        }
        for pipeline in kind.pipelines
    ]
    return type_page(request, "pipelines", kind, pipelines=pipelines)


@administrators_only
def create(request: Request, type_name: str) -> HttpResponse:
    """Add a pipeline."""
    kind = object_type_or_404(type_name)
    form = NewPipelineForm(posted(request))
    if form.is_valid():
        label = form.cleaned_data["label"]
        name = free_name(label, {one.name for one in kind.pipelines}, "pipeline")
        path = f"{kind.name}.pipelines.{name}"
        if saved(form, path, {"objects": {kind.name: {"pipelines": {name: form.definition}}}}, new=True):
            return done(request, _("%(name)s added.") % {"name": label}, tab(kind))
    return form_page(request, form, title=_("Add pipeline"), submit=_("Add"), back=tab(kind))


@administrators_only
def rename(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Rename a pipeline."""
    pipeline = pipeline_or_404(type_name, pk)
    kind = pipeline.object_type
    form = PipelineForm(posted(request), initial={"label": pipeline.label})
    if form.is_valid():
        path = f"{kind.name}.pipelines.{pipeline.name}"
        if saved(form, path, pipeline_definition(pipeline, form.definition)):
            return done(request, _("Saved."), tab(kind))
    return form_page(request, form, title=_("Rename pipeline"), submit=_("Save"), back=tab(kind))


@administrators_only
def create_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Add a stage to a pipeline."""
    pipeline = pipeline_or_404(type_name, pk)
    form = StageForm(posted(request))
    if form.is_valid():
        label = form.cleaned_data["label"]
        name = free_name(label, {one.name for one in pipeline.stage_list}, "stage")
        if _stage_saved(form, pipeline, name, new=True):
            return done(request, _("%(name)s added.") % {"name": label}, tab(pipeline.object_type))
    return form_page(request, form, title=_("Add stage"), submit=_("Add"), back=tab(pipeline.object_type))


@administrators_only
def edit_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Change a stage."""
    stage = stage_or_404(type_name, pk)
    kind = stage.pipeline.object_type
    form = StageForm(posted(request), stage=stage)
    if form.is_valid() and _stage_saved(form, stage.pipeline, stage.name):
        return done(request, _("Saved."), tab(kind))
    return form_page(request, form, title=str(stage), submit=_("Save"), back=tab(kind))


def _stage_saved(form: StageForm, pipeline: Pipeline, name: str, *, new: bool = False) -> bool:
    path = f"{pipeline.object_type.name}.pipelines.{pipeline.name}.stages.{name}"
    return saved(form, path, pipeline_definition(pipeline, {"stages": {name: form.definition}}), new=new)


@administrators_only
@require_POST
def move(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Move a pipeline up or down; new records begin in the first one."""
    pipeline = pipeline_or_404(type_name, pk)
    data_model.move(
        pipeline, Pipeline.objects.filter(object_type=pipeline.object_type_id), up="up" in request.POST
    )
    return redirect(f"{tab(pipeline.object_type)}#pipeline-{pipeline.pk}")


@administrators_only
@require_POST
def move_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Move a stage up or down within its pipeline."""
    stage = stage_or_404(type_name, pk)
    data_model.move(stage, Stage.objects.filter(pipeline=stage.pipeline_id), up="up" in request.POST)
    return redirect(f"{tab(stage.pipeline.object_type)}#stage-{stage.pk}")


@administrators_only
def delete(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Ask where the records of a pipeline go, and delete it with its stages."""
    pipeline = pipeline_or_404(type_name, pk)
    kind = pipeline.object_type
    counts = data_model.records_by_stage(kind)
    count = sum(counts.get(stage.pk, 0) for stage in pipeline.stage_list)
    others = [stage for stage in kind.stages.values() if stage.pipeline != pipeline]
    is_last = not others
    form = TargetForm(others, 0 if is_last else count, posted(request))
    if form.is_valid():
        try:
            moved = data_model.delete_pipeline(pipeline, target=form.target, by=by(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return done(request, _moved_text(moved) % {"name": pipeline, "count": moved}, tab(kind))
    text = _("Its stages go with it.")
    if is_last and count:
        text = _("It is the only one, and records stand in it: add another first, for them to go to.")
    elif is_last:
        text = _("It is the only one: without it these records have no stages.")
    return form_page(
        request,
        form,
        title=_("Delete pipeline “%(name)s”?") % {"name": pipeline},
        submit=_("Delete"),
        back=tab(kind),
        text=text,
        danger=True,
    )


@administrators_only
def delete_stage(request: Request, type_name: str, pk: int) -> HttpResponse:
    """Ask where the records of a stage go, and delete it."""
    stage = stage_or_404(type_name, pk)
    kind = stage.pipeline.object_type
    count = data_model.records_by_stage(kind).get(stage.pk, 0)
    form = TargetForm([one for one in kind.stages.values() if one != stage], count, posted(request))
    if form.is_valid():
        try:
            moved = data_model.delete_stage(stage, target=form.target, by=by(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return done(request, _moved_text(moved) % {"name": stage, "count": moved}, tab(kind))
    texts = [] if count else [_("No record stands in it.")]
    required = [
        prop.title
        for prop in kind.properties.values()
        if prop.required_from.get(stage.pipeline.name) == stage.name
    ]
    if required:
        texts.append(
            _("What is required from it on will be so from the next stage: %(properties)s.")
            % {"properties": ", ".join(required)}
        )
    return form_page(
        request,
        form,
        title=_("Delete stage “%(name)s”?") % {"name": stage},
        submit=_("Delete"),
        back=tab(kind),
        text=" ".join(texts),
        danger=True,
    )


def _moved_text(moved: int) -> str:
    return ngettext(
        "%(name)s deleted; %(count)s record moved.", "%(name)s deleted; %(count)s records moved.", moved
    )
