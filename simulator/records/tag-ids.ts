/** The first tag has this id, the others follow. */
export const firstTagId = 102
