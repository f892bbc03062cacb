import { type ExitCode, exitCodes } from '../../command-line/exit-code.ts'
import { UsageError } from '../../command-line/usage-error.ts'
import type { DeclaredConnection } from '../../connections-file/connections-file.ts'
import { CodedError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { ClientCommand } from '../service/command.ts'
import { describeFailure } from '../service/failure.ts'
import { openService } from '../service/service.ts'
import { inFile } from './apply.ts'
import { readDeclaredFile } from './declared-file.ts'

/** As `diff` has them: no differences, differences, trouble. */
const endings = { same: exitCodes.done, differs: 1, trouble: 2 } as const satisfies Record<string, ExitCode>

/** Shows what `connections apply` would change. */
export const diffConnections: ClientCommand<'connections diff'> = async (context) => {
  const { options, operands, output, settings, signal, note } = context
  try {
    const file = await readDeclaredFile(operands[0] ?? '', settings, signal)
    const service = await openService(context)
    const differences: Difference[] = []
    for (const connection of file.connections) {
      const { connectionId, body } = connection
      const path = `/v1/connections/${encodeURIComponent(connectionId)}/diff`
      const { value } = await service.ask({ method: 'POST', path, body }).catch((error: unknown) => {
        throw inFile(error, file, connectionId)
      })
      differences.push(readDifference(connection, value))
    }
    const changed = differences.filter(({ change }) => change !== 'unchanged')
    const lines = changed.flatMap(linesOf).map((line) => `${line}\n`)
    await output.write(options.json ? `${JSON.stringify(differences)}\n` : lines.join(''))
    return changed.length > 0 ? endings.differs : endings.same
  } catch (error) {
    // Another exit code than that of a difference.
    const failure = error instanceof CodedError ? describeFailure(error, context.paths) : undefined
    if (signal.aborted || !failure) throw error
    note(`intercom-sync: ${failure.text}`)
    return endings.trouble
  }
}

interface Difference {
  connectionId: string
  change: string
  changes: Record<string, unknown>[]
}

function readDifference({ connectionId }: DeclaredConnection, answer: unknown): Difference {
  if (!isObject(answer) || typeof answer.change !== 'string' || !Array.isArray(answer.changes))
    throw new UsageError('the service does not say what would change: it is of an earlier version')
  return { connectionId, change: answer.change, changes: answer.changes.filter(isObject) }
}

function linesOf({ connectionId, change, changes }: Difference): string[] {
  return [`${connectionId}: would be ${change}`, ...changes.flatMap(linesOfChange)]
}

/** A secret has the same mask before and after. */
function linesOfChange({ pointer, before, after }: Record<string, unknown>): string[] {
  const line = (sign: string, value: unknown) =>
    value === undefined ? [] : [`  ${sign} ${pointer} ${typeof value === 'string' ? value : JSON.stringify(value)}`]
  return [...line('-', before), ...line('+', after)]
}
