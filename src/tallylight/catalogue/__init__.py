"""Products, variants, photos, prices with their history, stock, importers.

Invariants: stock never goes below zero (the database refuses it); every price change is kept with its time.
"""
