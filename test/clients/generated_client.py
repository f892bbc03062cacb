"""Generates a client from openapi.yaml and uses it as somebody would who knows nothing else of the service.

It discovers, keeps a connection, creates a job, polls it, streams its messages and acknowledges them.
Run by scripts/test-generated-python.js with the path of a setting: {openapi, service, folder}.
"""

import importlib
import json
import subprocess
import sys
from pathlib import Path

setting = json.loads(Path(sys.argv[1]).read_text())
folder = Path(setting["folder"])


def check(what, holds):
    print(f"{'ok' if holds else 'not ok'} - {what}")


# To the generator NDJSON is a type like any other that it does not know, and it would leave the call's answer out.
CONFIG = {"content_type_overrides": {"application/x-ndjson": "text/plain"}}


def generate():
    """Every warning is a call or a schema that the generator left out."""
    (folder / "config.json").write_text(json.dumps(CONFIG))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"),
            *("--path", setting["openapi"], "--output-path", str(folder / "intercom_sync")),
            *("--config", str(folder / "config.json")),
        ],
        capture_output=True,
        text=True,
        env={"PATH": str(Path(sys.executable).parent), "HOME": str(folder)},
    )
    said = made.stdout + made.stderr
    check(f"the client is generated without a warning: {said}", made.returncode == 0 and "arning" not in said)
    sys.path.insert(0, str(folder))


generate()
client = importlib.import_module("intercom_sync").Client(base_url=setting["service"], raise_on_unexpected_status=True)
models = importlib.import_module("intercom_sync.models")


def call(tag, name, *args, **kwargs):
    """A service that is busy says so with 503, and the call may be sent again."""
    module = importlib.import_module(f"intercom_sync.api.{tag}.{name}")
    for _ in range(5):
        answer = module.sync(*args, client=client, **kwargs)
        if getattr(answer, "status", None) != 503:
            break
    return answer


config = {"access_token": "simulator-token"}
catalog = call("connector", "discover_streams", body=models.DiscoverStreamsBody.from_dict({"config": config}))
check("discover answers a catalog", len(catalog.catalog.streams) >= 14)

body = models.PutConnectionBody.from_dict({"config": config, "catalog": catalog.to_dict()})
kept = call("connections", "put_connection", "generated", body=body)
check("a connection is kept, its secret masked", kept.config.to_dict()["access_token"] == "*" * 10)

job = call("jobs", "create_job", body=models.CreateJobBody.from_dict({"connectionId": "generated"}))
check("a job is created", job.job_id > 0)

while job.status.value in ("pending", "running", "incomplete"):
    job = call("jobs", "get_job", job.job_id, wait=60, epoch=job.log_epoch)
check(f"it is polled to its end: {job.status.value}", job.status.value == "succeeded")

with client.get_httpx_client().stream("GET", f"/v1/jobs/{job.job_id}/messages") as messages:
    # Not `iter_lines`: it splits at U+2028 and its like, too, which texts of people hold.
    lines = [json.loads(line) for line in b"".join(messages.iter_bytes()).split(b"\n")[:-1]]
    check("the messages say how the job ended", messages.headers["job-status"] == "succeeded")
check("every message is streamed", len(lines) == job.message_count)
check("among them every record", sum(line["type"] == "RECORD" for line in lines) == job.rows_synced > 0)

ack = models.AcknowledgeMessagesBody(offset=len(lines))
acknowledged = call("jobs", "acknowledge_messages", job.job_id, body=ack, epoch=job.log_epoch)
check("they are acknowledged", acknowledged.offset == len(lines))
states = call("connections", "get_connection_state", "generated")
check("the connection has a state now", len(states) > 0)

refused = call("jobs", "get_job", 1)
check("a problem has its code", refused.code == "job_not_found")
print("done")
