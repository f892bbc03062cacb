/** What it means for a folder when the system refuses to write there, and what helps, by the code of the error. */
const faults: Readonly<Record<string, { words: string; remedy: string; mayPass?: true }>> = {
  ENOENT: { words: 'does not exist', remedy: 'make it' },
  ENOTDIR: { words: 'is no folder', remedy: 'move the file away' },
  EEXIST: { words: 'is no folder', remedy: 'move the file away' },
  EACCES: { words: 'is not for this user to write to', remedy: 'give it the right' },
  EPERM: { words: 'is not for this user to write to', remedy: 'give it the right' },
  EROFS: { words: 'is read-only', remedy: 'mount it writable' },
  ENOSPC: { words: 'is full', remedy: 'make room there', mayPass: true },
  EDQUOT: { words: "is full up to this user's quota", remedy: 'make room there', mayPass: true },
  EMFILE: { words: 'cannot be opened: this process has too many open files', remedy: 'raise ulimit -n', mayPass: true },
  ENFILE: {
    words: 'cannot be opened: this machine has too many open files',
    remedy: 'raise fs.file-max',
    mayPass: true,
  },
}
const unknownFault = { words: 'cannot be written to', remedy: 'look at its disk', mayPass: false }

/** A folder cannot be used as the operator has set it; the message names the variable to set. */
export class FolderError extends Error {
  override name = 'FolderError'
  /** Whether it may be usable a little later without anybody changing a setting. */
  readonly mayPass: boolean

  /** @param variable what sets the folder */
  constructor(variable: string, folder: string, cause: unknown) {
    const code = codeOf(cause)
    const { words, remedy, mayPass = false } = (Object.hasOwn(faults, code) && faults[code]) || unknownFault
    super(`The folder ${folder} ${words} (${code}): ${remedy}, or set ${variable} to another one`, { cause })
    this.mayPass = mayPass
  }
}

/** Runs what writes to a folder. @throws FolderError in place of the errors of the system */
export async function writingTo<Result>(
  variable: string,
  folder: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw codeOf(error) === '' ? error : new FolderError(variable, folder, error)
  }
}

/** A code of the system such as ENOSPC. Codes of Node itself begin with `ERR_` and are no fault of a folder. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && !code.startsWith('ERR_') ? code : ''
}
