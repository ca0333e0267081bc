"""What must hold of fee plans, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.fees.rules.lines_digest import LINES_DIGEST


def _follow(table: str, owner: str) -> str:
    """Each ends where the next begins, and only the last is open; one that was taken back holds for
    no time."""
    return f"""
        SELECT id
          FROM (SELECT id, valid_until,
                       lead(valid_from) OVER (PARTITION BY {owner} ORDER BY valid_from) AS next_from
                  FROM {table}
                 WHERE valid_until IS NULL OR valid_until > valid_from) each
         WHERE valid_until IS DISTINCT FROM next_from
        """  # noqa: S608 (our own names)


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I17",
        "a version of a fee plan has the lines it was made with",
        f"""
        SELECT v.id
          FROM fees_feeplanversion v
          LEFT JOIN (SELECT l.version_id, {LINES_DIGEST} AS digest
                       FROM fees_feeline l GROUP BY l.version_id) kept ON kept.version_id = v.id
         WHERE kept.digest IS DISTINCT FROM v.lines_digest
        """,  # noqa: S608 (our own columns)
    ),
    Invariant(
        "I17",
        "a version of a fee plan is the one that two people agreed on",
        """
        SELECT a.target
          FROM audit_auditentry a
          LEFT JOIN fees_feeplanversion v ON v.id::text = a.detail ->> 'id'
         WHERE a.action = 'fee_plan.activated'
           AND (v.lines_digest, v.valid_from, v.fee_return)
               IS DISTINCT FROM (a.detail ->> 'lines_digest',
                                 (a.detail ->> 'valid_from')::timestamptz,
                                 COALESCE(a.detail ->> 'fee_return', 'none'))
        """,
    ),
    # Entries of releases before do not say it.
    Invariant(
        "I17",
        "a fee plan is in the currency that two people agreed on, and the contract of that account",
        """
        SELECT a.target
          FROM audit_auditentry a
          LEFT JOIN fees_feeplanversion v ON v.id::text = a.detail ->> 'id'
          LEFT JOIN fees_feeplan p ON p.id = v.plan_id
         WHERE a.action = 'fee_plan.activated' AND a.detail ->> 'currency' IS NOT NULL
           AND (p.id::text, p.currency, p.provider_account_id::text)
               IS DISTINCT FROM (a.detail ->> 'plan_id', a.detail ->> 'currency',
                                 a.detail ->> 'provider_account_id')
        """,
    ),
    Invariant(
        "I17",
        "a version of a fee plan is taken back by two people alone, before it begins",
        """
        SELECT v.id
          FROM fees_feeplanversion v
         WHERE v.valid_until = v.valid_from
           AND NOT EXISTS (SELECT FROM audit_auditentry a
                            WHERE a.action = 'fee_plan.taken_back'
                              AND a.detail ->> 'id' = v.id::text
                              AND a.created_at < v.valid_from)
        """,
    ),
    Invariant(
        "I17",
        "a fee plan that a merchant was given is taken back by two people alone, before it begins",
        """
        SELECT g.id
          FROM fees_merchantfeeplan g
         WHERE g.valid_until = g.valid_from
           AND NOT EXISTS (SELECT FROM audit_auditentry a
                            WHERE a.action = 'fee_plan.given_taken_back'
                              AND a.detail ->> 'id' = g.id::text
                              AND a.created_at < g.valid_from)
        """,
    ),
    Invariant(
        "I17",
        "the versions of a fee plan follow each other without a gap",
        _follow("fees_feeplanversion", "plan_id"),
    ),
    Invariant(
        "I17",
        "the fee plans of a merchant follow each other without a gap",
        _follow("fees_merchantfeeplan", "merchant_id"),
    ),
)
