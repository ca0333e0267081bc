"""SQL: which lines of two accounts of ours may be the two sides of one transfer, and which stay as
they are."""

from __future__ import annotations

from apps.reconciliation.rules.given_up import was_given_up
from apps.reconciliation.rules.money_out import LEFT
from apps.reconciliation.rules.passes import OWN_TRANSFERS

PASSES = ", ".join(f"'{code.value}'" for code in OWN_TRANSFERS)

# Of each account what its plan has: within how many days by reference, and whether by rules.
ACCOUNTS = """
CREATE TEMP TABLE matching_own_account ON COMMIT DROP AS
SELECT x.id, x.livemode, x.merchant_id, x.timezone, plan.report_delay_days,
       max(step."window") FILTER (WHERE step.code = 'own_transfer') AS days,
       bool_or(step.code = 'own_rule') AS has_rules
  FROM providers_provideraccount x
  JOIN LATERAL (SELECT id, report_delay_days FROM reconciliation_matchingplan p
                 WHERE p.provider_account_id = x.id ORDER BY number DESC LIMIT 1) plan ON true
  JOIN reconciliation_matchingpass step
    ON step.plan_id = plan.id AND step.code IN ('own_transfer', 'own_rule')
 GROUP BY x.id, plan.report_delay_days
"""

COLUMNS = f"""
abs(l.amount) AS amount, l.currency, {LEFT} AS has_left, l.occurred_at, l.reference,
l.provider_reference
"""

IS_COUNTING = """
CASE WHEN l.is_decided THEN n.standing IS NULL
     ELSE l.match NOT IN ('seen_before', 'superseded') END
"""


def is_closed(line: str, statement: str, account: str, zone: str) -> str:
    """SQL: whether a line's day is of a month of its account that two people have closed. The day
    as DAY_OF_LINE has it, of a row of the table of statements."""
    first, last = f"({statement}.day - {statement}.days + 1)", f"{statement}.day"
    return (
        "EXISTS (SELECT FROM reconciliation_closedmonth c"
        f" WHERE c.provider_account_id = {account} AND c.reopened_at IS NULL"
        f" AND c.month = date_trunc('month', COALESCE(LEAST(GREATEST("
        f"({line}.occurred_at AT TIME ZONE {zone})::date, {first}), {last}), {last}))::date)"
    )


# What was found before one of the two months was closed is as it was then, whatever came since: an
# account's report changes nothing of another's closed month.
KEEP = f"""
WITH kept AS (
    SELECT l.id, r.settlement_line_id, r.pass,
           CASE WHEN r.reason = 'within_tolerance' THEN r.our_value::numeric END AS ours,
           CASE WHEN r.reason = 'within_tolerance' THEN r.their_value::numeric END AS theirs
      FROM matching_line l
      JOIN reconciliation_statement s ON s.id = l.statement_id
      JOIN reconciliation_statementline r ON r.id = l.id AND r.pass IN ({PASSES})
      JOIN reconciliation_statementline o ON o.id = r.settlement_line_id
      JOIN reconciliation_statement t ON t.id = o.statement_id
      JOIN providers_provideraccount x ON x.id = t.provider_account_id
      LEFT JOIN matching_standing n ON n.id = l.id
     WHERE NOT l.is_context AND l.match = 'matched' AND {IS_COUNTING}
       AND ({is_closed("l", "s", "%(account_id)s::uuid", "%(zone)s")}
            OR o.settlement_line_id = r.id AND o.match = 'matched' AND o.pass = r.pass
               AND {is_closed("o", "t", "x.id", "x.timezone")})
), part AS (
    UPDATE matching_settlement m
       SET is_total = true, is_equal = true, pass = kept.pass,
           settlement_line_id = kept.settlement_line_id, our_amount = kept.ours,
           their_amount = kept.theirs
      FROM kept WHERE m.id = kept.id RETURNING m.id
)
INSERT INTO matching_settlement
       (id, settlement_line_id, pass, is_equal, is_total, our_amount, their_amount)
SELECT id, settlement_line_id, pass, true, true, ours, theirs FROM kept
 WHERE NOT EXISTS (SELECT FROM matching_settlement m WHERE m.id = kept.id)
"""  # noqa: S608 (our own conditions)

# Nor does why a line of it is open.
_KEPT_OPEN = f"""
  FROM matching_line l
  JOIN reconciliation_statement s ON s.id = l.statement_id
  JOIN reconciliation_statementline r ON r.id = l.id
 WHERE NOT l.is_context AND l.match = 'exception'
   AND {is_closed("l", "s", "%(account_id)s::uuid", "%(zone)s")}
"""
KEEP_AWAITED = f"""
INSERT INTO matching_awaited
SELECT l.id, r.our_value, NULL, NULL {_KEPT_OPEN} AND r.reason = 'no_other_side'
"""
KEEP_CANDIDATES = f"""
UPDATE matching_attempt f SET candidates = kept.candidates
  FROM (SELECT l.id, r.our_value::int AS candidates {_KEPT_OPEN}
           AND r.reason = 'several_candidates') kept
 WHERE f.id = kept.id AND f.attempt_id IS NULL AND f.candidates = 0
"""  # noqa: S608

