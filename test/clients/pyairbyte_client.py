"""PyAirbyte reads all streams into its DuckDB cache, twice."""

from pathlib import Path

import airbyte as ab
from checks import Checks, read_setting

# PyAirbyte adds these to every table; the rest of a table's columns come from our schema.
own_columns = {"_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta"}


def open_source(setting):
    return ab.get_source(
        "source-intercom-sync",
        config=setting["config"],
        local_executable=Path(setting["executable"]),
        streams="*",
    )


def streams_without_cursor(source):
    streams = source.discovered_catalog.streams
    return [stream.name for stream in streams if not any(mode.value == "incremental" for mode in stream.supported_sync_modes)]


def check_connection(checks, setting):
    """A config without an access token: the service keeps it."""
    source = ab.get_source(
        "source-intercom-sync",
        config=setting["connection"],
        local_executable=Path(setting["executable"]),
        streams=["tags"],
    )
    source.check()
    checks.that(True, "check of a connection that the service keeps succeeds")
    cache = ab.new_local_cache("connection", cache_dir=Path(setting["folder"]) / "connection")
    read = source.read(cache=cache)
    checks.counts({"tags": len(read["tags"])}, {"tags": setting["truth"]["tags"]}, "a connection is read without a token")


def main():
    checks = Checks()
    setting = read_setting()
    truth = setting["truth"]
    cache = ab.new_local_cache("clients", cache_dir=Path(setting["folder"]) / "duckdb")

    source = open_source(setting)
    source.check()
    checks.that(True, "check succeeds")
    checks.equal(sorted(source.get_available_streams()), sorted(truth), "discover names every stream")

    first = source.read(cache=cache)
    counted = {stream: len(first[stream]) for stream in truth}
    checks.counts(counted, truth, "each table of the cache holds what the workspace has")
    checks.equal(first.processed_records, sum(counted.values()), "no record was read twice")
    properties = {stream.name: stream.json_schema["properties"] for stream in source.discovered_catalog.streams}
    for stream in truth:
        columns = set(first[stream].to_pandas().columns)
        checks.that(len(columns - own_columns) >= min(2, len(properties[stream])), f"the table of {stream} has the columns of its schema", columns)

    # A source of its own: all that it can know of the first read is the state in the cache.
    second = open_source(setting).read(cache=cache)
    # PyAirbyte asks for every stream incrementally, also for those that have no cursor: were they not read whole again,
    # their tables would never see a change.
    anew = sum(counted[stream] for stream in streams_without_cursor(source))
    checks.equal(second.processed_records, anew, "a second read of a quiet workspace gives no record of a stream with a cursor")
    counted_again = {stream: len(cache[stream]) for stream in truth}
    checks.equal(counted_again, counted, "a second read leaves the tables as they are")

    bad = ab.get_source(
        "source-intercom-sync",
        config={**setting["config"], "access_token": "not-a-token"},
        local_executable=Path(setting["executable"]),
    )
    try:
        bad.check()
        checks.that(False, "check of a wrong token fails", "it succeeded")
    except ab.exceptions.AirbyteConnectorCheckFailedError as error:
        checks.that("not-a-token" not in str(error), "check of a wrong token fails, and does not tell it", error)
    if "connection" in setting:
        check_connection(checks, setting)
    checks.done()


main()
