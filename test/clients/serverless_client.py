"""airbyte_serverless reads all streams: it starts the command through a shell, and takes stderr for messages, too."""

from collections import Counter

from airbyte_serverless.sources import ExecutableAirbyteSource
from checks import Checks, read_setting


def open_source(setting):
    return ExecutableAirbyteSource(executable=setting["executable"], config=setting["config"])


def read_all(source, state=None):
    """Returns how many records of each stream came, and the last state of each."""
    counted = Counter()
    states = {}
    for message in source.extract(state=state):
        if message["type"] == "RECORD":
            counted[message["record"]["stream"]] += 1
        if message["type"] == "STATE":
            states[message["state"]["stream"]["stream_descriptor"]["name"]] = message["state"]
    return counted, list(states.values())


def main():
    checks = Checks()
    setting = read_setting()
    truth = setting["truth"]
    source = open_source(setting)
    checks.that("access_token" in source.yaml_definition_example, "spec becomes an example of a config")
    checks.equal(source.connection_status["status"], "SUCCEEDED", "check succeeds")
    checks.equal(sorted(source.available_streams), sorted(truth), "discover names every stream")

    counted, states = read_all(source)
    checks.counts(counted, truth, "as many records as the workspace has")
    again, _ = read_all(open_source(setting), states)
    checks.equal(dict(again), {}, "a second read of a quiet workspace gives no record")
    checks.done()


main()
