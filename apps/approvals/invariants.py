"""What must hold among requests and the decisions on them, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I18",
        "a request is approved by as many different persons as it has steps, one step each, none of"
        " them who asked for it",
        """
        SELECT r.id
          FROM approvals_approvalrequest r
          LEFT JOIN (SELECT request_id, array_agg(step::integer ORDER BY step) AS steps,
                            count(DISTINCT COALESCE(stands_for_id, person_id)) AS persons,
                            array_agg(person_id) || array_agg(stands_for_id) AS everybody
                       FROM approvals_approvaldecision WHERE is_approved
                      GROUP BY request_id) done ON done.request_id = r.id
         WHERE (r.status = 'approved'
                AND (done.persons IS DISTINCT FROM jsonb_array_length(r.steps)
                     OR done.steps IS DISTINCT FROM
                        ARRAY(SELECT generate_series(1, jsonb_array_length(r.steps)))))
            OR (r.status = 'pending' AND done.persons >= jsonb_array_length(r.steps))
            OR r.requested_by_id = ANY(done.everybody)
        """,
    ),
    Invariant(
        "I18",
        "nobody counts twice for a request, herself and by a stand-in",
        """
        SELECT one.id
          FROM approvals_approvaldecision one
          JOIN approvals_approvaldecision other
            ON other.request_id = one.request_id AND other.id <> one.id AND other.is_approved
           AND one.person_id IN (other.person_id, other.stands_for_id)
         WHERE one.is_approved
        """,
    ),
    Invariant(
        "I18",
        "a request is rejected by one person, and only such a one is",
        """
        SELECT r.id
          FROM approvals_approvalrequest r
          LEFT JOIN (SELECT request_id, count(*) AS count FROM approvals_approvaldecision
                      WHERE NOT is_approved GROUP BY request_id) no ON no.request_id = r.id
         WHERE COALESCE(no.count, 0) <> (r.status = 'rejected')::integer
        """,
    ),
    Invariant(
        "I18",
        "what a merchant made is decided by staff or by its keys, by one of them: its approval and"
        " what staff were asked end together",
        """
        SELECT a.id
          FROM approvals_approval a
          LEFT JOIN approvals_approvalrequest r
            ON r.action = a.action AND r.target = a.target AND r.status = 'pending'
         WHERE a.status = 'pending' AND a.due_at IS NOT NULL AND r.id IS NULL
         UNION ALL
        SELECT r.id
          FROM approvals_approvalrequest r
          LEFT JOIN approvals_approval a
            ON a.action = r.action AND a.target = r.target AND a.status = 'pending'
         WHERE r.status = 'pending' AND r.requested_by_id IS NULL AND a.id IS NULL
        """,
    ),
    # A lease is a minute.
    Invariant(
        "I14",
        "no approval waits ten minutes past the time when it ends",
        """
        SELECT id FROM approvals_approval WHERE due_at < %(now)s - interval '10 minutes'
        """,
    ),
)
