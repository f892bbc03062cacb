#!/bin/sh
# sync.sh JOB COMMAND...: runs a job, gives its messages to COMMAND as messages.ndjson, then acknowledges them.
#   JOB is the body of POST /v1/jobs, or @FILE with it. Needs curl 7.76 or newer, and jq.
set -eu
service=${INTERCOM_SYNC_URL:-http://127.0.0.1:8080}/v1

# The key goes through a pipe: other users of the machine can read arguments.
call() {
  printf 'header = "Authorization: Bearer %s"\n' "${INTERCOM_SYNC_API_KEY:-}" |
    curl -sS --fail-with-body --config - -H 'Content-Type: application/json' "$@"
}

call "$service/jobs" -d "$1" > job.json || { cat job.json >&2; exit 1; }
shift
job=$service/jobs/$(jq .jobId job.json)
epoch=epoch=$(jq -r .logEpoch job.json)

# curl ends with 18 when the body is cut. A job that failed has a proper end, too: only its status tells.
call -N "$job/messages?$epoch" > messages.ndjson
call "$job?$epoch" > job.json
jq -e '.status == "succeeded"' job.json > /dev/null || { jq -c .failure job.json >&2; exit 1; }

# Acknowledged is only what COMMAND has committed. If this run dies before, the next one brings the same records again.
"$@"
call "$job/ack?$epoch" -d "{\"offset\": $(wc -l < messages.ndjson)}" > job.json
