"""Six small things every layer needs. Standard library only."""
