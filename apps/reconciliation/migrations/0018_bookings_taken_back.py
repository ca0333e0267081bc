"""The booking of a discrepancy may be taken back. Words alone: no statement comes of them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0017_fees_against_the_agreement'),
    ]

    operations = [
        migrations.AlterField(
            model_name='discrepancy',
            name='status',
            field=models.CharField(choices=[('open', 'open'), ('repaired', 'repaired'), ('resolved', 'resolved'), ('superseded', 'superseded'), ('withdrawn', 'withdrawn'), ('matched', 'matched by hand'), ('written_off', 'written off'), ('corrected', 'corrected'), ('taken_back', 'booking taken back')], default='open', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='discrepancyevent',
            name='act',
            field=models.CharField(choices=[('compared', 'compared again'), ('comment', 'comment'), ('take', 'taken over'), ('resolve', 'resolved'), ('expect', 'expected later'), ('ask', 'the provider is asked'), ('match', 'matched by hand'), ('write_off', 'written off'), ('correct', 'corrected'), ('take_back', 'booking taken back'), ('decide', 'its attempt was decided'), ('undo', 'undone')], max_length=12, verbose_name='act'),
        ),
    ]
