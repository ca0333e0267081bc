"""Who decided stands in rows of its own, and rules say how many of whom must.

Triggers hold that nobody approves what she asked for, that one person counts once, that each has
the role her step demands, and that only a request whose steps are all done is approved. A process
of the release before can ask, but not decide, until it is replaced. Safe to run again after it was
interrupted.
"""

import apps.approvals.models
import apps.core.public_ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Requests are few: those of two years at most.
WHAT_WAS_DECIDED = """
INSERT INTO approvals_approvaldecision
       (id, request_id, step, is_approved, person_id, reason, decided_at)
SELECT gen_random_uuid(), r.id, CASE WHEN r.status = 'approved' THEN 1 END, r.status = 'approved',
       r.decided_by_id, '', r.decided_at
  FROM approvals_approvalrequest r
 WHERE r.status <> 'pending'
   AND NOT EXISTS (SELECT FROM approvals_approvaldecision d WHERE d.request_id = r.id)
"""

HOLD_DECISION = """
CREATE OR REPLACE FUNCTION approvals_hold_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approvals_approvalrequest;
    role text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'decisions are never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- Decisions on one request wait for each other, whoever writes them.
    SELECT * INTO asked FROM approvals_approvalrequest WHERE id = NEW.request_id FOR UPDATE;
    IF asked.status IS DISTINCT FROM 'pending' THEN
        RAISE EXCEPTION 'it was decided before' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT NEW.is_approved THEN
        RETURN NEW;
    END IF;
    IF asked.requested_by_id IN (NEW.person_id, NEW.stands_for_id) THEN
        RAISE EXCEPTION 'nobody approves what she asked for'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT FROM approvals_approvaldecision d
                WHERE d.request_id = NEW.request_id AND d.is_approved
                  AND (d.person_id IN (NEW.person_id, NEW.stands_for_id)
                       OR d.stands_for_id IN (NEW.person_id, NEW.stands_for_id)))
    THEN
        RAISE EXCEPTION 'one person counts once' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.step > jsonb_array_length(asked.steps)
       OR NEW.step <> 1 + (SELECT count(*) FROM approvals_approvaldecision d
                            WHERE d.request_id = NEW.request_id AND d.is_approved)
    THEN
        RAISE EXCEPTION 'steps are done in their order'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    role := asked.steps ->> (NEW.step - 1);
    IF role IS NOT NULL
       AND NOT EXISTS (SELECT FROM auth_user_groups
                        WHERE user_id = COALESCE(NEW.stands_for_id, NEW.person_id)
                          AND group_id = role::integer)
    THEN
        RAISE EXCEPTION 'the step is for those of another role'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.stands_for_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM approvals_approvalstandin
                        WHERE person_id = NEW.stands_for_id AND stand_in_id = NEW.person_id
                          AND from_at <= NEW.decided_at AND until_at > NEW.decided_at)
    THEN
        RAISE EXCEPTION 'nobody named this stand-in'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""

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

# With its owner's rights: nobody else deletes what was decided.
FORGET_DECISIONS = """
CREATE OR REPLACE FUNCTION approvals_forget_decisions() RETURNS trigger LANGUAGE plpgsql
   SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM approvals_approvaldecision WHERE request_id = OLD.id;
    RETURN NULL;
