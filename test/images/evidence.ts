import { dayAndMachine } from '../support/evidence.ts'
import { run } from './buildah.ts'
import type { Image } from './container.ts'

/** An image, and what it took. */
export interface Built {
  image: Image
  seconds: number
  /** Of all its files. */
  bytes: number
}

/** The page of what was built and checked. */
export async function writeEvidence(built: readonly Built[], passed: readonly string[]): Promise<string> {
  const versions = await Promise.all([run('buildah', ['--version']), run('git', ['rev-parse', '--short', 'HEAD'])])
  const [version = '', commit = ''] = versions.map((text) => text.trim())
  const rows = built.map(
    ({ image, seconds, bytes }) =>
      `| \`${image.name}\` | ${seconds.toFixed(0)} s | ${(bytes / 2 ** 20).toFixed(0)} MiB |`,
  )
  const lines = [
    '# Images',
    '',
    '`npm run test:images` builds the three targets of the `Dockerfile` and runs them as `docker-compose.yml` and Airbyte',
    'do: as user 1000 without capabilities, on a read-only root (`/data` of the service and `/tmp` of the connector are',
    'mounted), with process ids of their own (`unshare`, `chroot`,',
    '`setpriv`). The base image is a stand-in under its name: Debian 12 by debootstrap, Node 24 and npm 11 from the',
    "registry of npm. The Redis beside them is this machine's, with the flags of the compose file.",
    '',
    `- Commit: ${commit}`,
    ...dayAndMachine(),
    `- Builder: ${version}, \`bud --isolation chroot --storage-driver vfs\``,
    '',
    '| Image | Built in | Files, the base included |',
    '| --- | --- | --- |',
    ...rows,
    '',
    'Each of these held:',
    '',
    ...passed.map((title) => `- ${title}`),
    '',
    'Not tried here: the base image and the Valkey image of Docker Hub, how Compose itself reads its file, memory limits,',
    'and processors other than x64.',
    '',
  ]
  return lines.join('\n')
}
