import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import t from 'tap'
import ts from 'typescript'
import { startBridgedService } from '../support/bridged-service.ts'
import { runProcess } from '../support/processes.ts'

// Below the repository, so that the program finds `openapi-fetch`.
mkdirSync('.cache', { recursive: true })
const folder = mkdtempSync(join(process.cwd(), '.cache', 'typescript-client-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Compiles the program and returns what the compiler has to say about it. */
function compile(files: string[]): string[] {
  const program = ts.createProgram(files, {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  })
  const { diagnostics } = program.emit()
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    return `${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

t.test('a TypeScript client generated from openapi.yaml creates, polls, streams and acknowledges', async (t) => {
  const workspace = { contacts: 30, companies: 10, conversations: 10, tickets: 5 }
  const [service, types] = await Promise.all([
    startBridgedService(t, workspace),
    openapiTS(readFileSync('openapi.yaml', 'utf8')).then(astToString),
  ])
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'schema.d.ts'), types)
  copyFileSync('test/clients/typescript/sync.ts', join(folder, 'sync.ts'))
  t.same(compile([join(folder, 'sync.ts')]), [])

  const client = runProcess(t, process.execPath, [join(folder, 'sync.js'), service.url, service.key])
  t.equal(await client.exited, 0, client.stderr())
  const said = JSON.parse(client.stdout()) as { rowsSynced: number; messageCount: number }
  t.match(said, {
    status: 'succeeded',
    jobStatus: 'succeeded',
    streams: 14,
    lines: said.messageCount,
    records: said.rowsSynced,
    acknowledged: said.messageCount,
    isAnother: true,
    again: 14,
    refusal: 'job_not_found',
  })
  t.ok(said.rowsSynced > 50)
})
