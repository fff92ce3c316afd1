"""What may be said about a request: log events, metrics, traces. Can never see a token."""
