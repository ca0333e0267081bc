"""Names in the code only: the columns keep theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("webhooks", "0009_a_pause_by_an_ended_consent")]

    operations = [
        migrations.AlterField(
            "endpoint", "secret_sealed", models.BinaryField(db_column="secret_sealed")
        ),
        migrations.RenameField("endpoint", "secret_sealed", "secret_encrypted"),
        migrations.AlterField(
            "endpoint", "previous_secret_sealed", models.BinaryField(db_column="previous_secret_sealed", null=True, blank=True)
        ),
        migrations.RenameField("endpoint", "previous_secret_sealed", "previous_secret_encrypted"),
    ]
