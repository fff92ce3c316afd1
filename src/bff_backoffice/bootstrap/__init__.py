"""Builds the running programs: settings, adapters, use cases, API and worker.

The only place that knows every class.
"""
