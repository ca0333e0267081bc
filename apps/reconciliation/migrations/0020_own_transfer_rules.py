"""Rules for transfers between our accounts, and the indexes by which theirs are found again."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import apps.core.public_ids


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0009_delay_bounded'),
        ('reconciliation', '0019_lines_look_up_no_statement'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnTransferRule',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('from_text', models.CharField(blank=True, max_length=64, verbose_name='in the line that leaves')),
                ('to_text', models.CharField(blank=True, max_length=64, verbose_name='in the line that comes in')),
                ('days', models.PositiveSmallIntegerField(verbose_name='days until it has come')),
                ('tolerance', models.PositiveSmallIntegerField(default=0, verbose_name='allowed difference')),
                ('starts_on', models.DateField(verbose_name='holds from')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('from_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules_out', to='providers.provideraccount', verbose_name='the money leaves')),
                ('to_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules_in', to='providers.provideraccount', verbose_name='the money comes into')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who sees to what is missing')),
            ],
            options={
                'verbose_name': 'rule for own transfers',
                'verbose_name_plural': 'rules for own transfers',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('from_account', models.F('to_account')), _negated=True), name='own_transfer_rule_two_accounts'),
                    models.CheckConstraint(condition=models.Q(models.Q(('from_text', ''), ('to_text', ''), _negated=True), ('days__lte', 10), ('tolerance__lte', 5), models.Q(('ends_on', None), ('ends_on__gte', models.F('starts_on')), _connector='OR')), name='own_transfer_rule_bounds'),
                    models.UniqueConstraint(condition=models.Q(('ends_on', None)), fields=('name',), name='own_transfer_rule_name'),
                ],
            },
        ),
        migrations.AlterField(
            model_name='matchingpass',
            name='code',
            field=models.CharField(choices=[('provider_reference', "the provider's reference"), ('our_reference', 'our reference'), ('merchant_reference', "the merchant's reference, amount and day"), ('number', 'the number, amount and minute'), ('settlement', 'one total of a settlement'), ('settlement_parts', 'several totals of a settlement'), ('reversal', 'a payment taken back'), ('own_transfer', 'a transfer between our own accounts'), ('own_rule', 'a transfer between our own accounts, by a rule')], max_length=20, verbose_name='pass'),
        ),
        migrations.AlterField(
            model_name='statementline',
            name='matched_by',
            field=models.CharField(blank=True, choices=[('provider_reference', "the provider's reference"), ('our_reference', 'our reference'), ('merchant_reference', "the merchant's reference, amount and day"), ('number', 'the number, amount and minute'), ('settlement', 'one total of a settlement'), ('settlement_parts', 'several totals of a settlement'), ('reversal', 'a payment taken back'), ('own_transfer', 'a transfer between our own accounts'), ('own_rule', 'a transfer between our own accounts, by a rule'), ('by_hand', 'by hand')], db_column='pass', db_default='', default='', max_length=20, verbose_name='pass'),
        ),
        migrations.AlterField(
            model_name='statementline',
            name='operation',
            field=models.CharField(blank=True, choices=[('collect', 'collect'), ('refund', 'refund'), ('disburse', 'disburse'), ('sweep', 'sweep'), ('returned', 'came back')], db_default='', default='', max_length=12, verbose_name='operation'),
        ),
        AddIndexConcurrently(
            model_name='statementline',
            index=models.Index(condition=models.Q(('matched_by', 'own_rule')), fields=['amount'], name='statement_line_own_rule'),
        ),
        AddIndexConcurrently(
            model_name='statementline',
            index=models.Index(condition=models.Q(('matched_by__in', ('own_transfer', 'own_rule'))), fields=['settlement_line_id'], name='statement_line_other_side'),
        ),
    ]
