"""What customers write about: comments grouped into themes, each named by its terms.

Belongs here: factorising terms into themes, placing comments, naming themes. Does not belong here: terms
(`comment_terms.py`), what themes go with (`theme_effects.py`).

Non-negative matrix factorisation of TF-IDF weights (Lee and Seung 1999; scikit-learn), from a fixed start on texts in
alphabetical order, so the same comments give the same themes. Themes are found in the words alone, before scores and
departures are looked at, so these cannot have shaped them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from roi_models.drivers.comment_terms import count_terms

MIN_COMMENTS = 100
MAX_THEMES = 20
_COMMENTS_PER_THEME = 60
# Cosine of a comment with its theme: below it the two have little in common.
_LEAST_FIT = 0.3
NO_THEME = -1
_TERMS_OF_LABEL = 3
_SEED = 20_105
# Loadings closer than this are a tie, so that the last bits of a float decide nothing.
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Themes:
    """`theme`: place of each comment's theme in `labels`, or `NO_THEME`, in the order in which the comments came."""

    theme: np.ndarray
    labels: tuple[str, ...]


def find_themes(comments: pd.Series, accounts: pd.Series) -> Themes:
    """Group comments (n,) of accounts (n,) into at most `MAX_THEMES` themes, one for every `_COMMENTS_PER_THEME`.

    A comment is of the theme that it loads on most; one that fits none is of none. Raises ValueError, one
    sentence, below `MIN_COMMENTS` comments or where customers share no terms.
    """
    if len(comments) < MIN_COMMENTS:
        raise ValueError(f"There are {len(comments):,} comments, and {MIN_COMMENTS} are needed.")
    frame = pd.DataFrame({"text": comments.to_numpy(), "account": accounts.to_numpy()})
    frame = frame.sort_values(["text", "account"], kind="stable")
    counts, terms = count_terms(frame["text"].tolist(), frame["account"].tolist())
    texts, first, place, copies = np.unique(
        frame["text"].to_numpy(dtype=str), return_index=True, return_inverse=True, return_counts=True
    )
    number = min(MAX_THEMES, max(2, len(frame) // _COMMENTS_PER_THEME), len(texts), len(terms))
    loads, weights = _factorise(counts[first], copies, number)
    best = np.where(loads.max(axis=1) >= _LEAST_FIT, loads.argmax(axis=1), NO_THEME)
    found = np.empty(len(frame), dtype=np.int64)
    found[frame.index.to_numpy()] = best[place]
    return _named(found, weights, terms)


def _factorise(counts: sparse.csr_matrix, copies: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Loadings of the distinct texts (t, k) and terms (k, v), both per copy and with themes of length 1.

    A text that stands there c times counts as c rows: scaled by √c, its squared error is.
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfTransformer

    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    weighted = sparse.diags(np.sqrt(copies)) @ weighted
    model = NMF(n_components=number, init="nndsvd", random_state=_SEED, max_iter=200)
    with warnings.catch_warnings():
        # A factorisation that could still be improved is a grouping of comments all the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        loads = model.fit_transform(weighted)
    length = np.linalg.norm(model.components_, axis=1)
    weights = model.components_ / np.where(length > 0, length, 1.0)[:, None]
    return np.round(loads * length / np.sqrt(copies)[:, None], _DECIMALS), np.round(weights, _DECIMALS)


def _named(found: np.ndarray, weights: np.ndarray, terms: list[str]) -> Themes:
    """Themes that hold a comment, named, the largest first; equal names are one theme."""
    labels = [_label(row, terms) for row in weights]
    sizes = pd.Series([labels[theme] for theme in found if theme != NO_THEME], dtype=object).value_counts()
    ordered = tuple(sorted(sizes.index, key=lambda label: (-sizes[label], label)))
    places = np.array([ordered.index(label) if label in ordered else NO_THEME for label in labels] + [NO_THEME])
    return Themes(theme=places[found], labels=ordered)


def _label(weights: np.ndarray, terms: list[str]) -> str:
    """The terms with most weight, none of which shares a word or run of characters with one before it."""
    chosen: list[str] = []
    for place in sorted(np.flatnonzero(weights > 0), key=lambda place: (-weights[place], terms[place])):
        if not any(_overlap(terms[place], taken) for taken in chosen):
            chosen.append(terms[place])
        if len(chosen) == _TERMS_OF_LABEL:
            break
    return " · ".join(chosen)


def _overlap(one: str, other: str) -> bool:
    """Whether two terms repeat each other: a word, or two characters in a row where there are no words."""
    if one.isascii() or other.isascii():
        return bool(set(one.split()) & set(other.split()))
    return any(one[start : start + 2] in other for start in range(len(one) - 1))
