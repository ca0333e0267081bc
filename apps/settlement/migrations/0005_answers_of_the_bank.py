"""What our bank answers to a file: tables of their own."""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('settlement', '0004_what_has_not_ended'),
    ]

    operations = [
        migrations.CreateModel(
            name='BankAnswer',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('message_id', models.CharField(blank=True, max_length=35, verbose_name='the bank’s MsgId')),
                ('digest', models.BinaryField(max_length=32)),
                ('status', models.CharField(choices=[('draft', 'draft'), ('applied', 'booked'), ('noted', 'nothing to book')], max_length=10, verbose_name='status')),
                ('created_by', models.CharField(max_length=60, verbose_name='read by')),
                ('approved_by', models.CharField(blank=True, default='', max_length=60, verbose_name='approved by')),
                ('created_at', models.DateTimeField(verbose_name='read')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='booked')),
                ('bank_file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='settlement.bankfile', verbose_name='bank file')),
            ],
            options={
                'verbose_name': 'answer of the bank',
                'verbose_name_plural': 'answers of the bank',
                'constraints': [models.UniqueConstraint(fields=('bank_file', 'digest'), name='settlement_bank_answer_once'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'applied'), _negated=True), models.Q(models.Q(('approved_by', ''), _negated=True), models.Q(('approved_by', models.F('created_by')), _negated=True)), _connector='OR'), name='settlement_bank_answer_by_two')],
            },
        ),
        migrations.CreateModel(
            name='BankAnswerLine',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('end_to_end_id', models.CharField(max_length=35, verbose_name='EndToEndId')),
                ('said', models.CharField(choices=[('paid', 'paid'), ('rejected', 'turned down'), ('open', 'not decided')], max_length=10, verbose_name='said')),
                ('bank_code', models.CharField(blank=True, default='', max_length=35, verbose_name='the bank’s code')),
                ('amount', models.BigIntegerField(blank=True, null=True, verbose_name='amount')),
                ('currency', models.CharField(blank=True, default='', max_length=3, verbose_name='currency')),
                ('contradiction', models.CharField(blank=True, choices=[('not_in_file', 'It is not in this file.'), ('other_amount', 'The amount is another.'), ('said_twice', 'The same message says two things of it.'), ('paid_after_rejected', 'The balance has the amount again.'), ('rejected_after_paid', 'It was booked as paid.')], default='', max_length=20, verbose_name='contradiction')),
                ('created_at', models.DateTimeField(verbose_name='read')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='seen to')),
                ('closed_by', models.CharField(blank=True, default='', max_length=60, verbose_name='seen to by')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='what was done')),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='settlement.bankanswer', verbose_name='answer')),
                ('settlement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bank_lines', to='settlement.settlement', verbose_name='settlement')),
            ],
            options={
                'verbose_name': 'contradiction of the bank',
                'verbose_name_plural': 'contradictions of the bank',
                'indexes': [models.Index(condition=models.Q(models.Q(('contradiction', ''), _negated=True), ('closed_at__isnull', True)), fields=['created_at'], name='settlement_bank_line_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), models.Q(models.Q(('closed_by', ''), _negated=True), models.Q(('note', ''), _negated=True)), _connector='OR'), name='settlement_bank_line_closed_by')],
            },
        ),
    ]
