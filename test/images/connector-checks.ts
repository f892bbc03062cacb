import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { checkMessages } from '../../simulator/oracle/check-messages.ts'
import { truthOf } from '../support/simulator-truth.ts'
import { type Image, runContainer } from './container.ts'
import { simulate } from './simulate.ts'

const streams = ['contacts', 'companies', 'tags']

interface Discovered {
  catalog: { streams: { name: string }[] }
}

/** Airbyte's own way: `eval` in a shell of the image, with files in a folder that it mounts. @param folder that folder */
export async function checkConnector(
  t: Test,
  images: { connector: Image; simulator: Image },
  folder: string,
): Promise<void> {
  const INTERCOM_BASE_URL = await simulate(t, images.simulator)
  const give = async (name: string, value: object) => {
    await writeFile(join(folder, name), JSON.stringify(value))
    await chown(join(folder, name), 1000, 1000)
  }
  // Where the pages of a companies' scroll wait; Airbyte leaves it writable.
  const temporary = join(folder, 'temporary')
  await mkdir(temporary)
  await chown(temporary, 1000, 1000)
  const run = async (command: string) => {
    const script = `cd /source && eval "$AIRBYTE_ENTRYPOINT ${command}" > output`
    const shell = await runContainer(t, images.connector, ['-c', script], {
      entrypoint: ['sh'],
      environment: { INTERCOM_BASE_URL },
      volumes: { '/source': folder, '/tmp': temporary },
    })
    t.equal(await shell.exited, 0, shell.stderr())
    return readFile(join(folder, 'output'), 'utf8')
  }

  const { labels, environment, entrypoint } = images.connector
  t.equal(labels['io.airbyte.name'], 'intercom-sync-connector')
  t.ok(environment.includes(`AIRBYTE_ENTRYPOINT=${entrypoint.join(' ')}`))
  t.match(JSON.parse(await run('spec')), { type: 'SPEC' })
  await give('config.json', { access_token: 'simulator-token' })
  t.match(JSON.parse(await run('check --config config.json')), { connectionStatus: { status: 'SUCCEEDED' } })
  const { catalog } = JSON.parse(await run('discover --config config.json')) as Discovered
  const configured = catalog.streams
    .filter(({ name }) => streams.includes(name))
    .map((stream) => ({ stream, sync_mode: 'full_refresh', destination_sync_mode: 'overwrite' }))
  await give('catalog.json', { streams: configured })
  const messages = await run('read --config config.json --catalog catalog.json')
  const truth = await truthOf(INTERCOM_BASE_URL)
  t.same((await checkMessages([Buffer.from(messages)], truth, { expectStreams: streams })).faults, [])

  const user = await runContainer(t, images.connector, ['-c', 'id -un; echo ~'], { entrypoint: ['sh'] })
  t.equal(await user.exited, 0)
  t.equal(user.stdout(), 'airbyte\n/airbyte\n')
}
