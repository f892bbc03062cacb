import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Teardown } from './processes.ts'

/** A certificate, and the authority that it is of. */
export interface Certificate {
  /** Path of the authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
  authority: string
  key: Buffer
  cert: Buffer
}

/** A certificate for these names and addresses; needs openssl. */
export function makeCertificate(t: Teardown, names: readonly string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-certificate-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (text: string) => execFileSync('openssl', text.split(' '), { cwd: folder, stdio: 'ignore' })
  const entries = names.map((name) => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`)
  writeFileSync(join(folder, 'names'), `subjectAltName=${entries.join(',')}\n`)
  const curve = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  openssl(`req -x509 ${curve} -days 2 -keyout ca.key -out ca.pem -subj /CN=tests`)
  openssl(`req ${curve} -keyout own.key -out own.csr -subj /CN=test`)
  openssl('x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out own.pem -extfile names')
  const read = (name: string) => readFileSync(join(folder, name))
  return { authority: join(folder, 'ca.pem'), key: read('own.key'), cert: read('own.pem') }
}
