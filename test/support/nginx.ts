import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { runProcess, type Teardown, type TestProcess } from './processes.ts'

/** A real nginx in front of a service, on a port of its own. */
export interface Nginx {
  /** Without a slash at its end. */
  url: string
  port: number
  process: TestProcess
}

export interface NginxOptions {
  /** Of the program; `debianProgram('nginx')` finds it. */
  path: string
  /** Lines of the `server` block, without `listen`: its locations above all. */
  server: string
  /** Lines of the `http` block, before the server. */
  http?: string
  /** Paths of PEM files; with them it speaks TLS. */
  tls?: { certificate: string; key: string }
}

/** Where nginx would write, which only root may do elsewhere. */
const writtenFolders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/**
 * Runs nginx in the foreground, as one process without a master, which dies with a SIGKILL. It listens on 127.0.0.1 and
 * keeps what it writes in a folder of its own, so that any user may run it.
 */
export async function startNginx(t: Teardown, { path, server, http = '', tls }: NginxOptions): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-nginx-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = await findFreePort()
  const configuration = [
    'daemon off;',
    'master_process off;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr notice;',
    'events {}',
    'http {',
    'access_log off;',
    ...writtenFolders.map((name) => `${name}_temp_path ${folder}/${name};`),
    http,
    'server {',
    `listen 127.0.0.1:${port}${tls ? ' ssl' : ''};`,
    ...(tls ? [`ssl_certificate ${tls.certificate};`, `ssl_certificate_key ${tls.key};`] : []),
    server,
    '}',
    '}',
  ]
  const file = join(folder, 'nginx.conf')
  await writeFile(file, `${configuration.join('\n')}\n`)
  const process = runProcess(t, path, ['-e', 'stderr', '-p', folder, '-c', file])
  // It says its version once it listens.
  await process.untilLine(/\[notice\].*: nginx\//)
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, port, process }
}
