"""
Selects every column of every list in dbt_intercom_columns.json from the views of docs/warehouse/dbt_intercom.sql, for
scripts/try-dbt-views.js. Prints `{table: {"columns": {column: rows in which it is not null}, "active": [keys],
"inactive": [keys]}}`; a column that cannot be selected has the error in place of the count.

Arguments: the file of a DuckDB, or the address of a Postgres; then the key of each table, as JSON.
"""

import json
import pathlib
import sys

lists = json.loads(pathlib.Path(__file__).with_name("dbt_intercom_columns.json").read_text())


def open_warehouse(address):
    if address.startswith("postgres"):
        import psycopg

        return psycopg.connect(address, autocommit=True)
    import duckdb

    return duckdb.connect(address, read_only=True)


def count(warehouse, what, table):
    try:
        return warehouse.execute(f"SELECT {what} FROM intercom.{table}").fetchone()[0]
    except Exception as error:  # Each warehouse has errors of its own.
        return str(error).splitlines()[0]


def keys_of(warehouse, table, key, condition):
    """The keys of some rows, as texts in order: both warehouses have to say the same."""
    columns = ", ".join(f"CAST({name} AS text)" for name in key)
    try:
        rows = warehouse.execute(f"SELECT {columns} FROM intercom.{table} WHERE {condition}").fetchall()
    except Exception:  # The columns say why.
        return []
    return sorted(" ".join(str(value) for value in row) for row in rows)


def main():
    address, keys = sys.argv[1:]
    warehouse = open_warehouse(address)
    told = {}
    for table, key in json.loads(keys).items():
        active = "_fivetran_active" if "_fivetran_active" in lists[table] else "NOT _fivetran_deleted"
        told[table] = {
            "columns": {column: count(warehouse, f'count("{column}")', table) for column in lists[table]},
            "active": keys_of(warehouse, table, key, active),
            "inactive": keys_of(warehouse, table, key, f"NOT ({active})"),
        }
    print(json.dumps(told))


main()
