from django.db import migrations

from records import search


def install(apps, schema_editor):
    search.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("records", "0002_standard_types")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
