import uuid

from django.db import migrations, models

_ = str  # marks what readers see, for translation

FACTS = [
    ("notes_last_contacted", _("Last contacted"), "datetime", "last_contacted_at"),
    ("notes_next_activity_date", _("Next activity"), "datetime", "next_activity_at"),
    ("num_notes", _("Number of activities"), "number", "activity_count"),
]


def create(apps, schema_editor):
    PropertyGroup = apps.get_model("records", "PropertyGroup")
    Property = apps.get_model("records", "Property")
    for group in PropertyGroup.objects.filter(name="record", object_type__is_activity=False):
        rows = Property.objects.filter(object_type=group.object_type_id)
        taken = set(rows.values_list("name", flat=True))
        places = rows.filter(group=group).order_by("-position").values_list("position", flat=True)
        for place, (name, label, field_type, column) in enumerate(FACTS, (places.first() or 0) + 1):
            # What users have defined by that name stays what it is.
            if name not in taken:
                Property.objects.create(
                    object_type_id=group.object_type_id,
                    group=group,
                    name=name,
                    label=label,
                    field_type=field_type,
                    column=column,
                    read_only=True,
                    position=place,
                )
    apps.get_model("records", "DataModelStamp").objects.filter(pk=1).update(stamp=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [("records", "0015_attachments")]
    operations = [
        migrations.AddField(
            model_name="record",
            name="activity_count",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="number of activities"),
        ),
        migrations.AddField(
            model_name="record",
            name="last_contacted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last contacted"),
        ),
        migrations.AddField(
            model_name="record",
            name="next_activity_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="next activity"),
        ),
        migrations.RunPython(create, migrations.RunPython.noop, elidable=False),
    ]
