"""The desk: people decide findings while their words are held, one person a finding; what aired wrong is corrected.

Invariants: at most one live lease a finding (the database decides a race); a decision replaces another person's only
when it names it; what nobody decided, the policy decides, on record; a correction is on record before viewers see it.
"""
