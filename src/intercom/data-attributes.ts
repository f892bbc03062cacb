import { type ApiVersion, defaultApiVersion } from '../airbyte/source-config.ts'
import { CodedError } from '../errors.ts'
import { isObject } from '../json-object.ts'
import type { IntercomClient, IntercomRequest } from './client.ts'
import { RefusedError } from './failures.ts'

/** What custom attributes can belong to. */
export type AttributeModel = 'contact' | 'company' | 'conversation'

/** A data attribute, as far as its values are described by it. */
export interface DataAttribute {
  /** Its name among the `custom_attributes` of a record. */
  name: string
  /** Intercom's word: `string`, `integer`, `float`, `boolean`, `date`, `datetime`, `list`, … */
  dataType: string
}

/**
 * The custom attributes that the workspace defines for a model; none when the token may not read them.
 *
 * @throws CodedError `intercom_unavailable`, `intercom_protocol`
 */
export async function readCustomAttributes(
  client: IntercomClient,
  model: AttributeModel,
  version: ApiVersion = defaultApiVersion,
): Promise<DataAttribute[]> {
  try {
    return await client.ask(attributeRequest(model, version), ({ body }) => readList(body, model))
  } catch (error) {
    if (error instanceof RefusedError) return []
    throw error
  }
}

/** From 2.16 on `data_attributes` refuses the model conversation: its attributes have an endpoint of their own. */
function attributeRequest(model: AttributeModel, version: ApiVersion): IntercomRequest {
  const hasMoved = version === '2.16' || version === '2.17'
  return model === 'conversation' && hasMoved
    ? { method: 'GET', path: '/conversations/attributes', version }
    : { method: 'GET', path: '/data_attributes', query: { model }, version }
}

function readList(body: Buffer, model: AttributeModel): DataAttribute[] {
  const rows = listOf(body)
  if (!rows) throw new CodedError('intercom_protocol', `Intercom answered no list of ${model} attributes`)
  return rows.flatMap((row) => {
    if (!isObject(row) || typeof row.data_type !== 'string') return []
    // Built-in attributes of contacts and companies are members of the record itself; those of conversations are not.
    if (model !== 'conversation' && row.custom !== true) return []
    const name = nameOf(row)
    return name === undefined ? [] : [{ name, dataType: row.data_type }]
  })
}

function listOf(body: Buffer): unknown[] | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString('utf8'))
    return isObject(answer) && Array.isArray(answer.data) ? answer.data : undefined
  } catch {
    return undefined
  }
}

/** A name may hold dots itself, so it is cut off behind the one prefix there is. */
function nameOf({ full_name: fullName, name }: Record<string, unknown>): string | undefined {
  const prefix = 'custom_attributes.'
  if (typeof fullName === 'string' && fullName.startsWith(prefix)) return fullName.slice(prefix.length)
  return typeof name === 'string' ? name : undefined
}
