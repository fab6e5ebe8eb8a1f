"""What words mean where no pattern names them: a small language model's opinion, which at most asks the desk.

Invariants: an opinion alone never blocks; words inside an approved claim are no part of what is read; the same words
and facts give the same opinion on one machine; figures are compared by our own arithmetic, never by the model.
"""

from tallylight.compliance.meaning.model import MODELS, Meaning, Opinion, load_meaning
from tallylight.compliance.meaning.reading import Named, Reading, read_for_meaning

__all__ = ["MODELS", "Meaning", "Named", "Opinion", "Reading", "load_meaning", "read_for_meaning"]
