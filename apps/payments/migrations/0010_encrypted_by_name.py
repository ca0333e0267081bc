"""Names in the code only: the columns keep theirs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0009_room_for_updates")]

    operations = [
        migrations.AlterField(
            "payment", "payer_msisdn_sealed", models.BinaryField(db_column="payer_msisdn_sealed")
        ),
        migrations.RenameField("payment", "payer_msisdn_sealed", "payer_msisdn_encrypted"),
        migrations.AlterField(
            "attempt", "memory_sealed", models.BinaryField(db_column="memory_sealed", null=True, blank=True)
        ),
        migrations.RenameField("attempt", "memory_sealed", "memory_encrypted"),
    ]
