"""New Rail: collections by prompt on the payer's phone. Sources and quirks: README.md."""
