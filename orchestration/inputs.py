"""What lies in the inbox before a run: making the demo's exports when there are none, and knowing what a run will see.

Belongs here: the inbox as a whole.
Does not belong here: reading files (`ingest/`), drawing data (`roi_models/simulate`).
"""

from __future__ import annotations

from collections.abc import Callable

from orchestration.errors import SourceError, VocRoiError
from orchestration.ingest import SourcesConfig, check_sources, find_inputs, load_contract, load_sources
from orchestration.settings import Settings


def inbox_is_empty(settings: Settings) -> bool:
    """Whether there is nothing to load yet."""
    return not (settings.inbox.is_dir() and any(settings.inbox.iterdir()))


def ensure_inbox(settings: Settings, sources: SourcesConfig, say: Callable[[str], None]) -> None:
    """Generate the profile's demo data when its own inbox is empty and the profile asks for them.

    Raises VocRoiError when the inbox is empty and nothing is to be generated: the profile has no `demo` entry, or
    someone named another inbox (a mistyped folder must not become a made-up business case).
    """
    if not inbox_is_empty(settings):
        return
    if not _is_demo(settings, sources):
        raise VocRoiError(
            f"The inbox {settings.inbox} is empty or not there; put the exports that sources.yml names into it, or "
            "point VOC_INBOX to their folder."
        )
    from orchestration.demo import write_demo

    switches = settings.demo_switches if settings.demo_switches is not None else tuple(sources.demo.switches)
    files = write_demo(
        settings.inbox,
        seed=sources.demo.seed,
        accounts=settings.demo_accounts or sources.demo.accounts,
        months=sources.demo.months,
        switches=frozenset(switches),
    )
    say(f"made {len(files)} demo exports in {settings.inbox}")


def _is_demo(settings: Settings, sources: SourcesConfig) -> bool:
    return sources.demo is not None and not settings.inbox_is_given


def seen_inputs(settings: Settings, sources: SourcesConfig) -> set[tuple[str, str]]:
    """(source, SHA-256) of every file that a run would see now."""
    return find_inputs(sources, settings.inbox, settings.raw_dir)


def source_problems(settings: Settings) -> list[str]:
    """Everything wrong with the profile's sources and the files in the inbox, a sentence each.

    Nothing is generated: the demo's data, when they are not there yet, are made by the first run and fit.
    """
    try:
        sources = load_sources(settings.profile_dir)
    except SourceError as error:
        return list(error.problems)
    settings = settings.with_inbox_of(sources.inbox)
    if inbox_is_empty(settings) and _is_demo(settings, sources):
        return []
    contract = load_contract(settings.dbt_dir / "models/staging/_raw__sources.yml")
    return check_sources(sources, contract, settings.inbox, settings.raw_dir)
