import { isAtLeast } from '../../serving/api-version.ts'
import { adminId } from '../people.ts'
import type { ReferenceEntry, ReferenceList } from './reference-list.ts'

/** From here on conversation attributes have an endpoint of their own, and another form. */
export const conversationAttributesMoved = '2.16'

const builtIns = ['Language', 'CX score', 'Created by'] as const

const typeOf = (index: number): string => (index === 1 ? 'integer' : index % 4 === 3 ? 'list' : 'string')

/** As `GET /data_attributes?model=conversation` wrote them: only custom ones have an id and times. */
function olderAttribute({ id, index, revision, times }: ReferenceEntry): Record<string, unknown> {
  const isCustom = index >= builtIns.length
  return {
    type: 'data_attribute',
    ...(isCustom && { id: index }),
    name: id,
    full_name: isCustom ? `custom_attributes.${id}` : id,
    label: `${id} r${revision}`,
    data_type: typeOf(index),
    ...(typeOf(index) === 'list' && { options: ['früh', 'spät'] }),
    custom: isCustom,
    archived: false,
    model: 'conversation',
    ...(isCustom && { admin_id: adminId(0), ...times }),
  }
}

function attribute({ id, index, revision, times }: ReferenceEntry): Record<string, unknown> {
  const options = ['früh', 'spät'].map((label, place) => ({ id: `a1b2c3d4-${index}-${place}`, label, archived: false }))
  return {
    type: 'conversation_attribute',
    id: index,
    name: id,
    description: revision === 0 ? '' : `r${revision}`,
    data_type: typeOf(index),
    required: false,
    visible_to_team_ids: [],
    archived: false,
    ...times,
    admin_id: adminId(0),
    ...(typeOf(index) === 'list' ? { options } : { multiline: false }),
  }
}

/** The attributes of conversations; their names tell them apart. */
export const conversationAttributes: ReferenceList = {
  stream: 'conversation_attributes',
  path: '/conversations/attributes',
  scope: 'read_users',
  since: conversationAttributesMoved,
  form: 'whole',
  builtIn: builtIns.length,
  idOf: (index) => builtIns[index] ?? `Größe ${index}`,
  members: (entry) =>
    isAtLeast(entry.version, conversationAttributesMoved) ? attribute(entry) : olderAttribute(entry),
  shapes: [conversationAttributesMoved],
}
