import { defaultToken } from '../options.ts'

/** The addresses and the job that the commands use. */
export interface CurlSetting {
  service: string
  /** Where the simulated Intercom listens. */
  intercom: string
  /** Path of the latest job, `/v1/jobs/…`. */
  job: string
}

/** A call that is refused fails, and shows why. */
const ask = 'curl -sS --fail-with-body'

/** Commands for a shell, each with its purpose. They can be run unchanged, in this order. */
export function curlLines({ service, intercom, job }: CurlSetting): { what: string; command: string }[] {
  const json = `-H 'Content-Type: application/json'`
  const config = `"config": {"access_token": "${defaultToken}"}`
  return [
    { what: 'The third job', command: `${ask} ${service}${job}` },
    {
      what: 'Its messages again, from any offset',
      command: shellLines(`${ask} '${service}${job}/messages?after=0'`, `| cut -c 1-78`),
    },
    { what: 'Check a token', command: shellLines(`${ask} ${service}/v1/check`, json, `-d '{${config}}'`) },
    {
      what: 'Change five contacts in the simulated Intercom ...',
      command: shellLines(`${ask} ${intercom}/_simulator/mutate`, json, `-d '{"kind": "update", "count": 5}'`),
    },
    {
      what: '... and sync just them, from the states of the third job',
      command: shellLines(
        `state=$(${ask} ${service}${job}/state)\ncurl -sSN --fail-with-body '${service}/v1/jobs?heartbeat=15'`,
        `-H 'Accept: application/x-ndjson' ${json}`,
        `-d '{${config},\n      "streams": ["contacts"], "state": '"$state"'}'`,
        `| grep '"RECORD"' | cut -c 1-78`,
      ),
    },
  ]
}

/** One command on several lines, each short enough for 80 columns. */
const shellLines = (...parts: string[]): string => parts.join(' \\\n  ')
