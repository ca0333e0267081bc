"""How lines find their attempts, and why they do not; the plans that say how.

Columns that are nullable or have a default of the database: no table is rewritten.
"""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0009_delay_bounded'),
        ('reconciliation', '0005_lines_say_what_was_asked'),
    ]

    operations = [
        migrations.CreateModel(
            name='MatchingPass',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('code', models.CharField(choices=[('provider_reference', "the provider's reference"), ('our_reference', 'our reference'), ('merchant_reference', "the merchant's reference, amount and day"), ('number', 'the number, amount and minute'), ('settlement', 'one total of a settlement'), ('settlement_parts', 'several totals of a settlement')], max_length=20, verbose_name='pass')),
                ('window', models.PositiveIntegerField(default=0, verbose_name='window')),
            ],
            options={
                'verbose_name': 'pass',
                'verbose_name_plural': 'passes',
            },
        ),
        migrations.CreateModel(
            name='MatchingPlan',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('report_delay_days', models.PositiveSmallIntegerField(verbose_name='days until it is reported')),
                ('tolerance', models.PositiveSmallIntegerField(verbose_name='allowed difference')),
                ('created_at', models.DateTimeField(verbose_name='created')),
            ],
            options={
                'verbose_name': 'matching plan',
                'verbose_name_plural': 'matching plans',
            },
        ),
        migrations.AddField(
            model_name='statementline',
            name='matched_by',
            field=models.CharField(blank=True, choices=[('provider_reference', "the provider's reference"), ('our_reference', 'our reference'), ('merchant_reference', "the merchant's reference, amount and day"), ('number', 'the number, amount and minute'), ('settlement', 'one total of a settlement'), ('settlement_parts', 'several totals of a settlement')], db_column='pass', db_default='', default='', max_length=20, verbose_name='pass'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='merchant_reference',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name="merchant's reference"),
        ),
        migrations.AddField(
            model_name='statementline',
            name='number_index',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='statementline',
            name='our_value',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='ours'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='reason',
            field=models.CharField(blank=True, db_default='', default='', max_length=24, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='settlement_line_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='settled by'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='settlement_reference',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='settlement'),
        ),
        migrations.AddField(
            model_name='statementline',
            name='their_value',
            field=models.CharField(blank=True, db_default='', default='', max_length=64, verbose_name='theirs'),
        ),
        migrations.AlterField(
            model_name='discrepancy',
            name='kind',
            field=models.CharField(choices=[('unreadable_line', 'unreadable line'), ('unknown_to_us', 'the provider has it, we do not'), ('unknown_to_them', 'we have it, the provider does not'), ('amount_differs', 'the amounts differ'), ('currency_differs', 'the currencies differ'), ('status_differs', 'the outcomes differ'), ('fee_differs', 'the fees differ'), ('duplicate_line', 'the same movement twice'), ('settlement_differs', 'the settlement does not add up'), ('contradiction', 'the provider contradicted itself'), ('missing_statement', 'no report of the day')], max_length=24, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='matchingplan',
            name='provider_account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='matching_plans', to='providers.provideraccount'),
        ),
        migrations.AddField(
            model_name='matchingpass',
            name='plan',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='passes', to='reconciliation.matchingplan'),
        ),
        migrations.AddConstraint(
            model_name='matchingplan',
            constraint=models.UniqueConstraint(fields=('provider_account', 'number'), name='matching_plan_number'),
        ),
        migrations.AddConstraint(
            model_name='matchingplan',
            constraint=models.CheckConstraint(condition=models.Q(('report_delay_days__lte', 10), ('tolerance__lte', 5)), name='matching_plan_bounds'),
        ),
        migrations.AddConstraint(
            model_name='matchingpass',
            constraint=models.UniqueConstraint(fields=('plan', 'position'), name='matching_pass_position'),
        ),
        migrations.AddConstraint(
            model_name='matchingpass',
            constraint=models.UniqueConstraint(fields=('plan', 'code'), name='matching_pass_once'),
        ),
    ]
