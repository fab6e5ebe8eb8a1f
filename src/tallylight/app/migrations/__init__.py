"""Schema migrations (Alembic). They travel in the wheel and run at start under an advisory lock."""
