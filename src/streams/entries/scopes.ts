/** Permissions of the access token, in Intercom's words. */
export const USERS = 'Read and list users and companies'
export const CONVERSATIONS = 'Read conversations'
export const TICKETS = 'Read tickets'
