"""The environment that a benchmark hands to its child processes; the only place here that reads the caller's.

Belongs here: what is passed on and what is not. Does not belong here: starting processes.
"""

from __future__ import annotations

import os
from pathlib import Path


def without_settings(**settings: str) -> dict[str, str]:
    """The caller's environment without settings of the product of its own (VOC_*), and with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VOC_")} | settings


def with_path(folder: Path) -> dict[str, str]:
    """The caller's environment, in which Python looks for modules in `folder` first."""
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path}
