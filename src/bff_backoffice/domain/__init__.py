"""The rules and words of the business, pure."""
