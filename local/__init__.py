"""Runs the whole platform on one machine: servers, processes, demo, checks. No Django in here."""
