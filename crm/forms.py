from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Forms look for their templates among the project's own first."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
