"""
Selects every column of every list in dbt_intercom_columns.json from the views of docs/warehouse/dbt_intercom.sql, for
scripts/try-dbt-views.js. Prints `{table: {"columns": {column: rows in which it is not null}, "keys": [what tells a row
apart, and whether it is active]}}`; a column that cannot be selected has the error in place of the count.

Arguments: the file of a DuckDB, or the address of a Postgres.
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


def keys_of(warehouse, table, columns):
    """What tells the rows apart, as texts: both warehouses have to say the same."""
    names = [name for name in columns if name == "id" or name.endswith("_id")]
    active = "_fivetran_active" if "_fivetran_active" in columns else "NOT _fivetran_deleted"
    texts = ", ".join(f"CAST({name} AS text)" for name in [active, *names])
    try:
        rows = warehouse.execute(f"SELECT {texts} FROM intercom.{table}").fetchall()
    except Exception:
        return []
    return sorted("\t".join("" if value is None else value for value in row) for row in rows)


def main():
    warehouse = open_warehouse(sys.argv[1])
    told = {
        table: {
            "columns": {column: count(warehouse, f'count("{column}")', table) for column in columns},
            "keys": keys_of(warehouse, table, columns),
        }
        for table, columns in lists.items()
    }
    print(json.dumps(told))


main()
