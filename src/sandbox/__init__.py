"""Starts the whole product on one machine, on real parts.

PostgreSQL and Valkey from wheels, the simulator, the API, the worker and the client.
"""
