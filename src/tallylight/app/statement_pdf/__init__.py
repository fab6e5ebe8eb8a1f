"""A closed statement as PDF."""
