from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("associations", "0005_primary_companies"),
        ("records", "0009_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="associationevent",
            index=models.Index(
                condition=models.Q(("label__isnull", False)),
                fields=["label"],
                name="associations_event_label",
            ),
        ),
    ]
