/** Runs the benchmarks that are named, or all: `npm run bench -- service`. */
const benchmarks = ['simulator-throughput', 'throughput', 'service', 'budget', 'commits', 'limit']
const given = process.argv.slice(2)
const options = given.findIndex((word) => word.startsWith('--'))
const named = options === -1 ? given : given.slice(0, options)

for (const name of named.length > 0 ? named : benchmarks) {
  if (!benchmarks.includes(name)) throw new Error(`there is no benchmark "${name}": ${benchmarks.join(', ')}`)
  process.stdout.write(`${name}\n`)
  await import(`./${name}.js`)
}
