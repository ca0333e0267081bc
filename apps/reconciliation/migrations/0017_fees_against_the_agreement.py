"""What providers charge beside what was agreed. Statements of before are counted by the beat."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

import apps.core.public_ids


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0016_figures_of_statements'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeeFigures',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='day')),
                ('operation', models.CharField(choices=[('collect', 'collect'), ('refund', 'refund'), ('disburse', 'disburse')], max_length=12, verbose_name='operation')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('lines', models.PositiveIntegerField(verbose_name='lines')),
                ('differing', models.PositiveIntegerField(verbose_name='fees that differ')),
                ('amount', models.BigIntegerField(verbose_name='amount')),
                ('charged', models.BigIntegerField(verbose_name='charged')),
                ('expected', models.BigIntegerField(blank=True, null=True, verbose_name='agreed')),
                ('statement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='fee_figures', to='reconciliation.statement')),
            ],
            options={
                'verbose_name': 'fees of a statement',
                'verbose_name_plural': 'fees against the agreement',
                'indexes': [models.Index(fields=['day'], name='fee_figures_day')],
                'constraints': [
                    models.UniqueConstraint(fields=('statement', 'operation', 'currency'), name='fee_figures_once'),
                    models.CheckConstraint(condition=Q(differing__lte=F('lines')) & (Q(expected__isnull=False) | Q(differing=0)), name='fee_figures_differing'),
                ],
            },
        ),
        migrations.AddField(
            model_name='statementfigures',
            name='are_fees_counted',
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddIndexConcurrently(
            model_name='statementfigures',
            index=models.Index(condition=Q(are_fees_counted=False), fields=['day'], name='statement_figures_no_fees'),
        ),
    ]