END
$$
"""

REQUEST, DECISION = 'approvals_approvalrequest', 'approvals_approvaldecision'
TRIGGERS = (
    ('approvals_hold_decision', 'BEFORE INSERT OR UPDATE', DECISION),
    ('approvals_hold_request', 'BEFORE INSERT OR UPDATE', REQUEST),
    ('approvals_forget_decisions', 'AFTER DELETE', REQUEST),
)


class Migration(migrations.Migration):
    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('approvals', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='approvalrequest',
            options={'permissions': [('decide', 'Can approve and reject what others ask for')], 'verbose_name': 'approval request', 'verbose_name_plural': 'approval requests'},
        ),
        migrations.RunSQL(
            "ALTER TABLE approvals_approvalrequest"
            " ADD COLUMN IF NOT EXISTS steps jsonb DEFAULT '[null]'::jsonb NOT NULL",
            'ALTER TABLE approvals_approvalrequest DROP COLUMN IF EXISTS steps',
            state_operations=[
                migrations.AddField(
                    model_name='approvalrequest',
                    name='steps',
                    field=models.JSONField(db_default=models.Value([None], models.JSONField()), default=apps.approvals.models.one_other_person, verbose_name='steps'),
                ),
            ],
        ),
        migrations.CreateModel(
            name='ApprovalRule',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('action', models.CharField(max_length=60, verbose_name='action')),
                ('amount_min', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='amount from')),
                ('amount_max', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='amount up to')),
                ('currency', models.CharField(blank=True, default='', max_length=3, verbose_name='currency')),
                ('rail', models.CharField(blank=True, default='', max_length=40, verbose_name='rail')),
                ('how', models.CharField(blank=True, choices=[('api', 'by API'), ('hand', 'by hand'), ('file', 'from a file')], default='', max_length=8, verbose_name='made')),
                ('payee', models.CharField(blank=True, choices=[('new', 'new'), ('changed', 'changed')], default='', max_length=8, verbose_name='payee')),
                ('steps', models.JSONField(verbose_name='steps')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
            ],
            options={
                'verbose_name': 'approval rule',
                'verbose_name_plural': 'approval rules',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_min', None), ('amount_max', None), ('amount_min__lte', models.F('amount_max')), _connector='OR'), name='approval_rule_band'), models.CheckConstraint(condition=models.Q(models.Q(('amount_max', None), ('amount_min', None)), models.Q(('currency', ''), _negated=True), _connector='OR'), name='approval_rule_band_in_currency')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalDecision',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('step', models.PositiveSmallIntegerField(null=True, verbose_name='step')),
                ('is_approved', models.BooleanField(verbose_name='approved')),
                ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                ('decided_at', models.DateTimeField(verbose_name='decided')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to='approvals.approvalrequest')),
                ('stands_for', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_approved', True)), fields=('request', 'person'), name='approval_decision_person'), models.UniqueConstraint(fields=('request', 'stands_for'), name='approval_decision_stands_for'), models.UniqueConstraint(fields=('request', 'step'), name='approval_decision_step'), models.CheckConstraint(condition=models.Q(models.Q(('is_approved', True), ('step__gte', 1)), models.Q(('is_approved', False), ('step', None)), _connector='OR'), name='approval_decision_step_or_reason'), models.CheckConstraint(condition=models.Q(('person', models.F('stands_for')), _negated=True), name='approval_decision_for_another')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalStandIn',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('from_at', models.DateTimeField(verbose_name='from')),
                ('until_at', models.DateTimeField(verbose_name='until')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stand_in', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='stand-in')),
            ],
            options={
                'verbose_name': 'stand-in',
                'verbose_name_plural': 'stand-ins',
                'constraints': [models.CheckConstraint(condition=models.Q(('person', models.F('stand_in')), _negated=True), name='approval_stand_in_another'), models.CheckConstraint(condition=models.Q(('from_at__lt', models.F('until_at'))), name='approval_stand_in_period')],
            },
        ),
        migrations.RunSQL(WHAT_WAS_DECIDED, migrations.RunSQL.noop),
        migrations.RunSQL(HOLD_DECISION, 'DROP FUNCTION IF EXISTS approvals_hold_decision'),
        migrations.RunSQL(HOLD_REQUEST, 'DROP FUNCTION IF EXISTS approvals_hold_request'),
        migrations.RunSQL(FORGET_DECISIONS, 'DROP FUNCTION IF EXISTS approvals_forget_decisions'),
        *(
            migrations.RunSQL(
                f'CREATE OR REPLACE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()',
                f'DROP TRIGGER IF EXISTS {name} ON {table}',
            )
            for name, when, table in TRIGGERS
        ),
    ]
