import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { streamTable } from '../../src/streams/table.ts'
import { openDesk, readBlocks } from '../support/documents.ts'
import { judge } from '../support/engine.ts'
import { withTools } from '../support/tools.ts'

const fullRefresh = streamTable.flatMap(({ name, cursor }) => (cursor ? [] : [name])).toSorted()

t.test(
  'the first read of README.md and the next one of docs/connector.md work against the simulator',
  withTools('jq'),
  async (t) => {
    const desk = await openDesk(t, { contacts: 100, companies: 20, conversations: 20, longConversations: 0 })
    cpSync('bin', join(desk.folder, 'bin'), { recursive: true })
    symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), join(desk.folder, 'dist'))
    const shell = (path: string, heading: string) =>
      readBlocks(path).find((block) => block.heading === heading && block.language === 'sh')?.text ?? ''
    const lines = shell('README.md', 'Command line') + shell('docs/connector.md', 'The next read')
    // Compiled it is: otherwise this would not run.
    const [build, ...rest] = lines.split('\n')
    t.equal(build, 'npm run build')
    t.match(await desk.run(rest.join('\n')), { code: 0 })
    const read = (file: string) => readFileSync(join(desk.folder, file))
    t.match(await judge(desk.simulator, read('messages.ndjson')), { ok: true })
    const streamsOf = (file: string): string[] => {
      const messages = read(file)
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      return [...new Set<string>(messages.flatMap(({ type, record }) => (type === 'RECORD' ? [record.stream] : [])))]
    }
    const again = streamsOf('messages.ndjson').filter((name) => fullRefresh.includes(name))
    t.ok(again.includes('tags') && again.includes('team_admins'))
    t.same(streamsOf('next.ndjson').toSorted(), again.toSorted())
  },
)
