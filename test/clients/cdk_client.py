"""Airbyte's CDK as a validator: its own classes parse every line that each command prints."""

import json
import math
from collections import Counter

from airbyte_cdk.models import AirbyteStreamStatus, ConfiguredAirbyteCatalogSerializer, Status, Type
from airbyte_cdk.test.entrypoint_wrapper import EntrypointOutput
from checks import Checks, Connector, read_setting
from jsonschema import Draft7Validator


def parse(checks, command, lines):
    """What does not parse becomes a LOG there, as the platform has it: count the LOGs on both sides."""
    output = EntrypointOutput(messages=[without_endless_numbers(line) for line in lines])
    own_logs = sum(json.loads(line)["type"] == "LOG" for line in lines)
    checks.equal(len(output.logs), own_logs, f"{command}: every line is a message")
    checks.equal(output.get_formatted_error_message(), "", f"{command}: no error")
    return output


def without_endless_numbers(line):
    """
    The simulated workspace has a number too large for a double. We pass it on with every digit; the parser of the CDK
    refuses the whole line. Such a number becomes text here, any other line stays as it is.
    """
    endless = []

    def read_float(text):
        if math.isfinite(float(text)):
            return float(text)
        endless.append(text)
        return text

    message = json.loads(line, parse_float=read_float)
    return json.dumps(message) if endless else line


def run(checks, connector, command, *arguments):
    code, lines = connector.run(command, *arguments)
    checks.equal(code, 0, f"{command}: exit code 0")
    return parse(checks, command, lines)


def check_messages(checks, output, streams, name):
    """What holds for each stream of every read that succeeds."""
    for stream in streams:
        statuses = output.get_stream_statuses(stream)
        middle = set(statuses[1:-1])
        right = (
            len(statuses) >= 3
            and statuses[0] is AirbyteStreamStatus.STARTED
            and statuses[-1] is AirbyteStreamStatus.COMPLETE
            and middle == {AirbyteStreamStatus.RUNNING}
        )
        checks.that(right, f"{name}: {stream} is STARTED, RUNNING, COMPLETE", statuses)
    counted = Counter(message.record.stream for message in output.records)
    told = Counter()
    for message in output.state_messages:
        told[message.state.stream.stream_descriptor.name] += message.state.sourceStats.recordCount
    checks.equal({stream: told[stream] for stream in streams if told[stream]}, dict(counted), f"{name}: recordCount")
    checks.equal(sorted(told), sorted(streams), f"{name}: every stream has a state")
    return counted


def last_states(lines):
    """The states as text that the next read is given: the CDK's own classes would drop what they do not know."""
    states = {}
    for message in map(json.loads, lines):
        if message["type"] == "STATE":
            states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
    return list(states.values())


def main():
    checks = Checks()
    setting = read_setting()
    truth = setting["truth"]
    connector = Connector(setting["executable"], setting["folder"])
    config = connector.write("config.json", setting["config"])

    specs = run(checks, connector, "spec").spec_messages
    checks.equal(len(specs), 1, "spec: one SPEC")
    validator = Draft7Validator(specs[0].spec.connectionSpecification)
    checks.equal([error.message for error in validator.iter_errors(setting["config"])], [], "spec: the config is valid")
    statuses = run(checks, connector, "check", "--config", config).connection_status_messages
    checks.equal([status.connectionStatus.status for status in statuses], [Status.SUCCEEDED], "check: SUCCEEDED, once")

    catalog = run(checks, connector, "discover", "--config", config).catalog.catalog
    schemas = {stream.name: stream.json_schema for stream in catalog.streams}
    checks.equal(sorted(schemas), sorted(truth), "discover: every stream")
    configured = ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": stream,
                    "sync_mode": stream["supported_sync_modes"][-1],
                    "destination_sync_mode": "append_dedup",
                }
                for stream in discovered_streams(connector, config)
            ]
        }
    )
    catalog_file = connector.write("catalog.json", ConfiguredAirbyteCatalogSerializer.dump(configured))
    files = ["--config", config, "--catalog", catalog_file]

    code, lines = connector.run("read", *files)
    checks.equal(code, 0, "read: exit code 0")
    output = parse(checks, "read", lines)
    counted = check_messages(checks, output, truth, "read")
    checks.counts(counted, truth, "read: as many records as the workspace has")
    check_schemas(checks, output, schemas)

    state = connector.write("state.json", last_states(lines))
    code, lines = connector.run("read", *files, "--state", state)
    checks.equal(code, 0, "second read: exit code 0")
    again = check_messages(checks, parse(checks, "second read", lines), truth, "second read")
    checks.equal(dict(again), {}, "second read: no record of a quiet workspace")
    checks.done()


def discovered_streams(connector, config):
    """As printed, for the configured catalog."""
    _, lines = connector.run("discover", "--config", config)
    return next(message["catalog"]["streams"] for message in map(json.loads, lines) if message["type"] == "CATALOG")


def check_schemas(checks, output, schemas):
    # The types of custom attributes are what the workspace says they are, and the simulated one is wrong about some.
    for schema in schemas.values():
        schema["properties"].get("custom_attributes", {}).pop("properties", None)
    validators = {stream: Draft7Validator(schema) for stream, schema in schemas.items()}
    for stream, validator in validators.items():
        faults = [
            f"{error.json_path}: {error.message[:100]}"
            for message in output.records
            if message.record.stream == stream
            for error in validator.iter_errors(message.record.data)
        ]
        checks.equal(faults[:3], [], f"read: the records of {stream} are as its schema says")


main()
