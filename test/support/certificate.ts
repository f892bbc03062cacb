import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProcess, type Teardown } from './processes.ts'

/** A certificate for 127.0.0.1 that nobody but its owner has signed; paths of PEM files. */
export interface Certificate {
  certificate: string
  key: string
  /** The certificate itself, for clients that are to trust it. */
  text: string
}

export async function createCertificate(t: Teardown): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-certificate-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const openssl = runProcess(t, 'openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', certificate])
  const code = await openssl.exited
  if (code !== 0) throw new Error(`openssl made no certificate: ${openssl.stderr()}`)
  return { certificate, key, text: await readFile(certificate, 'utf8') }
}