# What counts, moved money, and stands for no attempt and in no sum.
_MINE = f"""
CREATE TEMP TABLE matching_own_line ON COMMIT DROP AS
SELECT l.id, l.statement_id, %(account_id)s::uuid AS account_id, {COLUMNS}
  FROM matching_line l
  JOIN matching_statement counting ON counting.id = l.statement_id
  JOIN reconciliation_statement s ON s.id = l.statement_id
  JOIN matching_attempt f ON f.id = l.id AND f.attempt_id IS NULL
  LEFT JOIN matching_standing n ON n.id = l.id
 WHERE NOT l.is_context AND l.problem = '' AND l.outcome = 'succeeded' AND l.operation <> 'refund'
   AND {IS_COUNTING}
   AND NOT EXISTS (SELECT FROM matching_settlement m WHERE m.id = l.id AND m.is_total)
   AND NOT EXISTS (SELECT FROM reconciliation_handmatch h
                    WHERE h.line_id = l.id AND h.undone_at IS NULL)
   AND NOT {was_given_up("%(account_id)s::uuid")}
   AND NOT {is_closed("l", "s", "%(account_id)s::uuid", "%(zone)s")}
"""  # noqa: S608

# Of a line `l` of the statement `s` of the account `x`, and of `m` of the account `mine`: a
# merchant's own contract is none of ours, and what stands for something else is left alone.
_OF_OURS = f"""
x.livemode = mine.livemode AND x.merchant_id IS NOT DISTINCT FROM mine.merchant_id
   AND l.match IN ('matched', 'exception')
   AND l.attempt_id IS NULL AND l.problem = '' AND l.outcome = 'succeeded'
   AND l.operation <> 'refund' AND l.currency = m.currency AND {LEFT} <> m.has_left
   AND NOT {was_given_up("x.id")}
   AND NOT {is_closed("l", "s", "x.id", "x.timezone")}
   -- The other side of one that stays as it was is taken.
   AND NOT EXISTS (
       SELECT FROM reconciliation_statementline k
         JOIN reconciliation_statement t ON t.id = k.statement_id
         JOIN providers_provideraccount y ON y.id = t.provider_account_id
        WHERE l.match = 'matched' AND l.pass IN ({PASSES}) AND k.id = l.settlement_line_id
          AND k.settlement_line_id = l.id AND k.match = 'matched' AND k.pass = l.pass
          AND {is_closed("k", "t", "y.id", "y.timezone")})
"""

MINE_BY_REFERENCE = f"{_MINE} AND l.reference || l.provider_reference <> ''"

# A reference, the amount, and the day; one went out and one came in. Never the amount alone.
_BY_REFERENCE = f"""
SELECT DISTINCT m.id AS line_id, l.id AS other_id, l.statement_id, x.id AS account_id, l.pass,
       l.settlement_line_id, {COLUMNS}
  FROM (SELECT id, account_id, amount, currency, has_left, occurred_at, reference AS name
          FROM {{lines}} WHERE reference <> ''
         UNION
        SELECT id, account_id, amount, currency, has_left, occurred_at, provider_reference
          FROM {{lines}} WHERE provider_reference <> '') m
  JOIN matching_own_account mine ON mine.id = m.account_id AND mine.days IS NOT NULL
  JOIN reconciliation_statementline l ON l.{{column}} = m.name AND l.{{column}} <> ''
  JOIN reconciliation_statement s ON s.id = l.statement_id AND s.status = 'matched'
  JOIN matching_own_account x
    ON x.id = s.provider_account_id AND x.id <> m.account_id AND x.days IS NOT NULL
 WHERE {_OF_OURS} AND l.pass IN ('', {PASSES}) AND abs(l.amount) = m.amount
   AND abs(extract(epoch FROM l.occurred_at - m.occurred_at)) <= 86400 * LEAST(mine.days, x.days)
"""  # noqa: S608


def pairs_by_reference(lines: str) -> str:
    return " UNION ".join(
        _BY_REFERENCE.format(lines=lines, column=column)
        for column in ("reference", "provider_reference")
    )


def _fits(line: str, has_left: str, account: str) -> str:
    """SQL: whether this line as it came is what a rule `r` says of its side."""
    return (
        f"CASE WHEN {has_left} THEN r.from_account_id ELSE r.to_account_id END = {account}"
        f" AND strpos(lower({line}.raw),"
        f" lower(CASE WHEN {has_left} THEN r.from_text ELSE r.to_text END)) > 0"
    )


