const certificate = ': if its certificate is of an authority of your own, name that in NODE_EXTRA_CA_CERTS'
const openFiles = ': this process or this machine has too many open files; raise the limit (ulimit -n)'

/** What to do about errors that say little by their code. */
const hints: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  UNABLE_TO_GET_ISSUER_CERT: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  EMFILE: openFiles,
  ENFILE: openFiles,
}

/** What to add to a code of the system or of TLS, from a colon on; else nothing. */
export function hintFor(code: string): string {
  return (Object.hasOwn(hints, code) && hints[code]) || ''
}
