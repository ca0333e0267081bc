"""Refuse what an append-only table never sees: a changed content column, a second seal, a delete.

TRUNCATE stays possible (tests empty tables with it); an anchor kept elsewhere shows it.
"""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'audit entries are never deleted'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- The seal alone may be set, once, both halves together.
    IF (NEW.id, NEW.actor, NEW.action, NEW.target, NEW.detail, NEW.created_at)
        IS DISTINCT FROM
       (OLD.id, OLD.actor, OLD.action, OLD.target, OLD.detail, OLD.created_at)
       OR OLD.position IS NOT NULL OR OLD.chain_hash IS NOT NULL
       OR NEW.position IS NULL OR NEW.chain_hash IS NULL
    THEN
        RAISE EXCEPTION 'audit entries are never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
"""

DROP = """
DROP TRIGGER audit_append_only ON audit_auditentry;
DROP FUNCTION audit_append_only();
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
