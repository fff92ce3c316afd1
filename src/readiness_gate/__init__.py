"""The production-readiness gate as code: rows, checks, evidence, waivers, report.

It shares no code with the service it judges and reaches it only through commands, files and
HTTP. Start at `gate_table.py` (what must hold), then `judge.py` (what counts as held).
"""
