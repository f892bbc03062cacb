/** Runs the benchmarks that are named, or all: `npm run bench -- service`. */
const benchmarks = ['simulator-throughput', 'service', 'budget', 'commits']
const named = process.argv.slice(2)

for (const name of named.length > 0 ? named : benchmarks) {
  if (!benchmarks.includes(name)) throw new Error(`there is no benchmark "${name}": ${benchmarks.join(', ')}`)
  process.stdout.write(`${name}\n`)
  await import(`./${name}.js`)
}
