"""What becomes of the record after the show: how long it is kept, what holds it, who signed it, what was promised.

Invariants: nothing is emptied without an act in the broadcast's own chain, nor while a legal hold stands; a hold, its
lifting, a signature and a promise's verdict are entries of that chain too.
"""
