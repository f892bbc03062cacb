import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Teardown } from './processes.ts'

/** A certificate with its key, as paths of PEM files. */
export interface Certificate {
  cert: string
  key: string
}

/** An authority of its own that issues certificates for one test. */
export interface Authority {
  /** Path of its certificate. */
  ca: string
  /**
   * Issues a certificate.
   *
   * @param names as openssl writes them, e.g. `DNS:redis.test`
   * @param days how long it is valid from now; negative for one that has expired
   */
  issue(name: string, names: string, days?: number): Certificate
}

/** Makes an authority with openssl. Everything is removed with the test. */
export function createAuthority(t: Teardown): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-certificates-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=authority of a test',
    '-days',
    '2',
  )
  // openssl refuses to issue one for the past; its `ca` command takes dates, and needs these files.
  writeFileSync(join(folder, 'index.txt'), '')
  writeFileSync(
    join(folder, 'ca.conf'),
    `[ca]
default_ca = own
[own]
dir = ${folder}
database = $dir/index.txt
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`,
  )
  return {
    ca: join(folder, 'ca.pem'),
    issue(name, names, days = 2) {
      const dateOf = (offsetDays: number) =>
        `${new Date(Date.now() + offsetDays * 86_400_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
      const request = ['-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`]
      openssl('req', ...newKey, ...request, '-addext', `subjectAltName=${names}`)
      const dates = ['-startdate', dateOf(Math.min(0, days) - 1), '-enddate', dateOf(days)]
      openssl('ca', '-batch', '-notext', '-config', 'ca.conf', '-in', `${name}.csr`, '-out', `${name}.pem`, ...dates)
      return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
    },
  }
}

/** A certificate as a server of a test takes it. */
export interface ServerCertificate {
  /** Path of the authority's certificate, for `NODE_EXTRA_CA_CERTS`. */
  authority: string
  key: Buffer
  cert: Buffer
}

/** A certificate for these names and addresses, of an authority of its own. */
export function makeCertificate(t: Teardown, names: readonly string[]): ServerCertificate {
  const { ca, issue } = createAuthority(t)
  const entries = names.map((name) => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`)
  const { cert, key } = issue('server', entries.join(','))
  return { authority: ca, key: readFileSync(key), cert: readFileSync(cert) }
}
