/** Replaces, in stored texts, the part that changes with every read. */
const unsigned = '?expires=0&signature=0'

/** The address of an attachment, still without its signature. @param file unique for the attachment */
export function attachmentUrl(file: number, name: string): string {
  return `https://downloads.intercomcdn.com/i/o/${file}/${file.toString(16).padStart(12, '0')}/${name}${unsigned}`
}

/** Signs the addresses of attachments anew with every read, so no two answers are alike. */
export class UrlSigner {
  #reads = 0

  /** @param now Unix seconds */
  sign(text: Buffer, now: number): Buffer {
    if (!text.includes(unsigned)) return text
    const signature = (++this.#reads * 0x9e37_79b1).toString(16).padStart(16, '0')
    return Buffer.from(
      text.toString().replaceAll(unsigned, `?expires=${now + 3_600}&signature=${signature}&req=${this.#reads}`),
    )
  }
}

/**
 * A text without the queries of the addresses signed here. Texts signed at different times are equal only without
 * these.
 */
export function withoutSignatures(text: string): string {
  return text.replace(
    /(https:(?:\\?\/){2}downloads\.intercomcdn\.com\\?\/[^\s"'<>?#]*)\?[^\s"'<>#\\]*signature=[^\s"'<>#\\]*/g,
    '$1',
  )
}
