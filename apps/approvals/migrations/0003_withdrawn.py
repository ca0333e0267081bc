"""A request ends with what it is about: nobody decided it then. Beside the traffic; can be run again.

A process of the release before knows no such end, and writes none.
"""

from django.db import migrations, models

TABLE = 'approvals_approvalrequest'
BEFORE, NOW = 'approval_decided_by_somebody', 'approval_decided_or_withdrawn'

HOLD_REQUEST = """
CREATE OR REPLACE FUNCTION approvals_hold_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_held boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        is_held := NEW.status = 'pending' AND jsonb_typeof(NEW.steps) = 'array'
                   AND jsonb_array_length(NEW.steps) > 0;
    ELSIF (NEW.steps, NEW.action, NEW.requested_by_id)
          IS DISTINCT FROM (OLD.steps, OLD.action, OLD.requested_by_id)
    THEN
        is_held := false;
    ELSIF NEW.status = OLD.status THEN
        is_held := true;
    ELSIF OLD.status = 'pending' AND NEW.status = 'approved' THEN
        is_held := jsonb_array_length(NEW.steps) = (
            SELECT count(DISTINCT d.person_id) FROM approvals_approvaldecision d
             WHERE d.request_id = NEW.id AND d.is_approved);
    -- Nothing is done of it: nobody has to have decided.
    ELSIF NEW.status = 'withdrawn' THEN
        is_held := OLD.status = 'pending';
    ELSE
        is_held := OLD.status = 'pending' AND EXISTS (
            SELECT FROM approvals_approvaldecision d
             WHERE d.request_id = NEW.id AND NOT d.is_approved);
    END IF;
    IF is_held IS NOT TRUE THEN
        RAISE EXCEPTION 'a request is approved by all its steps, and stays as it was asked'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('approvals', '0002_decisions_and_rules'),
    ]

    operations = [
        migrations.AlterField(
            model_name='approvalrequest',
            name='status',
            field=models.CharField(choices=[('pending', 'pending'), ('approved', 'approved'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn')], default='pending', max_length=12, verbose_name='status'),
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NOW}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} ADD CONSTRAINT {NOW} CHECK '
            "((status = 'pending' AND decided_by_id IS NULL AND decided_at IS NULL)"
            " OR (status = 'withdrawn' AND decided_by_id IS NULL AND decided_at IS NOT NULL)"
            " OR (status IN ('approved', 'rejected') AND decided_by_id IS NOT NULL"
            ' AND decided_at IS NOT NULL)) NOT VALID',
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NOW}',
            state_operations=[
                migrations.RemoveConstraint(model_name='approvalrequest', name=BEFORE),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('decided_at', None), ('decided_by', None), ('status', 'pending')
                        )
                        | models.Q(
                            ('decided_at__isnull', False),
                            ('decided_by', None),
                            ('status', 'withdrawn'),
                        )
                        | models.Q(
                            ('status__in', ['approved', 'rejected']),
                            ('decided_by__isnull', False),
                            ('decided_at__isnull', False),
                        ),
                        name=NOW,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {NOW}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {BEFORE}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(HOLD_REQUEST, migrations.RunSQL.noop),
    ]
