// Makes WebAssembly of assembly/, beside the compiled file that loads it.
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Compiles the scanner into `dist/src/intercom/text/`. */
export async function compileAssembly() {
  const target = join(root, 'dist', 'src', 'intercom', 'text', 'record-scanner.wasm')
  mkdirSync(dirname(target), { recursive: true })
  const { error, stderr } = await main(
    [
      join('assembly', 'record-scanner.ts'),
      ...['--outFile', target, '--runtime', 'stub', '--optimizeLevel', '3', '--noAssert'],
      ...['--enable', 'simd', '--enable', 'bulk-memory'],
    ],
    { baseDir: root },
  )
  if (error) throw new Error(`assembly/ does not compile: ${stderr.toString()}`)
}
