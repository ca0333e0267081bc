"""What must hold in the ledger alone, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.ledger.rules.corrections import ADJUSTABLE, COMES_BACK_AS
from apps.ledger.rules.outgoing import OutgoingKinds, Steps
from apps.ledger.rules.postings import CORRECTIONS, POSTINGS
from apps.ledger.rules.reserve_invariants import RESERVE_INVARIANTS
from apps.ledger.rules.waiting_invariants import WaitingBooks, waiting_invariants

CORRECTED = ", ".join(f"'{kind.value}'" for kind in CORRECTIONS)
# The rows of a VALUES list: kinds of transfers, and between which kinds of accounts each is.
BETWEEN = ", ".join(
    f"('{kind.value}', '{way.from_kind.value}', '{way.to_kind.value}')"
    for kind, way in POSTINGS.items()
)
# Pairs of kinds of accounts, both ways.
ADJUSTED = ", ".join(
    f"('{one.value}', '{other.value}')"
    for pair in sorted(sorted(pair) for pair in ADJUSTABLE)
    for one, other in (pair, reversed(pair))
)


def booked_by_status(rows: str, steps: Steps, column: str) -> str:
    """SQL: the ids of those rows of what leaves of which this part is not booked as their status
    says, each time in its amount: held once, then sent or returned once; held again is what was
    returned and sent after all. Nothing is booked of zero.

    Args:
        rows: which ones, e.g. "{payouts}".
        column: where the row has the part's amount.
    """
    held, returned, sent = (kind.value for kind in steps)
    return f"""
        SELECT p.id
          FROM {rows} p
          LEFT JOIN (SELECT source_id,
                            count(*) FILTER (WHERE kind = '{held}' AND attempt_id IS NULL) AS held,
                            count(*) FILTER (WHERE kind = '{held}'
                                               AND attempt_id IS NOT NULL) AS held_again,
                            count(*) FILTER (WHERE kind = '{sent}') AS sent,
                            count(*) FILTER (WHERE kind = '{returned}') AS returned,
                            min(amount) AS amount, max(amount) AS amount_max,
                            min(currency) AS currency, max(currency) AS currency_max
                       FROM {{transfers}} t
                      WHERE kind IN ('{held}', '{returned}', '{sent}')
                      GROUP BY source_id) booked ON booked.source_id = p.id
         WHERE CASE WHEN p.{column} = 0 THEN booked.source_id IS NOT NULL
               ELSE (booked.held, booked.sent, booked.returned - booked.held_again, booked.amount,
                     booked.amount_max, booked.currency, booked.currency_max)
                    IS DISTINCT FROM
                    (1, (p.status = 'succeeded')::int,
                     (p.status IN ('failed', 'canceled'))::int, p.{column}, p.{column},
                     p.currency, p.currency)
                    OR booked.held_again > booked.sent END
    """  # noqa: S608 (our own words)


def quoted(kinds: OutgoingKinds) -> str:
    """All of these kinds, as a list of SQL."""
    return ", ".join(f"'{kind.value}'" for steps in kinds for kind in steps)


def _comes_back(column: str) -> str:
    """SQL: the kind of account that what is taken back goes to."""
    cases = " ".join(
        f"WHEN '{left.value}' THEN '{back.value}'" for left, back in COMES_BACK_AS.items()
    )
    return f"CASE {column} {cases} ELSE {column} END"


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "a transfer joins two accounts of its currency and of one mode",
        """
        SELECT t.id
          FROM {transfers} t
          LEFT JOIN ledger_account f ON f.id = t.from_account_id
          LEFT JOIN ledger_account i ON i.id = t.to_account_id
         WHERE f.id IS NULL OR i.id IS NULL
            OR t.currency <> f.currency OR t.currency <> i.currency OR f.livemode <> i.livemode
        """,
    ),
    # Balances are sums of transfers: one that is booked the wrong way round still sums to zero.
    Invariant(
        "I1",
        "a transfer goes the way its kind says, and never from one merchant to another",
        f"""
        SELECT t.id
          FROM {{transfers}} t
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
          LEFT JOIN (VALUES {BETWEEN}) AS way (kind, from_kind, to_kind) ON way.kind = t.kind
         WHERE t.kind NOT IN ({CORRECTED})
           AND ((f.kind, i.kind) IS DISTINCT FROM (way.from_kind, way.to_kind)
                OR (f.kind LIKE 'merchant\\_%%' AND i.kind LIKE 'merchant\\_%%'
                    AND f.owner_id IS DISTINCT FROM i.owner_id))
        """,  # noqa: S608 (our own words)
    ),
    # The balances people are shown, not the transfers, whose two sides are one number.
    Invariant(
        "I1",
        "the balances of a currency and mode sum to zero",
        """
        SELECT currency || CASE WHEN livemode THEN ' live' ELSE ' test' END
          FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
         GROUP BY currency, livemode
        HAVING sum(b.amount) <> 0
        """,
    ),
    # Of the whole history, or of all since the last snapshot older than what is checked.
    Invariant(
        "I13",
        "what GET balance says is the sum of the transfers",
        """
        SELECT b.account_id
          FROM ledger_balance b
          LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                              WHERE account_id = b.account_id
                                AND taken_at < %(since)s::timestamptz
                              ORDER BY horizon DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = b.account_id
                                AND database_transaction >= COALESCE(before.horizon, '0')) i
            ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = b.account_id
                                AND database_transaction >= COALESCE(before.horizon, '0')) o
            ON true
         WHERE b.amount <> COALESCE(before.balance, 0)
                           + COALESCE(i.total, 0) - COALESCE(o.total, 0)
        """,
    ),
    # By induction from the snapshot before: the whole history is summed once.
    Invariant(
        "I13",
        "a balance snapshot is the sum of the transfers before it",
        """
        SELECT s.id
          FROM {snapshots} s
          LEFT JOIN LATERAL (SELECT balance, horizon FROM ledger_snapshot
                              WHERE account_id = s.account_id AND horizon < s.horizon
                              ORDER BY horizon DESC LIMIT 1) before ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE to_account_id = s.account_id
                                AND database_transaction < s.horizon
                                AND database_transaction >= COALESCE(before.horizon, '0')) i
            ON true
          LEFT JOIN LATERAL (SELECT sum(amount) AS total FROM ledger_transfer
                              WHERE from_account_id = s.account_id
                                AND database_transaction < s.horizon
                                AND database_transaction >= COALESCE(before.horizon, '0')) o
            ON true
         WHERE s.balance <> COALESCE(before.balance, 0)
                            + COALESCE(i.total, 0) - COALESCE(o.total, 0)
        """,
    ),
    Invariant(
        "I13",
        "a balance snapshot holds what is committed, nothing yet to come",
        """
        SELECT s.id FROM {snapshots} s
         WHERE s.horizon > pg_snapshot_xmin(pg_current_snapshot())
        """,
    ),
    Invariant(
        "I19",
        "what is pending of a payment is what was booked of it as pending",
        """
        SELECT COALESCE(p.source_id, t.source_id)
          FROM {pending_amounts} p
          FULL JOIN (SELECT source_id,
                            sum(CASE kind WHEN 'pending_gross' THEN amount ELSE -amount END) AS net,
                            min(currency) AS currency
                       FROM {transfers} t
                      WHERE kind IN ('pending_gross', 'pending_fee', 'pending_fee_tax',
                                    'pending_reserve')
                      GROUP BY source_id) t ON t.source_id = p.source_id
         WHERE COALESCE(p.amount, 0) <> COALESCE(t.net, 0)
            OR p.currency <> t.currency
            OR (p.source_id IS NOT NULL AND NOT EXISTS (
                  SELECT FROM ledger_transfer g
                    JOIN ledger_account f ON f.id = g.from_account_id
                    JOIN ledger_account i ON i.id = g.to_account_id
                   WHERE g.source_id = p.source_id AND g.kind = 'pending_gross'
                     AND f.owner_id = p.provider_account_id AND i.owner_id = p.merchant_id
                     AND i.livemode = p.livemode))
        """,
    ),
    *waiting_invariants(
        WaitingBooks(
            id="I19",
            account="merchant_pending",
            amounts="ledger_pendingamount",
            releases="ledger_release",
            scanned="releases",
            booked_as="released",
        ),
        balance="a merchant's pending balance is what waits to be released",
        total="a release is the sum of its amounts, of one merchant, rail and day",
        booking="a release is booked once, from what is pending to what is available",
    ),
    Invariant(
        "I19",
        "nothing is released before its day, nor pending an hour past it",
        """
        SELECT id FROM ledger_pendingamount
         WHERE release_id IS NULL AND available_at < %(now)s - interval '1 hour'
         UNION ALL
        SELECT id FROM {releases} r WHERE r.created_at < r.available_at
        """,
    ),
    Invariant(
        "I23",
        "what two people put right is one transfer, and there is none of it without them",
        f"""
        SELECT c.id
          FROM ledger_correction c
          LEFT JOIN ledger_transfer t ON t.source_id = c.id
         GROUP BY c.id, c.transfer_id
        HAVING count(t.id) <> 1
            OR bool_or(t.id <> c.transfer_id OR t.kind NOT IN ({CORRECTED}))
         UNION ALL
        SELECT t.id
          FROM {{transfers}} t
         WHERE t.kind IN ({CORRECTED})
           AND NOT EXISTS (SELECT FROM ledger_correction c
                            WHERE c.id = t.source_id AND c.transfer_id = t.id)
        """,  # noqa: S608 (our own words)
    ),
    Invariant(
        "I23",
        "what is taken back is taken back whole, between its own accounts",
        f"""
        SELECT c.id
          FROM ledger_correction c
          JOIN ledger_transfer t ON t.id = c.transfer_id
          JOIN ledger_transfer o ON o.id = c.reverses_id
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
          JOIN ledger_account of ON of.id = o.from_account_id
          JOIN ledger_account oi ON oi.id = o.to_account_id
         WHERE (t.amount, t.currency, f.kind, f.owner_id, i.kind, i.owner_id, f.livemode)
               IS DISTINCT FROM
               (o.amount, o.currency, {_comes_back("oi.kind")}, oi.owner_id,
                {_comes_back("of.kind")}, of.owner_id, oi.livemode)
        """,  # noqa: S608
    ),
    Invariant(
        "I23",
        "what is put right is between accounts that may be, and of the kind that merchants see",
        f"""
        SELECT c.id
          FROM ledger_correction c
          JOIN ledger_transfer t ON t.id = c.transfer_id
          JOIN ledger_account f ON f.id = t.from_account_id
          JOIN ledger_account i ON i.id = t.to_account_id
         WHERE (c.reverses_id IS NULL
                AND ((f.kind, i.kind) NOT IN ({ADJUSTED})
                     OR EXISTS (SELECT FROM providers_provideraccount p
                                 WHERE p.id IN (f.owner_id, i.owner_id)
                                   AND 'merchant_payable' IN (f.kind, i.kind)
                                   AND p.merchant_id NOT IN (f.owner_id, i.owner_id))))
            OR t.kind <> CASE WHEN i.kind = 'merchant_payable' THEN 'correction_in'
                              WHEN f.kind = 'merchant_payable' THEN 'correction_out'
                              ELSE 'correction' END
        """,  # noqa: S608
    ),
    *RESERVE_INVARIANTS,
)
