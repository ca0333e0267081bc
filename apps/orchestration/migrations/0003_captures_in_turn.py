"""An owner may have captures and voids after its one success, one of them at a time.

Nothing writes such an attempt yet: the rule is there a release before what does. Of all others
`spent_id` stays what it was, so no row changes and the index stays. Safe to run again.
"""

from django.db import migrations

# What the index of (owner, spent_id) lets stand once: of those that begin, what may still have
# moved money or has; of those that follow, what is under way.
SPEND_ATTEMPT = """
CREATE OR REPLACE FUNCTION payments_spend_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.spent_id := CASE
        WHEN NEW.status IN ('failed', 'not_sent') THEN NEW.id
        WHEN NEW.kind NOT IN ('capture', 'void') THEN NULL
        WHEN NEW.status = 'succeeded' THEN NEW.id
        ELSE NEW.payment_id END;
    RETURN NEW;
END
$$
"""
ATTEMPT_SPENT = """
CREATE OR REPLACE TRIGGER attempt_spent BEFORE INSERT OR UPDATE ON payments_attempt FOR EACH ROW
  WHEN ((NEW.status IN ('failed', 'not_sent')) <> (NEW.spent_id IS NOT NULL)
        OR NEW.kind IN ('capture', 'void'))
  EXECUTE FUNCTION payments_spend_attempt()
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('orchestration', '0002_fill_amounts'),
    ]

    operations = [
        migrations.RunSQL(SPEND_ATTEMPT, migrations.RunSQL.noop),
        migrations.RunSQL(ATTEMPT_SPENT, migrations.RunSQL.noop),
    ]
