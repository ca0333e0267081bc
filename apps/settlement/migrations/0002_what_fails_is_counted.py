"""How often the closing and paying of settlements failed. Beside the traffic; can be run again.
Processes of the release before insert rows without the columns: the database fills them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0009_settlement_delay'),
        ('settlement', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='settlement',
            name='failing_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='failing since'),
        ),
        migrations.AddField(
            model_name='settlement',
            name='failure',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure'),
        ),
        migrations.AddField(
            model_name='settlement',
            name='failures',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row'),
        ),
        migrations.AddField(
            model_name='settlementcycle',
            name='failing_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='failing since'),
        ),
        migrations.AddField(
            model_name='settlementcycle',
            name='failure',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure'),
        ),
        migrations.AddField(
            model_name='settlementcycle',
            name='failures',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row'),
        ),
        AddIndexConcurrently(
            model_name='settlement',
            index=models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='settlement_failing'),
        ),
        AddIndexConcurrently(
            model_name='settlementcycle',
            index=models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='settlement_cycle_failing'),
        ),
    ]
