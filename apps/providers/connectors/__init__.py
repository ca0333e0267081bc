"""The connectors, one folder each. A new one is its folder and its line here."""

# A code is the name of its folder: connector.py says CONNECTOR, READ_CONFIG and
# CREDENTIALS, simulator.py says SIMULATOR, TEST_CREDENTIALS and TEST_PAYER.
CODES = (
    "mtn_momo",
    "orange_webpay",
    "wave",
)
