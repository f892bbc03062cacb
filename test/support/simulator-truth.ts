import { readLines } from '../../simulator/oracle/lines.ts'
import type { TruthLine } from '../../simulator/truth/truth.ts'

/** The present truth of a simulator that runs in a separate process. */
export async function truthOf(intercom: string): Promise<TruthLine[]> {
  const response = await fetch(`${intercom}/_simulator/truth`)
  const truth: TruthLine[] = []
  for await (const batch of readLines(response.body as unknown as AsyncIterable<Uint8Array>))
    for (const { bytes } of batch) truth.push(JSON.parse(bytes.toString()) as TruthLine)
  return truth
}
