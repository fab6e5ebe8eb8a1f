"""A broadcast from the encoder's connection to its replay: the media room's lines joined with shows, speech's
verdicts, evidence and the event channels.

Invariants: the media path never waits for the database or for the recogniser; what it has to record goes through
the journal, in order. A dead recogniser, a dead database or a dead encoder covers or pauses one show, no other.
"""
