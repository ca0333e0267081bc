"""Names in the code only: the columns keep theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("providers", "0002_callbacks_beyond_the_kept")]

    operations = [
        migrations.AlterField(
            "provideraccount", "credentials_sealed", models.BinaryField(db_column="credentials_sealed")
        ),
        migrations.RenameField("provideraccount", "credentials_sealed", "credentials_encrypted"),
        migrations.AlterField(
            "callback", "body_sealed", models.BinaryField(db_column="body_sealed")
        ),
        migrations.RenameField("callback", "body_sealed", "body_encrypted"),
    ]