# What a person has said of a line stays hers.
_NOT_RESOLVED = """
NOT EXISTS (SELECT FROM reconciliation_discrepancy said
             WHERE said.line_id = l.id AND said.status = 'resolved')
"""
MINE_BY_RULE = f"""{_MINE}
   AND EXISTS (SELECT FROM reconciliation_owntransferrule r
                 JOIN reconciliation_statementline t ON t.id = l.id
                WHERE {_fits("t", LEFT, "%(account_id)s::uuid")})
   AND {_NOT_RESOLVED}
"""


def _local_day(line: str, zone: str) -> str:
    return f"({line}.occurred_at AT TIME ZONE {zone})::date"


def _near(amount: str) -> str:
    return " OR ".join(
        f"{amount} BETWEEN {sign}m.amount - r.tolerance AND {sign}m.amount + r.tolerance"
        for sign in ("", "-")
    )


# What nobody knows, or a rule found before: as few as they are, by their amounts.
_BY_RULE = f"""
SELECT DISTINCT m.id AS line_id, l.id AS other_id, l.statement_id, x.id AS account_id, l.pass,
       l.settlement_line_id, {COLUMNS}
  FROM {{lines}} m
  JOIN matching_own_account mine ON mine.id = m.account_id AND mine.has_rules
  JOIN reconciliation_statementline t ON t.id = m.id
  JOIN reconciliation_owntransferrule r ON {_fits("t", "m.has_left", "m.account_id")}
  JOIN matching_own_account x
    ON x.id = CASE WHEN m.has_left THEN r.to_account_id ELSE r.from_account_id END AND x.has_rules
  JOIN LATERAL (
       SELECT d.line_id AS id FROM reconciliation_discrepancy d
        WHERE d.provider_account_id = x.id AND d.status = 'open'
          AND d.kind IN ('unknown_to_us', 'duplicate_line')
          AND ({_near("d.their_amount")})
        UNION
       SELECT k.id FROM reconciliation_statementline k
        WHERE k.pass = 'own_rule' AND ({_near("k.amount")})) near ON true
  JOIN reconciliation_statementline l ON l.id = near.id
  JOIN reconciliation_statement s
    ON s.id = l.statement_id AND s.status = 'matched' AND s.provider_account_id = x.id
 CROSS JOIN LATERAL (
       SELECT CASE WHEN m.has_left THEN {_local_day("m", "mine.timezone")}
                   ELSE {_local_day("l", "x.timezone")} END AS out,
              CASE WHEN m.has_left THEN {_local_day("l", "x.timezone")}
                   ELSE {_local_day("m", "mine.timezone")} END AS came) day
 WHERE {_OF_OURS} AND l.pass IN ('', 'own_rule') AND {_fits("l", "NOT m.has_left", "x.id")}
   AND {_NOT_RESOLVED}
   AND day.came BETWEEN day.out AND day.out + r.days
   AND day.out >= r.starts_on AND (r.ends_on IS NULL OR day.out < r.ends_on)
"""  # noqa: S608


def pairs_by_rule(lines: str) -> str:
    return _BY_RULE.format(lines=lines)


# Of a line that a rule knows and that has no other side: whose rule, and the day from which its
# other side is late. Its report comes the day after, or as much later as the plan allows.
AWAITED = f"""
INSERT INTO matching_awaited
SELECT DISTINCT ON (m.id) m.id, r.name, r.owner_id,
       CASE WHEN c.id IS NULL
            THEN {_local_day("m", "mine.timezone")} + CASE WHEN m.has_left THEN r.days ELSE 0 END
                 + 2 + x.report_delay_days END
  FROM matching_own_line m
  JOIN matching_own_account mine ON mine.id = m.account_id AND mine.has_rules
  JOIN reconciliation_statementline t ON t.id = m.id
  JOIN reconciliation_owntransferrule r ON {_fits("t", "m.has_left", "m.account_id")}
  JOIN matching_own_account x
    ON x.id = CASE WHEN m.has_left THEN r.to_account_id ELSE r.from_account_id END AND x.has_rules
  LEFT JOIN matching_attempt c ON c.id = m.id AND c.candidates > 0
 WHERE CASE WHEN m.has_left THEN r.from_text ELSE r.to_text END <> ''
   AND NOT EXISTS (SELECT FROM matching_settlement k WHERE k.id = m.id AND k.is_total)
   AND {_local_day("m", "mine.timezone")} >= r.starts_on
   AND (r.ends_on IS NULL OR {_local_day("m", "mine.timezone")} < r.ends_on)
 ORDER BY m.id, r.created_at, r.id
"""  # noqa: S608

# It has an owner at once, if that one is still there, and is on the desk from the day on which its
# other side is late. What a person has touched is hers.
HAND_OVER = """
UPDATE reconciliation_discrepancy d
   SET owner_id = w.owner_id,
       expected_until = CASE WHEN w.until > (%(now)s AT TIME ZONE %(zone)s)::date
                             THEN w.until END
  FROM matching_awaited w
  JOIN auth_user u ON u.id = w.owner_id AND u.is_active
 WHERE d.line_id = w.id AND d.status = 'open' AND d.kind = 'unknown_to_us' AND d.sequence = 0
"""
