interface Catalog {
  streams: object[]
}

/** The catalog with streams that no version has, before and between its own. */
export function withUnknown({ streams }: Catalog, ...names: string[]): Catalog {
  const unknown = names.map((name) => ({
    stream: { name, json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
    sync_mode: 'incremental',
    destination_sync_mode: 'append',
  }))
  return { streams: [...unknown.slice(0, 1), ...streams.slice(0, 1), ...unknown.slice(1), ...streams.slice(1)] }
}
