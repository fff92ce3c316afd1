"""The production-readiness gate as code: rows, checks, evidence, signatures, report."""
