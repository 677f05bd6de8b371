"""Dagster, and everything that touches files, clocks, the environment or a database."""
