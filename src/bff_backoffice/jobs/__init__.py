"""Loops that call use cases: another door to the same application layer."""
