/** One form in which Airbyte shows people a state. */
export interface StateForm {
  name: string
  /** @param states blobs by stream; null = none */
  write(states: Record<string, object | null>): unknown
}

type States = Record<string, object | null>

const connectionId = '7d0b8b3e-0000-4000-8000-000000000000'

const camel = (states: States) =>
  Object.entries(states).map(([name, streamState]) => ({ streamDescriptor: { name }, streamState }))
const snake = (states: States) =>
  Object.entries(states).map(([name, stream_state]) => ({
    stream_descriptor: { name, namespace: null },
    stream_state,
  }))
const messages = (states: States) => snake(states).map((stream) => ({ type: 'STREAM', stream }))
const ofApi = (members: object) => ({ connectionId, streamState: null, globalState: null, state: null, ...members })

/** Every form, the form of a job's `state` in our own answers first. */
export const stateForms: readonly StateForm[] = [
  { name: 'messages', write: messages },
  { name: 'lines', write: (states) => messages(states).map((state) => ({ type: 'STATE', state })) },
  {
    name: 'messages with data beside the stream',
    write: (states) => messages(states).map((message) => ({ ...message, data: states })),
  },
  { name: 'a global message', write: (states) => [{ type: 'GLOBAL', global: { stream_states: snake(states) } }] },
  {
    name: 'one global line',
    write: (states) => ({
      type: 'STATE',
      state: { type: 'GLOBAL', global: { shared_state: {}, stream_states: snake(states) } },
    }),
  },
  { name: 'a legacy message', write: (states) => [{ type: 'LEGACY', data: states }] },
  { name: 'blobs by stream', write: (states) => states },
  { name: 'the settings page', write: camel },
  { name: 'the settings page in snake case', write: snake },
  {
    name: 'the settings page of a global state',
    write: (states) => [{ sharedState: {}, streamStates: camel(states) }],
  },
  { name: "the API's answer", write: (states) => ofApi({ stateType: 'stream', streamState: camel(states) }) },
  {
    name: "the API's answer, global",
    write: (states) => ofApi({ stateType: 'global', globalState: { sharedState: null, streamStates: camel(states) } }),
  },
  { name: "the API's answer, legacy", write: (states) => ofApi({ stateType: 'legacy', state: states }) },
  {
    name: "the API's answer in snake case",
    write: (states) => ({ state_type: 'stream', connection_id: connectionId, stream_state: snake(states) }),
  },
  {
    name: 'what the API takes',
    write: (states) => ({
      connectionId,
      connectionState: ofApi({ stateType: 'stream', streamState: camel(states) }),
    }),
  },
  {
    name: 'what the platform logs',
    write: (states) => ({
      stateType: 'stream',
      legacyState: null,
      global: null,
      stateMessages: messages(states),
    }),
  },
]
