#!/bin/sh
# sync.sh JOB COMMAND...: runs a job, gives its messages to COMMAND as messages.ndjson, then acknowledges them.
#   COMMAND also gets keys.ndjson, with the key of each stream, and job.json.
#   A job that failed is neither loaded nor acknowledged: records are missing, and COMMAND may replace tables.
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

# A job that failed has a proper end, too, and a proxy may make one of a cut: status and count tell.
# heartbeat: blank lines in the silence, so that no proxy gives up. They are no messages.
call -N "$job/messages?$epoch&heartbeat=15" > lines.ndjson
sed '/^$/d' lines.ndjson > messages.ndjson
rm lines.ndjson
call "$job?$epoch" > job.json
held=$(wc -l < messages.ndjson)
jq -e --argjson held "$held" '.status == "succeeded" and .messageCount == $held' job.json > /dev/null ||
  { jq -c --argjson held "$held" '{status, failure, messageCount, held: $held}' job.json >&2; exit 1; }

# What tells the records of each stream apart, and whose they are.
jq -c '.streams[] | {stream: .streamName, parent: .parentStream, first: (.primaryKey // ["id"])[0], second: .primaryKey[1], third: .primaryKey[2]}' job.json > keys.ndjson

# Acknowledged is only what COMMAND has committed. If this run dies before, the next one brings the same records again.
"$@"
call "$job/ack?$epoch" -d "{\"offset\": $held}" > job.json
