import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { parseJson } from '../../json-object.ts'
import type { Job } from '../../store/job.ts'
import { refuseBeyondEnd, requireOwnLog } from '../../store/log/log-epoch.ts'
import { membersEqual, type RecordFilter } from '../../store/records/record-filter.ts'
import { mostBytesLookedAt, mostEntriesLookedAt, type RecordPage } from '../../store/records/record-reader.ts'
import { keyMembersOf } from '../../streams/key.ts'
import { parentOf } from '../../streams/parent.ts'
import { needsApiKey, problemResponses } from '../bodies/responses.ts'
import { jobParameters } from '../bodies/schemas.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { invalidRequest } from '../requests/validation.ts'
import { recordsQuery } from './record-schemas.ts'

/** Looking into the log of a job: the newest records of a stream, or those with a key. */
const recordRoutes: FastifyPluginAsyncTypebox<RouteDependencies> = async (app, { jobs, messages, records }) => {
  app.get('/jobs/:jobId/records', {
    schema: {
      operationId: 'listRecords',
      summary: 'Look at the records of a job, newest first',
      description:
        `Of one stream. Each request looks at a piece of the log: about ${mostBytesLookedAt / 2 ** 20} MiB of NDJSON or ` +
        `${mostEntriesLookedAt} commits, or less if \`limit\` records are found. So a page may be empty and still have a ` +
        '`next`. To read all records, read the messages. While the job runs, later records come before the first page.',
      tags: ['jobs'],
      security: needsApiKey,
      params: jobParameters,
      querystring: recordsQuery,
      response: {
        200: {
          description: 'Records of a piece of the log',
          content: { 'application/json': { schema: Type.Ref('RecordPage') } },
        },
        ...problemResponses('job_not_found', 'log_rewound', 'log_gone', 'log_damaged', 'offset_out_of_range'),
      },
    },
    handler: async ({ tenant, params, query }, reply) => {
      const { stream, id, parentId, limit, cursor } = query
      const job = await jobs.read(tenant, params.jobId, query.epoch)
      refuseOtherStream(job, stream)
      const filters = [
        ...(id === undefined ? [] : [readKey(stream, id)]),
        ...(parentId === undefined ? [] : [readParent(stream, parentId)]),
      ]
      const place = cursor === undefined ? undefined : readCursor(cursor)
      const page = await records.readRecords(job.jobId, { stream, filters, limit, from: place?.from })
      const log = { logEpoch: page.epoch, messageCount: page.total }
      const holding = { epoch: place?.epoch ?? query.epoch, held: place?.from ?? 0 }
      requireOwnLog(log, holding)
      await refuseBeyondEnd(log, { ...holding, name: 'cursor' }, () => messages.mayHaveGoneBack(job.jobId))
      return reply.type('application/json; charset=utf-8').send(toBody(page))
    },
  })
}

/** @throws CodedError `invalid_request` */
function refuseOtherStream({ streams }: Job, stream: string): void {
  const names = streams.map(({ streamName }) => streamName)
  if (names.length === 0 || names.includes(stream)) return
  throw invalidRequest([{ pointer: 'stream', detail: `is no stream of this job, which has ${names.join(', ')}` }])
}

/** @throws CodedError `invalid_request` */
function readKey(stream: string, id: string): RecordFilter {
  const names = keyMembersOf(stream)
  if (names.length === 1) return membersEqual(names, [id])
  const values: unknown = parseJson(Buffer.from(id))
  const isKey = Array.isArray(values) && values.length === names.length
  if (isKey && values.every((value) => typeof value === 'string')) return membersEqual(names, values)
  const detail = `must be a JSON array of ${names.length} strings, the values of ${names.join(' and ')}: the key of ${stream}`
  throw invalidRequest([{ pointer: 'id', detail }])
}

/** @throws CodedError `invalid_request` */
function readParent(stream: string, parentId: string): RecordFilter {
  const parent = parentOf(stream)
  if (parent) return membersEqual([parent.idMember], [parentId])
  throw invalidRequest([{ pointer: 'parentId', detail: `cannot be given: the records of ${stream} have no parent` }])
}

function readCursor(cursor: string): { from: number; epoch: string } {
  const at = cursor.indexOf(':')
  return { from: Number(cursor.slice(0, at)), epoch: cursor.slice(at + 1) }
}

/** Records go out as the bytes that the log holds, so that every digit of theirs survives. */
function toBody({ records, restTo, epoch }: RecordPage): Buffer {
  const data = records.flatMap((record, index) => (index === 0 ? [record] : [comma, record]))
  const next = restTo === 0 ? '' : `,"next":${JSON.stringify(`${restTo}:${epoch}`)}`
  return Buffer.concat([Buffer.from('{"data":['), ...data, Buffer.from(`],"messagesLeft":${restTo}${next}}`)])
}

const comma = Buffer.from(',')

export default recordRoutes
