"""HTTP in, HTTP out: translates, decides nothing.

Reaches the rules only through the application layer. Start at app.py.
"""
