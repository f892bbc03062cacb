/** One line of the product made wrong on purpose, and the tests that must tell. */
export interface Mutant {
  /** What is broken, in words. */
  rule: string
  /** Below `src/`. */
  file: string
  /** Text that stands in the file exactly once … */
  find: string
  /** … and what takes its place. */
  replace: string
  /** Test files below `test/`, asked in turn until one fails. */
  tests: readonly string[]
}

const sync = (...names: string[]) => names.map((name) => `sync/${name}`)

/** The rules that keep records from being lost or delivered twice, each broken in its own way. */
export const mutants: readonly Mutant[] = [
  // Searches and slices
  {
    rule: 'a record updated at the very start of a slice is not its own',
    file: 'sync/slice.ts',
    find: 'time >= range.from)',
    replace: 'time > range.from)',
    tests: sync('eleven-streams', 'live-changes'),
  },
  {
    rule: 'a slice also owns the second at which the next one begins',
    file: 'sync/slice.ts',
    find: 'time < range.to)',
    replace: 'time <= range.to)',
    tests: sync('eleven-streams', 'unreadable-pages'),
  },
  {
    rule: 'contacts by calendar day are asked for as if by second',
    file: 'intercom/search-query.ts',
    find: 'day: 2 * 86_400',
    replace: 'day: 0',
    tests: sync('live-changes', 'long-tail'),
  },
  {
    rule: 'the bounds of a search are believed to take in themselves',
    file: 'intercom/search-query.ts',
    find: 'second: 1,',
    replace: 'second: 0,',
    tests: sync('eleven-streams', 'tickets', 'live-changes'),
  },
  {
    rule: 'an increment by calendar day stops one record too early',
    file: 'sync/slice-reader.ts',
    find: '?? slice.from) < slice.from',
    replace: '?? slice.from) <= slice.from',
    tests: sync('early-stop', 'live-changes', 'overlap'),
  },
  {
    rule: 'an ascending search is not sorted',
    file: 'intercom/search-query.ts',
    find: "sort: { field: 'updated_at', order: options.order }",
    replace: "sort: { field: 'created_at', order: options.order }",
    tests: sync('live-changes', 'connector-changelog'),
  },
  {
    rule: 'the version that a search was served by is not looked at',
    file: 'sync/search-start.ts',
    find: 'if (seen?.version === version)',
    replace: 'if (seen !== undefined)',
    tests: sync('live-changes', 'early-stop'),
  },
  {
    rule: 'a slice that came short is not read again',
    file: 'sync/slice-reader.ts',
    find: 'else if (received.size >= (expected ?? 0))',
    replace: 'else if (received.size >= 0)',
    tests: sync('counts'),
  },
  {
    rule: 'the low-water mark is that of the slice which is furthest',
    file: 'sync/slice.ts',
    find: 'Math.min(...open.map(reached))',
    replace: 'Math.max(...open.map(reached))',
    tests: sync('resume', 'given-states'),
  },
  {
    rule: 'records of the current second are forgotten between pages',
    file: 'sync/slice.ts',
    find: '.filter((row) => at !== undefined && sign * (row.updatedAt - at) >= 0)',
    replace: '.filter(() => false)',
    tests: sync('refused-cursors', 'failures', 'resume'),
  },
  // The tail
  {
    rule: 'the tail is read once, however much it held',
    file: 'sync/search-walk.ts',
    find: 'const MOST_ROUNDS = 3',
    replace: 'const MOST_ROUNDS = 1',
    tests: sync('long-tail', 'live-changes'),
  },
  {
    rule: 'there is no tail',
    file: 'sync/search-walk.ts',
    find: 'const hasEnded = yield* tailArrivals(current, endpoint, round)',
    replace: 'const hasEnded = true; yield { take: (sink) => finish(current, round, sink) }',
    tests: sync('live-changes'),
  },
  {
    rule: 'the next round of the tail begins when the last one ended',
    file: 'sync/search-walk.ts',
    find: 'round = newRound(round.round + 1, round.asked)\n    }',
    replace: 'round = newRound(round.round + 1, client.serverSeconds() ?? round.asked)\n    }',
    tests: sync('long-tail', 'live-changes'),
  },
  {
    rule: 'what an earlier round delivered unchanged comes again',
    file: 'sync/seen.ts',
    find: 'has: (id, hash) => entries.get(id)?.hash === hash,',
    replace: 'has: () => false,',
    tests: sync('long-tail', 'live-changes'),
  },
  // The overlap of syncs
  {
    rule: 'syncs do not overlap',
    file: 'sync/overlap.ts',
    find: 'const seconds = Math.max(options.usualSeconds, 2 * (previous?.worstLag ?? 0))',
    replace: 'const seconds = 0',
    tests: sync('overlap'),
  },
  {
    rule: 'a lag that was seen does not make the overlap longer',
    file: 'sync/overlap.ts',
    find: '2 * (previous?.worstLag ?? 0)',
    replace: '0 * (previous?.worstLag ?? 0)',
    tests: sync('overlap'),
  },
  {
    rule: 'what the overlap reads again is delivered again',
    file: 'sync/overlap.ts',
    find: 'return before !== hash',
    replace: 'return true',
    tests: sync('overlap', 'eleven-streams'),
  },
  {
    rule: 'what the overlap reads again is never delivered, changed or not',
    file: 'sync/overlap.ts',
    find: 'return before !== hash',
    replace: 'return before === undefined',
    tests: sync('overlap', 'tickets', 'eleven-streams'),
  },
  {
    rule: 'an attachment that is signed anew makes a record new',
    file: 'intercom/content-hash.ts',
    find: "return text.replace(URL_QUERY, '$1')",
    replace: 'return text',
    tests: sync('eleven-streams', 'overlap'),
  },
  {
    rule: 'the hash of a conversation leaves its parts out',
    file: 'sync/child-text.ts',
    find: 'start: 0, end: answer.body.length,',
    replace: 'start: 0, end: 0,',
    tests: sync('eleven-streams', 'tickets'),
  },
  {
    rule: 'a ticket is given no more time than a conversation',
    file: 'streams/table.ts',
    find: 'const DAY_SECONDS = 86_400',
    replace: 'const DAY_SECONDS = 300',
    tests: sync('tickets'),
  },
  // Children
  {
    rule: 'parts are filtered by their own time',
    file: 'sync/feed.ts',
    find: 'if (!isInLog(text)) sink.record(entry.name, text)',
    replace: 'if (!isInLog(text) && !text.includes(`"created_at":1`)) sink.record(entry.name, text)',
    tests: sync('eleven-streams', 'connector-changelog'),
  },
  {
    rule: 'a parent deleted meanwhile ends the sync',
    file: 'sync/children.ts',
    find: '[404, 410].includes(error.failure.status)',
    replace: '[410].includes(error.failure.status)',
    tests: sync('completeness', 'unreadable-pages'),
  },
  {
    rule: "a child does not carry its parent's id",
    file: 'sync/child-text.ts',
    find: "if (members === '') return text",
    replace: 'if (members) return text',
    tests: sync('eleven-streams', 'connector-changelog'),
  },
  {
    rule: 'of 501 parts none is said to be missing',
    file: 'sync/feed.ts',
    find: 'children.total > records.length',
    replace: 'children.total > records.length + 1',
    tests: sync('tickets', 'completeness'),
  },
  {
    rule: 'a conversation at the cap is passed off as whole',
    file: 'sync/truncation.ts',
    find: 'count <= counter.most',
    replace: 'count <= counter.most + 1',
    tests: sync('completeness', 'messages'),
  },
  {
    rule: 'a list that is cut at ten stays cut',
    file: 'streams/table.ts',
    find: "{ member: 'tags', path: '/contacts/{id}/tags', scope: 'Read tags' },",
    replace: '',
    tests: sync('cut-lists'),
  },
  // Companies
  {
    rule: 'what a broken scroll gave comes again with the next one',
    file: 'sync/fingerprints.ts',
    find: 'if (table[at + 2] !== 0) return false',
    replace: 'if (table[at + 2] !== 0) return true',
    tests: sync('failures', 'connector-changelog', 'eleven-streams', 'companies-list'),
  },
  {
    rule: 'an expired scroll ends the sync',
    file: 'intercom/companies-scroll.ts',
    find: 'error.failure.status === 404',
    replace: 'error.failure.status === 410',
    tests: sync('connector-changelog', 'failures'),
  },
  {
    rule: "somebody else's scroll is not waited for",
    file: 'intercom/companies-scroll.ts',
    find: "failure.intercomCode === 'scroll_exists'",
    replace: "failure.intercomCode === 'scroll_taken'",
    tests: sync('companies-list', 'connector-changelog'),
  },
  // Loops, heavy pages, damage
  {
    rule: 'a page that comes again is not noticed',
    file: 'sync/slice-reader.ts',
    find: 'return repeated || endless',
    replace: 'return false && (repeated || endless)',
    tests: sync('failures', 'counts'),
  },
  {
    rule: 'pages that fail are not asked for in smaller ones',
    file: 'sync/page-size.ts',
    find: 'if (index === sizes.length - 1) return false',
    replace: 'if (index >= 0) return false',
    tests: sync('unreadable-pages'),
  },
  {
    rule: 'what lies behind a bad record is given up with it',
    file: 'sync/narrowing.ts',
    find: 'if (!rest.flipped) return [{ ...bounds, ...common, flipped: true }]',
    replace: 'if (!rest.flipped) return [{ ...bounds, ...common, aside: true }]',
    tests: sync('unreadable-pages'),
  },
  {
    rule: 'what could not be had is forgotten by the state',
    file: 'sync/feed-state.ts',
    find: 'if (isIncomplete(feed, walk)) return gapState(feed, planned, readTo)',
    replace: '',
    tests: sync('unreadable-pages'),
  },
  {
    rule: 'of a second in which one record waits everything comes again',
    file: 'sync/slice.ts',
    find: 'if (slice.only && !slice.only.includes(record.id)) return false',
    replace: '',
    tests: sync('unreadable-lists-in-a-crowd'),
  },
  {
    rule: 'of two records that wait in one second the first is forgotten',
    file: 'sync/set-aside.ts',
    find: 'known.only = [...new Set([...(known.only ?? []), id])]',
    replace: 'known.only = [id]',
    tests: sync('unreadable-lists-in-a-crowd'),
  },
  {
    rule: 'a record that waited and came as it changed is called missing',
    file: 'sync/search-walk.ts',
    find: 'takeBack(walk.slices, row)',
    replace: '',
    tests: sync('unreadable-lists-in-a-crowd'),
  },
  {
    rule: 'reading around a bad page forgets that only some records are awaited',
    file: 'sync/narrowing.ts',
    find: '...(awaited && { only: awaited }),',
    replace: '',
    tests: sync('unreadable-lists-in-a-crowd'),
  },
  {
    rule: 'the rate limit uses the tries of a request up',
    file: 'intercom/retry.ts',
    find: 'if (error instanceof RateLimitedError) {',
    replace: 'if (error instanceof RateLimitedError && failedTries > 99) {',
    tests: ['intercom/retry', ...sync('failures')],
  },
  {
    rule: 'half a surrogate pair goes out as it came',
    file: 'intercom/record-text.ts',
    find: "(lone === undefined ? whole : '\\\\ufffd')",
    replace: 'whole',
    tests: ['intercom/record-scanner', ...sync('messages', 'eleven-streams')],
  },
  {
    rule: 'milliseconds are taken for seconds',
    file: 'sync/search-pages.ts',
    find: 'if (number <= LARGEST_SECONDS) return Math.floor(number)',
    replace: 'if (number <= Infinity) return Math.floor(number)',
    tests: sync('broken-times'),
  },
  // States and settings
  {
    rule: 'the start date is exclusive',
    file: 'sync/feed.ts',
    find: 'updatedAt >= lower',
    replace: 'updatedAt > lower',
    tests: sync('connector-changelog'),
  },
  {
    rule: 'a state of another connector is believed to the second',
    file: 'sync/feed.ts',
    find: 'config.migration_lookback ?? 31',
    replace: 'config.migration_lookback ?? 0',
    tests: sync('messages', 'given-states'),
  },
  {
    rule: 'the lookback window does nothing',
    file: 'sync/feed.ts',
    find: '(config.lookback_window ?? 0) * DAY_SECONDS',
    replace: '(config.lookback_window ?? 0) * 0',
    tests: sync('given-states', 'messages', 'connector-changelog'),
  },
  {
    rule: 'a cursor a little in the future is kept',
    file: 'sync/search-state.ts',
    find: 'cursor > now && cursor <= now + CLOCK_DIFFERENCE ? now : cursor',
    replace: 'cursor',
    tests: sync('given-states', 'messages'),
  },
  {
    rule: 'a walk is continued under other settings',
    file: 'sync/search-start.ts',
    find: 'previous?.plan === plan ? ',
    replace: 'true ? ',
    tests: sync('messages', 'given-states'),
  },
  {
    rule: 'a full refresh begins at a cursor',
    file: 'sync/feed.ts',
    find: 'if (given?.cursor === undefined || incremental) return given',
    replace: 'if (given) return given',
    tests: sync('messages', 'given-states'),
  },
  {
    rule: 'the state of a child tells nothing of its parent',
    file: 'sync/feed-state.ts',
    find: 'if (parent === undefined || state.updated_at === undefined) return state',
    replace: 'if (parent !== null) return state',
    tests: sync('eleven-streams', 'given-states', 'connector-changelog'),
  },
  {
    rule: 'a missing permission passes for an empty stream',
    file: 'sync/walk-events.ts',
    find: "yield { walk, kind: 'refused', error }",
    replace: "yield { walk, kind: 'ended' }",
    tests: sync('failures'),
  },
  {
    rule: 'a page of the scroll that was lost is asked for again, and the next one comes',
    file: 'intercom/companies-scroll.ts',
    find: 'tries: 1 }',
    replace: 'tries: 5 }',
    tests: sync('eleven-streams'),
  },
  {
    rule: 'the first empty page is the end of the scroll',
    file: 'intercom/companies-scroll.ts',
    find: 'if (isEmpty && wasEmpty) return',
    replace: 'if (isEmpty) return',
    tests: sync('eleven-streams'),
  },
  {
    rule: 'what only the list of companies was read for is never made up for',
    file: 'sync/filtered-walk.ts',
    find: 'if (!byList) notes.push(',
    replace: 'if (byList) notes.push(',
    tests: sync('companies-list'),
  },
  {
    rule: 'a walk begins after its first look at the data',
    file: 'sync/search-start.ts',
    find: '    walk: { lower, frozen, slices,',
    replace: '    walk: { lower, frozen: client.serverSeconds() ?? frozen, slices,',
    tests: sync('live-changes'),
  },
  {
    rule: 'two attributes of one name are one',
    file: 'streams/table.ts',
    find: "path: '/data_attributes',\n    query: { model: 'company' },\n    recordsPath: ['data'],\n    // Two attributes can share a name (\"name\" and \"plan.name\"): only the full name tells them apart.\n    primaryKey: [['model'], ['full_name']],",
    replace:
      "path: '/data_attributes',\n    query: { model: 'company' },\n    recordsPath: ['data'],\n    primaryKey: [['name']],",
    tests: ['streams-document', 'http/discover'],
  },
  {
    rule: 'a window of the activity log that fails is not halved',
    file: 'sync/window-walk.ts',
    find: 'const isNarrow = length < 2 * NARROWEST_SECONDS',
    replace: 'const isNarrow = length > 0',
    tests: sync('activity-logs'),
  },
  // The message log
  {
    rule: 'an attempt that was replaced may still write',
    file: 'store/scripts/commit.ts',
    find: "if fence > mine then return 'FENCED' end",
    replace: '',
    tests: ['store/commit'],
  },
  {
    rule: 'a commit whose reply was lost is made twice',
    file: 'store/scripts/commit.ts',
    find: "if record[3] == ARGV[4] then return 'ALREADY' end",
    replace: '',
    tests: ['store/commit'],
  },
  {
    rule: 'a Redis that has gone back in time is written on',
    file: 'store/scripts/commit.ts',
    find: "if tonumber(record[4]) ~= offset then return 'REWOUND' end",
    replace: '',
    tests: ['store/commit'],
  },
]
