"""A study made by hand, with all that one may hold: for tests of the reports that tell it."""

import pandas as pd

from roi_models.study import Section, Shown, Study, StudyTable


def sample_study(section: Section = Section.SCORES) -> Study:
    """Three rows of which two are printed, a number with an interval, a missing one, a text and a name to escape."""
    frame = pd.DataFrame(
        {
            "driver": ["speed", "price <b>", "hidden"],
            "share": [0.61, 0.39, 0.0],
            "low": [0.5, 0.3, None],
            "high": [0.7, 0.45, None],
            "shift": [-0.4, None, 0.0],
            "reading": ["keep", "mend", "never printed"],
            "refused": ["", None, "only of a row that is not printed"],
        }
    )
    table = StudyTable(
        name="sample_drivers",
        frame=frame,
        keys=("driver",),
        caption="Drivers, the strongest first",
        rows=2,
        shown=(
            Shown(
                column="share",
                heading="Share",
                unit="share_pct",
                scale=100,
                low="low",
                high="high",
                definition="{label}: share of the explained variance.",
            ),
            Shown(column="shift", heading="Shift", unit="points", is_signed=True, definition="{label}: its movement."),
            Shown(column="reading", heading="Reading"),
            Shown(column="refused", heading="Not computed because"),
        ),
    )
    sentence = "Speed explains 61% of what is explained; 17 other drivers were left out."
    return Study(id="sample", section=section, title="What moves the score", sentences=(sentence,), tables=(table,))
