"""iam: sign-in, tokens, sessions. Start at `service.py`."""
