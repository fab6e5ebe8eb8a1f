"""A database whose disk is full, as its clients see it: what PostgreSQL answers when a table cannot grow (53100)."""

FULL = """
create function full_disk() returns trigger language plpgsql as $$
begin
    raise exception 'could not extend file' using errcode = 'disk_full';
end $$
"""
FULL_ON = "create trigger full_disk before insert on {table} for each row execute function full_disk()"
