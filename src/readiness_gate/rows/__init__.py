"""What must hold, as data: one module per section, each row beside the source's own wording."""
