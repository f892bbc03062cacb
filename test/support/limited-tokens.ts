/** Tokens of a simulated workspace, and the scopes that each lacks. */
export const limitedTokens: Record<string, string[]> = {
  'simulator-token': [],
  'token-without-tags': ['read_tags'],
  'token-for-nothing': [
    'read_admins',
    'read_admin_activity_logs',
    'read_tags',
    'read_users',
    'read_conversations',
    'read_tickets',
  ],
}
