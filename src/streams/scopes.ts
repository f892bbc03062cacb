/** Permissions of the access token, in Intercom's words. */
export const USERS = 'Read and list users and companies'
