"""The checks: one function per row, each takes an `Inspection` and returns a `Finding`."""
