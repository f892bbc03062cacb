/** Permissions of the access token, in Intercom's words. */
export const USERS = 'Read and list users and companies'
export const CONVERSATIONS = 'Read conversations'
export const TICKETS = 'Read tickets'
export const ADMINS = 'Read admins'
export const ARTICLES = 'Read and list articles'
export const NEWS = 'Read and list news items and newsfeeds'
export const ACTIVITY_LOGS = 'Read admin activity logs'
