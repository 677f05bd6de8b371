"""Writes docs/metrics.md from the dbt project's doc blocks, so that a measure is defined once.

python docs/metrics.py          # or: make docs
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "metrics.md"
TOPICS = {
    "feedback": "Scores",
    "accounts": "Accounts",
    "money": "Money",
    "wallet": "Wallet",
    "programme": "The programme itself",
}
INTRODUCTION = """\
# Measures

Every measure of the warehouse: what it is, in which table it stands, how it is computed, where it comes from, and what
to beware of. Made by `make docs` from the doc blocks beside the models (`dbt_project/models/marts/*/*__docs.md`), which
`dbt docs` shows too; edit those. Thresholds and limits are the profile's ([configuration.md](configuration.md)).
"""
_BLOCK = re.compile(r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", re.DOTALL)
_TITLE = re.compile(r"^\*\*(?P<name>.+?)\*\* \((?P<places>.+?)\)$", re.MULTILINE)


def doc_blocks() -> dict[str, dict[str, str]]:
    """Topic → id → text of every doc block, in the order in which they stand in their files."""
    return {
        topic: {
            block_id: text.strip()
            for path in sorted((ROOT / "dbt_project/models/marts" / topic).glob("*__docs.md"))
            for block_id, text in _BLOCK.findall(path.read_text(encoding="utf-8"))
        }
        for topic in TOPICS
    }


def rendered() -> str:
    """The whole document."""
    parts = [INTRODUCTION]
    for topic, blocks in doc_blocks().items():
        parts.append(f"## {TOPICS[topic]}\n")
        for text in blocks.values():
            title = _TITLE.search(text)
            body = text[title.end() :].strip()
            parts.append(f"### {title['name']}\n\n{title['places']}\n\n{body}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}")
