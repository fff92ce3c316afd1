"""The one command, `bff`. May import everything below but settings."""
