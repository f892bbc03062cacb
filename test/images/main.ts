import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { importBaseImage } from './base-image.ts'
import { openBuildah, run } from './buildah.ts'
import { checkCompose } from './compose-checks.ts'
import { checkConnector } from './connector-checks.ts'
import { openImage, runContainer } from './container.ts'
import { type Built, writeEvidence } from './evidence.ts'

// Builds the three images with buildah and runs them: `npm run test:images`. It takes root, and Debian's packages
// `buildah` and `debootstrap`; it leaves only an archive of the base image, in .cache/images.

const folder = resolve('.cache/images')
const targets = ['service', 'connector', 'simulator'] as const
const passed: string[] = []

/** A test that the evidence names. */
async function check(title: string, body: (t: Test) => Promise<unknown>): Promise<void> {
  await t.test(title, async (t) => {
    await body(t)
    if (t.passing()) passed.push(title)
  })
}

async function build(target: string): Promise<Built> {
  const start = performance.now()
  const name = `intercom-sync-${target}`
  const how = ['--isolation', 'chroot', '--format', 'docker', '--pull=never', '--build-arg', 'REVISION=of-a-test']
  await buildah('bud', ...how, '--target', target, '--tag', name, '.')
  const seconds = (performance.now() - start) / 1000
  const image = await openImage(buildah, name)
  const [bytes = ''] = (await run('du', ['-sb', image.root])).split('\t')
  t.comment(`${name}: built in ${seconds.toFixed(0)} s`)
  return { image, seconds, bytes: Number(bytes) }
}

t.setTimeout(0)
await mkdir(folder, { recursive: true })
const buildah = openBuildah(folder)
t.teardown(async () => {
  await buildah('rm', '--all')
  for (const name of ['storage', 'run']) await rm(join(folder, name), { recursive: true, force: true })
})
await importBaseImage(buildah, folder)
const built = {
  service: await build('service'),
  connector: await build('connector'),
  simulator: await build('simulator'),
}
const images = { service: built.service.image, connector: built.connector.image, simulator: built.simulator.image }

/** A folder that belongs to the user of the images, as a volume does. */
async function makeVolume(t: Test): Promise<string> {
  const volume = await mkdtemp(join(tmpdir(), 'intercom-sync-volume-'))
  t.teardown(() => rm(volume, { recursive: true, force: true }))
  await chown(volume, 1000, 1000)
  return volume
}

await check('every image runs as user 1000 and says what it is', async (t) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }
  for (const target of targets) {
    const { user, labels } = images[target]
    t.equal(user, '1000:1000', target)
    const told = (name: string) => labels[`org.opencontainers.image.${name}`]
    t.match(told('title'), target === 'service' ? /^intercom-sync$/ : new RegExp(`^intercom-sync-${target}$`))
    t.same([told('version'), told('revision'), told('licenses')], [version, 'of-a-test', 'MIT'])
    for (const name of ['description', 'source', 'documentation']) t.ok(told(name), `${target}: ${name}`)
  }
})

await check('what only developers need is in no image, and the simulator in its own alone', async (t) => {
  for (const target of targets) {
    const has = (path: string) => existsSync(join(images[target].root, 'app', path))
    t.ok(has('node_modules/fastify') && has('bin/intercom-sync') && has('schemas'), target)
    t.notOk(has('node_modules/typescript') || has('node_modules/tap') || has('src'), target)
    t.equal(has('dist/simulator'), target === 'simulator')
  }
})

await check('no image has rights, or can write anywhere but in /data', async (t) => {
  const volume = await makeVolume(t)
  const shell = async (target: (typeof targets)[number], line: string) => {
    const container = await runContainer(t, images[target], ['-c', line], {
      entrypoint: ['sh'],
      volumes: target === 'service' ? { '/data': volume } : {},
    })
    return { code: await container.exited, text: container.stdout() }
  }
  for (const target of targets) {
    const { text } = await shell(target, 'id -u; grep -E "^(Cap(Eff|Prm|Bnd)|NoNewPrivs)" /proc/self/status')
    t.same(text.replace(/\t/g, ' ').split('\n').slice(0, -1).toSorted(), [
      '1000',
      ...['CapBnd: 0000000000000000', 'CapEff: 0000000000000000', 'CapPrm: 0000000000000000', 'NoNewPrivs: 1'],
    ])
    for (const path of ['/file', '/app/file', '/tmp/file', '/home/node/file'])
      t.not((await shell(target, `touch ${path}`)).code, 0, `${target}: ${path}`)
  }
  t.equal((await shell('service', 'touch /data/file')).code, 0)
})

await check('without keys the service says what is missing', async (t) => {
  const service = await runContainer(t, images.service, [], { volumes: { '/data': await makeVolume(t) } })
  t.equal(await service.exited, 1)
  t.match(service.stderr(), /API_KEYS is needed.*ENCRYPTION_KEYS is needed/s)
})

await check('compose: an API and two workers do a job on one Redis, tell their health, and end in order', async (t) =>
  checkCompose(t, images, await makeVolume(t)),
)

await check('Airbyte calls the connector by AIRBYTE_ENTRYPOINT, from a shell in a folder of its own', async (t) =>
  checkConnector(t, images, await makeVolume(t)),
)

if (t.passing()) await writeFile('docs/evidence/images.md', await writeEvidence(Object.values(built), passed))
