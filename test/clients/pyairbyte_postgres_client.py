"""PyAirbyte reads all streams into Postgres, twice. Postgres is stricter than DuckDB: a column takes one type."""

import contextlib
import gzip
import io
import json
from pathlib import Path

import airbyte as ab
import pandas
import psycopg
from airbyte.caches import PostgresCache
from checks import Checks, read_setting


def read_lines(path, lines):
    """
    PyAirbyte reads its own files back with pandas, which takes Unix seconds in a column named `…_at` for dates, texts of
    digits for numbers, and refuses numbers beyond 64 bits. docs/warehouse.md gives it this reader, too.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        return pandas.DataFrame(map(json.loads, file), dtype=object)


def main():
    pandas.read_json = read_lines
    checks = Checks()
    setting = read_setting()
    truth = setting["truth"]
    postgres = setting["postgres"]
    schema = setting["schema"]
    source = ab.get_source(
        "source-intercom-sync",
        config=setting["config"],
        local_executable=Path(setting["executable"]),
        streams="*",
    )
    cache = PostgresCache(
        host=postgres["host"],
        port=postgres["port"],
        username=postgres["user"],
        password=postgres["password"],
        database=postgres["database"],
        schema_name=schema,
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        first = source.read(cache=cache)
    counted = {stream: len(first[stream]) for stream in truth}
    checks.counts(counted, truth, "each table in Postgres holds what the workspace has")
    complaints = [line for line in printed.getvalue().splitlines() if "Could not" in line]
    checks.equal(complaints[:3], [], f"no column of a type that it cannot tell ({len(complaints)} complaints)")

    with psycopg.connect(postgres["url"]) as connection:
        columns = dict(
            connection.execute(
                "SELECT table_name || '.' || column_name, data_type FROM information_schema.columns WHERE table_schema = %s",
                [schema],
            ).fetchall()
        )
        states = connection.execute(f"SELECT DISTINCT ticket_state->>'category' FROM {schema}.tickets").fetchall()
    objects = ["admins.avatar", "contacts.avatar", "conversation_parts.assigned_to", "tickets.ticket_state"]
    checks.equal({name: columns.get(name) for name in objects}, dict.fromkeys(objects, "json"), "objects are JSON")
    checks.that(len(states) > 1 and None not in [state for (state,) in states], "a ticket's state can be asked for", states)

    source.read(cache=cache)
    counted_again = {stream: len(cache[stream]) for stream in truth}
    checks.equal(counted_again, counted, "a second read leaves the tables as they are")
    checks.done()


main()
