"""Wave Business: hosted checkout, refunds, payouts, the list of movements. Sources: README.md."""
