import type { CommandForm } from './command-form.ts'

/** The commands to try things out with. Images of the service and of the connector do not have them. */
export const tryOutCommands = {
  demo: {
    summary: 'run the service against a simulated Intercom: three syncs, every record checked',
    options: {
      contacts: {
        value: 'N',
        summary: 'contacts of the simulated Intercom (10000); a tenth as many conversations and companies',
      },
      keep: { summary: 'leave everything running at the end, until Ctrl-C' },
    },
    example: 'demo --contacts 1000',
    variables: ['NO_COLOR'],
  },
  simulator: {
    summary: 'run a simulated Intercom',
    options: {
      host: { value: 'ADDRESS', summary: 'address to listen on (127.0.0.1)' },
      port: { value: 'N', summary: 'port to listen on (4010); 0 takes a free one' },
      seed: { value: 'N', summary: 'equal seeds give equal bytes (1)' },
      contacts: { value: 'N', summary: 'contacts at the start (1000)' },
      tags: { value: 'N', summary: 'tags (12)' },
      admins: { value: 'N', summary: 'admins (5)' },
      teams: { value: 'N', summary: 'teams (4)' },
      segments: { value: 'N', summary: 'segments (8)' },
      attributes: { value: 'N', summary: 'custom attributes of each model (7)' },
      companies: { value: 'N', summary: 'companies (150)' },
      conversations: { value: 'N', summary: 'conversations (200)' },
      'most-parts': { value: 'N', summary: 'most parts of an ordinary conversation (8)' },
      'long-conversations': { value: 'N', summary: 'conversations of 500 parts and more (3)' },
      tickets: { value: 'N', summary: 'tickets (100)' },
      'long-tickets': { value: 'N', summary: 'tickets of 500 parts and more (0)' },
      articles: { value: 'N', summary: 'articles (0)' },
      references: { value: 'N', summary: 'ticket types, brands and the like, of each (0)' },
      'activity-logs': { value: 'N', summary: 'entries of the activity log (300)' },
      'most-activity-logs': {
        value: 'N',
        summary: 'rows that a window of the log may hold; more are answered with 500 (no limit)',
      },
      'scroll-page-size': { value: 'N', summary: 'companies on a page of the scroll (100)' },
      timezone: { value: 'NAME', summary: "the workspace's time zone (America/New_York)" },
      region: { value: 'NAME', summary: 'US, Europe or Australia (US)' },
      'newest-version': { value: 'VERSION', summary: 'newest API version (2.17)' },
      'rate-limit': { value: 'N', summary: 'requests per token in ten seconds (1666)' },
      latency: { value: 'MS', summary: 'how long every answer takes (0)' },
      'index-lag': { value: 'MS', summary: 'how long after a change the search shows it (0)' },
      token: { value: 'TOKEN', summary: 'a token that is accepted (simulator-token)', isList: true },
      'no-oddities': { summary: 'no records with hostile texts' },
      'hide-timezone': { summary: 'answer /me with 403' },
      'mutate-every': { value: 'N', summary: 'change contacts after so many searches' },
      'mutate-count': { value: 'N', summary: 'so many contacts each time (5)' },
      'mutate-until': { value: 'N', summary: 'stop after so many searches' },
    },
    example: 'simulator --contacts 5000 --port 4010',
  },
  oracle: {
    summary: 'compare messages with what a simulated Intercom has',
    operands: ['FILE'],
    options: {
      truth: {
        value: 'PLACE',
        summary: 'address of the simulator, or a file; without it only the protocol is checked',
      },
      'visible-at': { value: 'MS', summary: 'when the messages were read, ms since the epoch' },
      'lower-bound': { value: 'SECONDS', summary: 'older records are not expected, Unix seconds' },
      streams: { value: 'NAMES', summary: 'the streams that must be there, e.g. contacts,tags' },
    },
    example: 'oracle --truth http://127.0.0.1:4010 messages.ndjson',
  },
} as const satisfies Record<string, CommandForm>
