"""What others approve of a batch: a key of config/approvable_actions.py."""

START = "payout_batch.start"
