"""
Tells what is in a warehouse: `{stream: {key: updated_at}}`, for scripts/try-warehouse.js.

Arguments: `records` (one table, as docs/warehouse/load.sql makes it) or `tables` (one for each stream, in the schema
"intercom"); then the file of a DuckDB, or the address of a Postgres; then the streams, each with the members of its key:
`stream:member:member`.
"""

import json
import sys

with_time = {"contacts", "companies", "conversations", "tickets"}


def open_warehouse(address):
    if address.startswith("postgres"):
        import psycopg

        return psycopg.connect(address)
    import duckdb

    return duckdb.connect(address, read_only=True)


def read_records(warehouse):
    rows = {}
    for stream, key, updated_at in warehouse.execute("SELECT stream, key, data->>'updated_at' FROM records").fetchall():
        rows.setdefault(stream, []).append((key, updated_at))
    return rows


def read_tables(warehouse, streams):
    rows = {}
    for stream, *members in (argument.split(":") for argument in streams):
        key = " || ' ' || ".join(f"CAST({name} AS VARCHAR)" for name in members)
        time = "updated_at" if stream in with_time else "NULL"
        rows[stream] = warehouse.execute(f"SELECT {key}, {time} FROM intercom.{stream}").fetchall()
    return rows


def main():
    layout, address, *streams = sys.argv[1:]
    warehouse = open_warehouse(address)
    rows = read_records(warehouse) if layout == "records" else read_tables(warehouse, streams)
    told = {
        stream: {key: int(time) if stream in with_time and time is not None else None for key, time in found}
        for stream, found in rows.items()
    }
    twice = {stream: len(found) - len(told[stream]) for stream, found in rows.items() if len(found) > len(told[stream])}
    print(json.dumps({"rows": told, "twice": twice}))


main()
