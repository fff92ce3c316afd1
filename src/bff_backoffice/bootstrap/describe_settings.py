"""What each setting is now, without its secrets."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import get_type_hints

from bff_backoffice.bootstrap.settings import GROUPS, PREFIX
from bff_backoffice.foundation.secret_text import SecretText


def describe_settings(environment: Mapping[str, str]) -> list[str]:
    """Return `NAME=value` lines, by group; a secret is only told to be set or missing."""
    lines: list[str] = []
    seen: set[str] = set()
    for group in GROUPS:
        hints = get_type_hints(group)
        for setting in fields(group):  # type: ignore[arg-type]  # every group is a dataclass
            name = PREFIX + setting.name.upper()
            if name in seen:
                continue
            seen.add(name)
            if hints[setting.name] is SecretText:
                is_set = name in environment or f"{name}_FILE" in environment
                value = "***" if is_set else "(missing)"
            elif name in environment:
                value = environment[name]
            else:
                value = (
                    "(missing)" if setting.default is MISSING else f"{setting.default} (default)"
                )
            lines.append(f"{name}={value}")
    return lines
