"""A discrepancy may be corrected in the ledger. Words alone: no statement comes of them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0012_lines_by_amount'),
    ]

    operations = [
        migrations.AlterField(
            model_name='discrepancy',
            name='status',
            field=models.CharField(choices=[('open', 'open'), ('repaired', 'repaired'), ('resolved', 'resolved'), ('superseded', 'superseded'), ('withdrawn', 'withdrawn'), ('matched', 'matched by hand'), ('written_off', 'written off'), ('corrected', 'corrected')], default='open', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='discrepancyevent',
            name='act',
            field=models.CharField(choices=[('compared', 'compared again'), ('comment', 'comment'), ('take', 'taken over'), ('resolve', 'resolved'), ('expect', 'expected later'), ('ask', 'the provider is asked'), ('match', 'matched by hand'), ('write_off', 'written off'), ('correct', 'corrected'), ('decide', 'its attempt was decided'), ('undo', 'undone')], max_length=12, verbose_name='act'),
        ),
    ]
