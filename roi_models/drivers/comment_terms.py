"""From comments in English and Chinese to the terms that several customers used.

Belongs here: what a term is, and which terms may be shown. Does not belong here: grouping comments by their terms
(`comment_themes.py`).

English is cut into words and pairs of words. Chinese has no blanks between words: every run of two to four characters
between function characters is a candidate, and a run is dropped where a longer one says the same. No dictionary is
needed, and none is out of date. A term is only kept, and so only ever shown, where `MIN_TERM_ACCOUNTS` accounts used
it: what one customer wrote never appears.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

MIN_TERM_ACCOUNTS = 5
MAX_TERMS = 2_000
NO_SHARED_TERM = f"No term is used by {MIN_TERM_ACCOUNTS} accounts."
_WORD = re.compile(r"[^\W\d_]{3,}|no\b")
# Part of a pair and never a term alone: "never issue" is praise, "issue" is not.
_NEGATIONS = frozenset({"no", "not", "never", "nothing", "cannot", "without"})
_EMPTY_WORDS = frozenset({"did", "does", "just", "really"})
_CONTRACTED_NOT = re.compile("n['\u2019]t\\b")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_SOLID = f"[^\\s{_HAN}]"
_PRIVATE = re.compile(rf"{_SOLID}+@{_SOLID}+|https?://{_SOLID}+|www\.{_SOLID}+|{_SOLID}*\d{_SOLID}*")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_OTHER_ASIAN = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
# Particles, pronouns and joining words: no term runs across them.
_HAN_FUNCTION = re.compile("[的了着吗呢吧啊呀嘛是我你您他她它们和与及或在也都就还很]")
_LONGEST_RUN = 4


def is_chinese(comment: str) -> bool:
    """Whether a text is written in Chinese characters, by its script alone."""
    return bool(_HAN_RUN.search(comment)) and not _OTHER_ASIAN.search(comment)


def terms_of(comment: str) -> list[str]:
    """Candidate terms of one comment, repeats included; addresses, links and whatever holds a digit are left out."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    empty = ENGLISH_STOP_WORDS | _EMPTY_WORDS
    text = _CONTRACTED_NOT.sub(" not", _PRIVATE.sub(" ", comment.lower()))
    found: list[str] = []
    for run in _HAN_RUN.findall(text):
        for piece in _HAN_FUNCTION.split(run):
            sizes = range(2, min(_LONGEST_RUN, len(piece)) + 1)
            found += [piece[start : start + size] for size in sizes for start in range(len(piece) - size + 1)]
    for clause in re.split(r"[.!?;:,\n]", _HAN_RUN.sub("\n", text)):
        words = [word for word in _WORD.findall(clause) if word in _NEGATIONS or word not in empty]
        found += [word for word in words if word not in _NEGATIONS]
        found += [f"{one} {two}" for one, two in pairwise(words)]
    return found


def count_terms(comments: Sequence[str], accounts: Sequence[str]) -> tuple[sparse.csr_matrix, list[str]]:
    """How often each comment (rows) uses each shared term (columns, in alphabetical order), and the terms.

    A term is kept where enough accounts used it, and where no longer term with it inside stands in the same comments;
    of very many, those that most accounts used.
    Raises ValueError where no term is shared by enough accounts.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    if not any(map(terms_of, comments)):
        raise ValueError(NO_SHARED_TERM)
    vectoriser = CountVectorizer(analyzer=terms_of)
    counts = sparse.csr_matrix(vectoriser.fit_transform(comments))
    names = vectoriser.get_feature_names_out().tolist()
    _, codes = np.unique(np.asarray(accounts, dtype=str), return_inverse=True)
    holders = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes))))) @ (counts > 0)
    used_by = np.asarray((holders > 0).sum(axis=0)).ravel()
    used_in = np.asarray((counts > 0).sum(axis=0)).ravel()
    shared = {name: int(used_in[place]) for place, name in enumerate(names) if used_by[place] >= MIN_TERM_ACCOUNTS}
    places = {name: place for place, name in enumerate(names)}
    telling = sorted(set(shared) - _said_by_longer(shared), key=lambda name: (-used_by[places[name]], name))
    kept = sorted(telling[:MAX_TERMS])
    if not kept:
        raise ValueError(NO_SHARED_TERM)
    return counts[:, [places[name] for name in kept]], kept


def _said_by_longer(used_in: dict[str, int]) -> set[str]:
    """Terms that only ever stand inside one longer term: those with it in the same number of comments."""
    inside: set[str] = set()
    for term, count in used_in.items():
        shorter = [term[:-1], term[1:]] if _HAN_RUN.fullmatch(term) else []
        parts = term.split(" ") if " " in term else shorter
        inside |= {part for part in parts if used_in.get(part) == count}
    return inside
