"""Why a process does not start."""


class SettingsRefused(Exception):  # noqa: N818 - the start is refused
    """The process must not start like this. The text names the variables, never a value."""
