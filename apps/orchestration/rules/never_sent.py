"""SQL of what others must approve first: it has no attempt until then, and none ever if not."""

from __future__ import annotations


def never_sent(owner: str) -> str:
    """A condition: this row waits for approval, or ended before anything could be sent.

    Args:
        owner: the alias of its table.
    """
    return f"""({owner}.status IN ('needs_approval', 'canceled')
            OR ({owner}.status = 'failed' AND {owner}.approval_id IS NOT NULL
                AND EXISTS (SELECT FROM payments_statuschange never
                             WHERE never.payment_id = {owner}.id AND never.attempt_id IS NULL
                               AND never.from_status = 'needs_approval'
                               AND never.to_status = 'failed')))"""
