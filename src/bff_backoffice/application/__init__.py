"""The use cases. A feature has the same file name in every layer."""
