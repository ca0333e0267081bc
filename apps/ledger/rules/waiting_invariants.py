"""What must hold of amounts that wait for their day, pending or in reserve, and their releases."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.invariant import Invariant


@dataclass(frozen=True, slots=True)
class WaitingBooks:
    """Where one kind of them stands.

    `account`: the merchant's, in which they wait. `amounts`, `releases`: their tables. `scanned`:
    the checker's word for the releases it looks at. `booked_as`: the transfer of a release.
    """

    id: str
    account: str
    amounts: str
    releases: str
    scanned: str
    booked_as: str


def waiting_invariants(
    of: WaitingBooks, *, balance: str, total: str, booking: str
) -> tuple[Invariant, ...]:
    """Each with the sentence that says it."""
    return (
        Invariant(
            of.id,
            balance,
            f"""
        SELECT COALESCE(a.owner_id, w.merchant_id)
          FROM (SELECT a.owner_id, a.currency, a.livemode, b.amount
                  FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
                 WHERE a.kind = '{of.account}') a
          FULL JOIN (SELECT merchant_id, currency, livemode, sum(amount) AS amount
                       FROM {of.amounts} WHERE release_id IS NULL
                      GROUP BY merchant_id, currency, livemode) w
            ON (w.merchant_id, w.currency, w.livemode) = (a.owner_id, a.currency, a.livemode)
         WHERE COALESCE(a.amount, 0) <> COALESCE(w.amount, 0)
        """,  # noqa: S608 (our own names)
        ),
        Invariant(
            of.id,
            total,
            f"""
        SELECT r.id
          FROM {{{of.scanned}}} r
          LEFT JOIN {of.amounts} p ON p.release_id = r.id
         GROUP BY r.id, r.amount, r.count, r.merchant_id, r.provider_account_id, r.currency,
                  r.livemode, r.available_at
        HAVING COALESCE(sum(p.amount), 0) <> r.amount OR count(p.id) <> r.count
            OR bool_or((p.merchant_id, p.provider_account_id, p.currency, p.livemode,
                        p.available_at)
                       <> (r.merchant_id, r.provider_account_id, r.currency, r.livemode,
                           r.available_at))
        """,  # noqa: S608
        ),
        Invariant(
            of.id,
            booking,
            f"""
        SELECT r.id
          FROM {{{of.scanned}}} r
          LEFT JOIN ledger_transfer t ON t.source_id = r.id
          LEFT JOIN ledger_account f ON f.id = t.from_account_id
          LEFT JOIN ledger_account i ON i.id = t.to_account_id
         GROUP BY r.id, r.amount, r.currency, r.merchant_id, r.livemode
        HAVING count(t.id) <> 1
            OR bool_or((t.kind, t.amount, t.currency, f.kind, i.kind, f.owner_id, i.owner_id,
                        i.livemode)
                       IS DISTINCT FROM
                       ('{of.booked_as}', r.amount, r.currency, '{of.account}',
                        'merchant_payable', r.merchant_id, r.merchant_id, r.livemode))
         UNION ALL
        SELECT t.id FROM {{transfers}} t
         WHERE t.kind = '{of.booked_as}'
           AND NOT EXISTS (SELECT FROM {of.releases} WHERE id = t.source_id)
        """,  # noqa: S608
        ),
    )
