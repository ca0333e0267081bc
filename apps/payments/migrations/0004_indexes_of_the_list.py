from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # Built beside the traffic: nothing waits for a lock.
    atomic = False

    dependencies = [
        ('payments', '0003_fill_metadata_entries'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(condition=models.Q(('merchant_reference', ''), _negated=True), fields=['merchant', 'livemode', 'merchant_reference', 'id'], name='payment_of_reference'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['payer_msisdn_index', 'merchant', 'livemode', 'id'], name='payment_of_payer'),
        ),
        AddIndexConcurrently(
            model_name='payment',
            index=models.Index(fields=['merchant', 'livemode', 'status', 'operator', 'provider', 'currency', 'id'], name='payment_of_kind'),
        ),
        RemoveIndexConcurrently(
            model_name='payment',
            name='payment_by_reference',
        ),
        RemoveIndexConcurrently(
            model_name='payment',
            name='payment_by_payer',
        ),
    ]
