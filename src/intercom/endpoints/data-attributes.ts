import { type ApiVersion, defaultApiVersion } from '../../airbyte/source-config.ts'
import { isObject } from '../../json-object.ts'
import { RefusedError } from '../answers/failures.ts'
import type { IntercomClient } from '../client.ts'
import { readShapedList, type ShapedRequest } from './list-pages.ts'

/** The models that can have custom attributes. */
export type AttributeModel = 'contact' | 'company' | 'conversation'

/** A data attribute: the part that describes its values. */
export interface DataAttribute {
  /** Its name among the `custom_attributes` of a record. */
  name: string
  /** Intercom's word: `string`, `integer`, `float`, `boolean`, `date`, `datetime`, `list`, … */
  dataType: string
}

/**
 * The custom attributes that the workspace defines for a model; an empty list when the token may not read them.
 *
 * @throws CodedError `intercom_unavailable`, `intercom_protocol`
 */
export async function readCustomAttributes(
  client: IntercomClient,
  model: AttributeModel,
  version: ApiVersion = defaultApiVersion,
): Promise<DataAttribute[]> {
  try {
    const shape = { recordsPath: ['data'], members: ['id'] }
    const { items } = await readShapedList(client, { ...attributeRequest(model, version), shape })
    return items.flatMap(({ answer, record }) =>
      readAttribute(answer.body.toString('utf8', record.start, record.end), model),
    )
  } catch (error) {
    if (error instanceof RefusedError) return []
    throw error
  }
}

/** From 2.16 on `data_attributes` refuses the model conversation. Its attributes have an endpoint of their own. */
function attributeRequest(model: AttributeModel, version: ApiVersion): Omit<ShapedRequest, 'shape'> {
  const hasMoved = version === '2.16' || version === '2.17'
  return model === 'conversation' && hasMoved
    ? { path: '/conversations/attributes', version }
    : { path: '/data_attributes', query: { model }, version }
}

function readAttribute(text: string, model: AttributeModel): DataAttribute[] {
  const row: unknown = JSON.parse(text)
  if (!isObject(row) || typeof row.data_type !== 'string') return []
  // Built-in attributes of contacts and companies are members of the record itself; those of conversations are not.
  if (model !== 'conversation' && row.custom !== true) return []
  const name = nameOf(row)
  return name === undefined ? [] : [{ name, dataType: row.data_type }]
}

/** A name may hold dots itself, so only the one known prefix is cut off. */
function nameOf({ full_name: fullName, name }: Record<string, unknown>): string | undefined {
  const prefix = 'custom_attributes.'
  if (typeof fullName === 'string' && fullName.startsWith(prefix)) return fullName.slice(prefix.length)
  return typeof name === 'string' ? name : undefined
}
