"""The frame every provider simulator stands in. How to add one: README.md."""
