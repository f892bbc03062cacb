/** What answers show in place of a secret. Always of the same length, so that it does not reveal the secret's. */
export const secretMask = '**********'
