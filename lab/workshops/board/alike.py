"""Notes that look alike, in any language: tf-idf over n-grams of characters, and complete linkage. Pure.

Salton & Buckley (1988), Term-weighting approaches in automatic text retrieval; n-grams of characters as in
Cavnar & Trenkle (1994), N-gram-based text categorization: they need no words of any language, and a typing
error changes few of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lab.foundation.folding import fold

SHORTEST, LONGEST = 2, 4
"""Characters of an n-gram."""
LEAST_ALIKE: Final = 0.43
"""Cosine from which two notes look alike: paraphrases of one sentence lie above, other sentences of the same
length below."""
MOST_OF_A_GROUP: Final = 12
"""Notes of one suggestion."""
_WORD: Final = re.compile(r"[^\W_]+")

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alike:
    """Notes that look alike, by index in their order, and the least cosine of any two of them."""

    notes: tuple[int, ...]
    similarity: float


def notes_alike(
    texts: Sequence[str], *, apart: Collection[Pair] = (), same: Collection[Pair] = ()
) -> list[Alike]:
    """Groups of two or more texts of which any two look alike, the most alike first.

    Args:
        apart: pairs that are known to differ, so they share no group.
        same: pairs of which somebody said that they are the same, so they look alike whatever their letters.
    """
    if len(texts) < 2:
        return []
    # imported here: a server that suggests nothing starts without scipy
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    close = _close_pairs(texts, same)
    for one, other in apart:
        close.pop((min(one, other), max(one, other)), None)
    if not close:
        return []
    first, second = np.array(list(close)).T
    cosine = csr_array((list(close.values()), (first, second)), shape=(len(texts), len(texts)))
    graph = cosine + cosine.T
    _, labels = connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for index, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(index)
    groups = [
        group
        for near in members.values()
        if len(near) > 1
        for group in _linked(near, graph[near][:, near].toarray())
    ]
    return sorted(groups, key=lambda group: (-group.similarity, group.notes))


def _close_pairs(texts: Sequence[str], same: Collection[Pair]) -> dict[Pair, float]:
    """The pairs that look alike, smaller index first, with their cosines."""
    weights = _weights(texts)
    cosines = (weights @ weights.T).tocoo()
    is_close = (cosines.data >= LEAST_ALIKE) & (cosines.row < cosines.col)
    pairs = zip(cosines.row[is_close].tolist(), cosines.col[is_close].tolist(), strict=True)
    close = dict(zip(pairs, np.minimum(cosines.data[is_close], 1.0).tolist(), strict=True))
    return close | {(min(pair), max(pair)): 1.0 for pair in same}


def _weights(texts: Sequence[str]) -> Any:
    """Rows of unit length: for each text (1 + ln tf) × (ln((1 + N) / (1 + df)) + 1) of its n-grams."""
    from scipy.sparse import csr_array, diags_array

    columns: dict[str, int] = {}
    indices: list[int] = []
    counts: list[int] = []
    ends = [0]
    for text in texts:
        grams = Counter(_grams(text))
        indices.extend(columns.setdefault(gram, len(columns)) for gram in grams)
        counts.extend(grams.values())
        ends.append(len(indices))
    shape = (len(texts), len(columns))
    weights = csr_array((1.0 + np.log(counts), indices, ends), shape=shape)
    with_gram = np.bincount(weights.indices, minlength=shape[1])
    weights = weights @ diags_array(np.log((1 + len(texts)) / (1 + with_gram)) + 1)
    length = np.sqrt(weights.multiply(weights).sum(axis=1))
    return (diags_array(1 / np.where(length > 0, length, 1.0)) @ weights).tocsr()


def _grams(text: str) -> Iterator[str]:
    """The n-grams of a text's words, also across the blanks between them and at both ends."""
    words = " ".join(_WORD.findall(fold(text)))
    if not words:
        return
    words = f" {words} "
    for size in range(SHORTEST, LONGEST + 1):
        for start in range(len(words) - size + 1):
            yield words[start : start + size]


def _linked(near: Sequence[int], cosine: np.ndarray) -> Iterator[Alike]:
    """The groups among notes that hang together: complete linkage, so any two of a group look alike."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = 1.0 - cosine
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "complete")
    labels = fcluster(tree, 1.0 - LEAST_ALIKE, "distance")
    for label in range(1, labels.max() + 1):
        places = np.flatnonzero(labels == label)[:MOST_OF_A_GROUP]
        if len(places) > 1:
            within = cosine[np.ix_(places, places)][np.triu_indices(len(places), 1)]
            yield Alike(tuple(near[place] for place in places), round(float(within.min()), 3))
