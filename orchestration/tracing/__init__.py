"""From a published figure back to the files it came from.

Belongs here: who makes which table (`makers.py`), what a table is made from (`lineage.py`), which of its rows hold a
figure (`rows.py`), putting these together (`trace.py`) and writing them down (`lines.py`).
Does not belong here: computing or rendering figures (`roi_models`), publishing them (`orchestration/publish.py`).
"""

from orchestration.tracing.lines import as_json, figure_lines, trace_lines
from orchestration.tracing.trace import PublishedRun, open_published

__all__ = ["PublishedRun", "as_json", "figure_lines", "open_published", "trace_lines"]
