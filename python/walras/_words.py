"""Words for messages that several modules share."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as a question; where nothing is near, what is known.

    >>> did_you_mean("sma_crss", ["ema_cross", "sma_cross"]), did_you_mean("x", ["b", "a"]), did_you_mean("x", [])
    ("did you mean 'sma_cross'?", 'known: a, b', 'there are none')
    """
    from difflib import get_close_matches

    words = sorted(known)
    near = get_close_matches(word, words, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(words)}" if words else "there are none"
