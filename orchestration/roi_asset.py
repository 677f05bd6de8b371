"""What every asset of the group `roi` has in common.

Belongs here: the decorator, and small tables as metadata for the UI. Does not belong here: any particular asset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd

GROUP = "roi"
# Results are handed on in memory: a run is one process, and its tables are written by `published`.
MEMORY = "memory"
_SHOWN_ROWS = 40


def roi_asset(
    *marts: str, upstream: tuple[str, ...] = (), name: str | None = None, description: str | None = None
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset that reads these marts and takes these results of the same group, by name."""
    return dg.asset(
        name=name,
        description=description,
        key_prefix=GROUP,
        group_name=GROUP,
        deps=[dg.AssetKey(["marts", mart]) for mart in marts],
        ins={result: dg.AssetIn([GROUP, result]) for result in upstream},
        io_manager_key=MEMORY,
        required_resource_keys={"run"},
    )


def as_markdown(frame: pd.DataFrame) -> dg.MarkdownMetadataValue:
    """A small table as Markdown for the UI."""
    header = "| " + " | ".join(map(str, frame.columns)) + " |\n|" + "---|" * len(frame.columns)
    lines = [
        "| " + " | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row) + " |"
        for row in frame.head(_SHOWN_ROWS).itertuples(index=False)
    ]
    return dg.MetadataValue.md("\n".join([header, *lines]))
