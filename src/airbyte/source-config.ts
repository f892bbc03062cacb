/** The connector's config after checking: what Airbyte's source-intercom takes, plus ours (DESIGN §6). */
export interface SourceConfig {
  access_token: string
  [property: string]: unknown
}
