import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { chooseMediaType } from '../messages/accept.ts'
import { addVary } from '../requests/content-encoding.ts'
import type { ConsoleFiles } from './console-files.ts'
import { consolePolicy, sendConsolePage } from './console-page.ts'

/** The places of the console, beside `/`. One page shows them all, so that each can be shared and reloaded. */
const places = [
  '/setup',
  '/connections',
  '/connections/:connectionId',
  '/jobs/:jobId',
  '/jobs/:jobId/records/:stream',
  '/jobs/:jobId/records/:stream/of/:parentId',
]

const year = 365 * 24 * 3600

/** The page of the console and its files. What is no place of it, or is no browser that asks, finds nothing here. */
const consoleRoutes: FastifyPluginAsync<{ console: ConsoleFiles }> = async (app, { console: { page, assets } }) => {
  const shared = { schema: { hide: true }, config: { isOfConsole: true } } as const
  const showPage = async (request: FastifyRequest, reply: FastifyReply) => {
    addVary(reply, 'Accept')
    const wantsPage = chooseMediaType(request.headers.accept, ['application/json', 'text/html']) === 'text/html'
    return wantsPage ? sendConsolePage(page, request, reply) : reply.callNotFound()
  }
  for (const url of places) app.get(url, { ...shared, handler: showPage })

  app.get<{ Params: { name: string } }>('/assets/:name', {
    ...shared,
    handler: async ({ params }, reply) => {
      const asset = assets.get(params.name)
      if (!asset) return reply.callNotFound()
      return (
        reply
          // The name changes with what is in the file.
          .header('Cache-Control', `public, max-age=${year}, immutable`)
          // A worker keeps to the policy of its own file.
          .header('Content-Security-Policy', consolePolicy)
          .type(asset.type)
          .send(asset.bytes)
      )
    },
  })
}

export default consoleRoutes
