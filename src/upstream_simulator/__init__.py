"""Plays every upstream in its own dialect, with state on disk and faults on demand.

Shares no code with the service.
"""
