"""A contact has one company, until an administrator raises the limit."""

from django.db import migrations


def create(apps, schema_editor):
    ObjectType = apps.get_model("records", "ObjectType")
    apps.get_model("associations", "AssociationLimit").objects.create(
        from_type=ObjectType.objects.get(name="contacts"),
        to_type=ObjectType.objects.get(name="companies"),
        maximum=1,
    )


class Migration(migrations.Migration):
    dependencies = [("associations", "0001_initial"), ("records", "0002_standard_types")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
