"""The seeded hotel group; start at `plant.py`."""
