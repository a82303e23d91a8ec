import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0008_shared_views_outlive_their_owner"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="when"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        editable=False,
                        max_length=10,
                        verbose_name="from",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("edit", "edit"),
                            ("bulk", "bulk change"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("merge", "merge"),
                            ("undo", "undo"),
                        ],
                        default="edit",
                        editable=False,
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "summary",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Such as the name of a file.",
                        max_length=255,
                        verbose_name="summary",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "score",
                    models.PositiveSmallIntegerField(help_text="From 0 to 100.", verbose_name="likeness"),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("email", "same email"),
                            ("domain", "same domain"),
                            ("phone", "same phone"),
                            ("name", "similar name"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="found")),
                ("dismissed_at", models.DateTimeField(null=True, verbose_name="not a duplicate since")),
            ],
            options={
                "verbose_name": "possible duplicate",
                "verbose_name_plural": "possible duplicates",
                "ordering": ("-score", "id"),
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="when"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        max_length=10,
                        verbose_name="from",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("manual", "deleted from the recycle bin"),
                            ("expired", "its time in the recycle bin was over"),
                            ("privacy", "erased for data protection"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("record_id", models.PositiveBigIntegerField(db_index=True, verbose_name="record")),
                ("reason", models.CharField(blank=True, max_length=255, verbose_name="reason")),
                ("counts", models.JSONField(default=dict, verbose_name="what was deleted")),
            ],
            options={
                "verbose_name": "permanent deletion",
                "verbose_name_plural": "permanent deletions",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="HistoricalCompany",
            fields=[
                (
                    "record_ptr",
                    models.ForeignKey(
                        auto_created=True,
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        parent_link=True,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, editable=False, max_length=255, verbose_name="name"),
                ),
                ("properties", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        default="page",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last changed"
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
                ("name", models.CharField(blank=True, default="", max_length=255, verbose_name="name")),
                ("domain", models.CharField(blank=True, default="", max_length=253, verbose_name="domain")),
                (
                    "industry",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="industry"),
                ),
                (
                    "numberofemployees",
                    models.PositiveBigIntegerField(blank=True, null=True, verbose_name="number of employees"),
                ),
                (
                    "annualrevenue",
                    models.DecimalField(
                        blank=True, decimal_places=2, max_digits=18, null=True, verbose_name="annual revenue"
                    ),
                ),
                ("phone", models.CharField(blank=True, default="", max_length=60, verbose_name="phone")),
                ("website", models.CharField(blank=True, default="", max_length=500, verbose_name="website")),
                (
                    "address",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="street address"),
                ),
                ("city", models.CharField(blank=True, default="", max_length=100, verbose_name="city")),
                (
                    "state",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="state or region"),
                ),
                ("zip", models.CharField(blank=True, default="", max_length=30, verbose_name="postal code")),
                ("country", models.CharField(blank=True, default="", max_length=100, verbose_name="country")),
                ("type", models.CharField(blank=True, default="", max_length=100, verbose_name="type")),
                (
                    "lifecyclestage",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="lifecycle stage"),
                ),
                (
                    "description",
                    models.TextField(blank=True, default="", max_length=65536, verbose_name="description"),
                ),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical company",
                "verbose_name_plural": "historical companies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalContact",
            fields=[
                (
                    "record_ptr",
                    models.ForeignKey(
                        auto_created=True,
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        parent_link=True,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, editable=False, max_length=255, verbose_name="name"),
                ),
                ("properties", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        default="page",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last changed"
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
                ("email", models.CharField(blank=True, default="", max_length=254, verbose_name="email")),
                (
                    "firstname",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="first name"),
                ),
                (
                    "lastname",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="last name"),
                ),
                ("phone", models.CharField(blank=True, default="", max_length=60, verbose_name="phone")),
                (
                    "mobilephone",
                    models.CharField(blank=True, default="", max_length=60, verbose_name="mobile phone"),
                ),
                (
                    "jobtitle",
                    models.CharField(blank=True, default="", max_length=150, verbose_name="job title"),
                ),
                (
                    "company_name",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="company name"),
                ),
                ("website", models.CharField(blank=True, default="", max_length=500, verbose_name="website")),
                (
                    "address",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="street address"),
                ),
                ("city", models.CharField(blank=True, default="", max_length=100, verbose_name="city")),
                (
                    "state",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="state or region"),
                ),
                ("zip", models.CharField(blank=True, default="", max_length=30, verbose_name="postal code")),
                ("country", models.CharField(blank=True, default="", max_length=100, verbose_name="country")),
                (
                    "lifecyclestage",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="lifecycle stage"),
                ),
                (
                    "hs_lead_status",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="lead status"),
                ),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical contact",
                "verbose_name_plural": "historical contacts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCustomRecord",
            fields=[
                (
                    "record_ptr",
                    models.ForeignKey(
                        auto_created=True,
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        parent_link=True,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, editable=False, max_length=255, verbose_name="name"),
                ),
                ("properties", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        default="page",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last changed"
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical custom record",
                "verbose_name_plural": "historical custom records",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDeal",
            fields=[
                (
                    "record_ptr",
                    models.ForeignKey(
                        auto_created=True,
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        parent_link=True,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, editable=False, max_length=255, verbose_name="name"),
                ),
                ("properties", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        default="page",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last changed"
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
                (
                    "dealname",
                    models.CharField(blank=True, default="", max_length=255, verbose_name="deal name"),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=18,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="amount",
                    ),
                ),
                (
                    "deal_currency_code",
                    models.CharField(blank=True, default="", max_length=3, verbose_name="currency"),
                ),
                ("closedate", models.DateField(blank=True, null=True, verbose_name="close date")),
                (
                    "dealtype",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="deal type"),
                ),
                (
                    "hs_priority",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="priority"),
                ),
                (
                    "description",
                    models.TextField(blank=True, default="", max_length=65536, verbose_name="description"),
                ),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical deal",
                "verbose_name_plural": "historical deals",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalTicket",
            fields=[
                (
                    "record_ptr",
                    models.ForeignKey(
                        auto_created=True,
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        parent_link=True,
                        related_name="+",
                        to="records.record",
                    ),
                ),
                (
                    "display_name",
                    models.CharField(blank=True, editable=False, max_length=255, verbose_name="name"),
                ),
                ("properties", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("page", "record page"),
                            ("list", "list"),
                            ("admin", "administration"),
                            ("import", "import"),
                            ("rule", "rule"),
                            ("api", "API"),
                        ],
                        default="page",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="last changed"
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived"),
                ),
                ("subject", models.CharField(blank=True, default="", max_length=255, verbose_name="subject")),
                (
                    "content",
                    models.TextField(blank=True, default="", max_length=65536, verbose_name="description"),
                ),
                (
                    "hs_ticket_priority",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="priority"),
                ),
                (
                    "hs_ticket_category",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="category"),
                ),
                (
                    "source_type",
                    models.CharField(blank=True, default="", max_length=100, verbose_name="source"),
                ),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical ticket",
                "verbose_name_plural": "historical tickets",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="record",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["object_type", "archived_at", "id"],
                name="records_record_archived",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="records_record_merged",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="actor",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="undoes",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="undone_by",
                to="records.change",
                verbose_name="undoes",
            ),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="dismissed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="object_type",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.objecttype",
            ),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="record_a",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="duplicatepair",
            name="record_b",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.record"
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="actor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="object_type",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="records.objecttype",
                verbose_name="object type",
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="change",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.change"
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="updated_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="change",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.change"
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="updated_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="change",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.change"
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="pipeline",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.pipeline",
                verbose_name="pipeline",
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="stage",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.stage",
                verbose_name="stage",
            ),
        ),
        migrations.AddField(
            model_name="historicalcustomrecord",
            name="updated_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="change",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.change"
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="dealstage",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.stage",
                verbose_name="stage",
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="pipeline",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.pipeline",
                verbose_name="pipeline",
            ),
        ),
        migrations.AddField(
            model_name="historicaldeal",
            name="updated_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="change",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="records.change"
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="hs_pipeline",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.pipeline",
                verbose_name="pipeline",
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="hs_pipeline_stage",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.stage",
                verbose_name="stage",
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="records.record",
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicalticket",
            name="updated_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["kind", "id"], name="records_change_kind"),
        ),
        migrations.AddIndex(
            model_name="duplicatepair",
            index=models.Index(
                condition=models.Q(("dismissed_at__isnull", True)),
                fields=["object_type", "score", "id"],
                name="records_duplicate_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.UniqueConstraint(
                fields=("record_a", "record_b"), name="records_duplicate_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="duplicatepair",
            constraint=models.CheckConstraint(
                condition=models.Q(("record_a__lt", models.F("record_b"))), name="records_duplicate_order"
            ),
        ),
        migrations.AddIndex(
            model_name="historicalcompany",
            index=models.Index(fields=["record_ptr", "history_id"], name="records_company_past"),
        ),
        migrations.AddIndex(
            model_name="historicalcontact",
            index=models.Index(fields=["record_ptr", "history_id"], name="records_contact_past"),
        ),
        migrations.AddIndex(
            model_name="historicalcustomrecord",
            index=models.Index(fields=["record_ptr", "history_id"], name="records_customrecord_past"),
        ),
        migrations.AddIndex(
            model_name="historicaldeal",
            index=models.Index(fields=["record_ptr", "history_id"], name="records_deal_past"),
        ),
        migrations.AddIndex(
            model_name="historicalticket",
            index=models.Index(fields=["record_ptr", "history_id"], name="records_ticket_past"),
        ),
    ]
