"""The days that reports cover, withdrawals, and which line counts.

Columns that are nullable or have a default of the database: no table is rewritten.
"""

import apps.core.public_ids
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0001_initial'),
        ('reconciliation', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StatementDay',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='day')),
                ('is_whole', models.BooleanField(verbose_name='whole day')),
            ],
            options={
                'verbose_name': 'covered day',
                'verbose_name_plural': 'covered days',
            },
        ),
        migrations.CreateModel(
            name='StatementWithdrawal',
            fields=[
                ('statement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='withdrawal', serialize=False, to='reconciliation.statement')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('withdrawn_at', models.DateTimeField(verbose_name='withdrawn')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
            ],
            options={
                'verbose_name': 'withdrawn statement',
                'verbose_name_plural': 'withdrawn statements',
            },
        ),
        migrations.AddField(
            model_name='discrepancy',
            name='day',
            field=models.DateField(blank=True, null=True, verbose_name='day'),
        ),
        migrations.AddField(
            model_name='statement',
            name='days',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='days covered'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='counted_as_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='counted as'),
        ),
        migrations.AlterField(
            model_name='discrepancy',
            name='kind',
            field=models.CharField(choices=[('unreadable_line', 'unreadable line'), ('unknown_to_us', 'the provider has it, we do not'), ('unknown_to_them', 'we have it, the provider does not'), ('amount_differs', 'the amounts differ'), ('currency_differs', 'the currencies differ'), ('status_differs', 'the outcomes differ'), ('fee_differs', 'the fees differ'), ('duplicate_line', 'the same movement twice'), ('contradiction', 'the provider contradicted itself'), ('missing_statement', 'no report of the day')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='discrepancy',
            name='status',
            field=models.CharField(choices=[('open', 'open'), ('repaired', 'repaired'), ('resolved', 'resolved'), ('superseded', 'superseded'), ('withdrawn', 'withdrawn')], default='open', max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='statement',
            name='status',
            field=models.CharField(choices=[('staged', 'staged'), ('matched', 'matched'), ('withdrawn', 'withdrawn')], max_length=12, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='statementline',
            name='match',
            field=models.CharField(choices=[('waiting', 'waiting'), ('matched', 'matched'), ('exception', 'exception'), ('seen_before', 'seen before'), ('superseded', 'superseded')], default='waiting', max_length=12, verbose_name='match'),
        ),
        migrations.AddField(
            model_name='statementday',
            name='provider_account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='providers.provideraccount'),
        ),
        migrations.AddField(
            model_name='statementday',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='covered_days', to='reconciliation.statement'),
        ),
        migrations.AddField(
            model_name='statementwithdrawal',
            name='approved_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statementwithdrawal',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='statementday',
            constraint=models.UniqueConstraint(fields=('provider_account', 'day', 'statement'), name='statement_day_once'),
        ),
        migrations.AddConstraint(
            model_name='statementwithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('requested_by', models.F('approved_by')), _negated=True), name='statement_withdrawal_by_two'),
        ),
    ]
