"""Sets of words, written as one line of text."""


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``, separated by spaces."""
    return frozenset(text.split())
