"""Credentials that wait for a second person. A new table: no row of another is written."""

import apps.core.public_ids
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("providers", "0009_delay_bounded")]

    operations = [
        migrations.CreateModel(
            name="StagedCredentials",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.public_ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account_id",
                    models.UUIDField(db_index=True, verbose_name="provider account"),
                ),
                ("secrets_encrypted", models.BinaryField()),
                ("created_at", models.DateTimeField(verbose_name="created")),
            ],
            options={
                "verbose_name": "credentials that wait for approval",
                "verbose_name_plural": "credentials that wait for approval",
            },
        ),
    ]
