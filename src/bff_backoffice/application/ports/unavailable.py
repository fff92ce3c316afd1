"""The one word for a durable store that gives no answer."""


class StoreUnavailable(Exception):  # noqa: N818 - a state of the store, decided on by its user
    """PostgreSQL gave no answer in time. Whether a write took effect is not known."""
