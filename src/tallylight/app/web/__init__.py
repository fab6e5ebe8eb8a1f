"""The HTTP edge: routes composed from the rooms, sessions, CSRF, limits, static files."""
