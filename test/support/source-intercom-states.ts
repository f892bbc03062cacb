/** States as versions of Airbyte's source-intercom have written them: the text of a state file, for a given time. */
export interface StateFile {
  /** The versions that wrote it in this way. */
  versions: string
  /** @param cursor Unix seconds up to which everything has been delivered */
  write(cursor: number): unknown
}

type Blob = Record<string, unknown>

const topLevel = ['contacts', 'conversations', 'companies', 'segments']

const perStream = (blobs: Record<string, Blob>): unknown[] =>
  Object.entries(blobs).map(([name, stream_state]) => ({
    type: 'STREAM',
    stream: { stream_descriptor: { name }, stream_state },
  }))

const each = (names: readonly string[], blob: Blob): Record<string, Blob> =>
  Object.fromEntries(names.map((name) => [name, blob]))

/** Both children, each with the part of the state that stands for its parent. */
const children = (write: (parent: string) => Blob): Record<string, Blob> => ({
  conversation_parts: write('conversations'),
  company_segments: write('companies'),
})

export const stateFiles: readonly StateFile[] = [
  {
    versions: '0.1.0 to 0.1.26: one object for all streams, whole numbers',
    write: (cursor) => ({
      ...each(topLevel, { updated_at: cursor }),
      ...children((parent) => ({ updated_at: cursor, [parent]: { updated_at: cursor } })),
    }),
  },
  {
    versions: '0.1.27 to 0.1.33: a state for each stream',
    write: (cursor) =>
      perStream({
        ...each(topLevel, { updated_at: cursor + 0.5 }),
        ...children((parent) => ({ updated_at: cursor, [parent]: { updated_at: cursor } })),
      }),
  },
  {
    versions: '0.2.0 to 0.8.3: prior states, and the log of activities in digits',
    write: (cursor) =>
      perStream({
        ...each(topLevel, { updated_at: cursor, prior_state: { updated_at: cursor - 1000 } }),
        activity_logs: { created_at: String(cursor) },
        ...children((parent) => ({
          updated_at: cursor,
          prior_state: { updated_at: cursor, [parent]: { updated_at: cursor } },
          [parent]: { updated_at: cursor, prior_state: { updated_at: cursor } },
        })),
      }),
  },
  {
    versions: '0.9.0 to 0.12.2: a cursor for each partition',
    write: (cursor) =>
      perStream({
        ...each([...topLevel, 'tickets'], { updated_at: cursor }),
        activity_logs: { created_at: String(cursor) },
        ...children((parent) => ({
          states: [
            { partition: { id: '1', parent_slice: {} }, cursor: { updated_at: String(cursor + 5000) } },
            { partition: { id: '2', parent_slice: {} }, cursor: { updated_at: String(cursor) } },
          ],
          parent_state: { [parent]: { updated_at: cursor + 5000 } },
        })),
      }),
  },
  {
    versions: '0.13.0 to 0.13.22: digits, a global cursor for children',
    write: (cursor) => [
      {
        type: 'STATE',
        state: {
          type: 'GLOBAL',
          global: {
            shared_state: {},
            stream_states: Object.entries({
              ...each([...topLevel, 'tickets'], { updated_at: String(cursor) }),
              activity_logs: { created_at: String(cursor) },
              ...children((parent) => ({
                use_global_cursor: true,
                state: { updated_at: String(cursor) },
                lookback_window: 37,
                parent_state: { [parent]: { updated_at: String(cursor) } },
              })),
              ...each(['admins', 'tags', 'teams'], { __ab_no_cursor_state_message: true }),
            }).map(([name, stream_state]) => ({ stream_descriptor: { name }, stream_state })),
          },
        },
      },
    ],
  },
]
