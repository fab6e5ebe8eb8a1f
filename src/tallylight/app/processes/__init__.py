"""The processes of an installation: web, media, speech, jobs, and the supervisor that runs them."""
