"""What the lines of each statement came to. Those of before are counted by the beat."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0015_fewer_index_entries'),
    ]

    operations = [
        migrations.CreateModel(
            name='StatementFigures',
            fields=[
                ('statement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='figures', serialize=False, to='reconciliation.statement')),
                ('day', models.DateField(verbose_name='day')),
                ('matched', models.PositiveIntegerField(db_default=0, default=0, verbose_name='matched lines')),
                ('by_hand', models.PositiveIntegerField(db_default=0, default=0, verbose_name='matched by hand')),
                ('exceptions', models.PositiveIntegerField(db_default=0, default=0, verbose_name='exceptions')),
                ('changed_at', models.DateTimeField(blank=True, null=True, verbose_name='to be counted again since')),
            ],
            options={
                'verbose_name': 'figures of a statement',
                'verbose_name_plural': 'reconciliation in numbers',
                'indexes': [models.Index(fields=['day'], name='statement_figures_day'), models.Index(condition=models.Q(('changed_at__isnull', False)), fields=['changed_at'], name='statement_figures_changed')],
                'constraints': [models.CheckConstraint(condition=models.Q(('by_hand__lte', models.F('matched'))), name='statement_figures_by_hand')],
            },
        ),
    ]
