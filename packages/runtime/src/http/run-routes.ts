import { z } from '@hono/zod-openapi'
import { type Runs, RunsError } from '../runs/index.ts'
import { WATCHERS, isWatcher } from './principal.ts'
import { problem } from './problem.ts'
import { Refused } from '../refusal/index.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

/** A report is somebody's file: it may show itself inside the console, and nothing else. No script of it runs, nothing is loaded, and it is of no origin. */
const REPORT_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
const FILES = '/runs/files/'

/** Results of benchmark runs, simulations and sweeps, from the folder of runs. */
export function addRunRoutes(app: App, parts: ServiceParts, runs: Runs): void {
  addOperation(app, parts, {
    handle: () => ({ runs: runs.list() }),
    method: 'get',
    path: '/runs',
    roles: WATCHERS,
    summary: 'Benchmark runs, simulations, sweeps and comparisons in the folder of runs, newest first.',
    tag: 'runs',
  })
  addOperation(app, parts, {
    handle: ({ query }) => {
      try {
        return { ...runs.figures(String(query.path)), path: query.path }
      } catch (error) {
        if (error instanceof RunsError) throw new Refused('command_invalid', { expected: error.message, field: 'path' })
        throw error
      }
    },
    method: 'get',
    path: '/runs/figures',
    query: z.object({ path: z.string().min(1).max(512) }),
    roles: WATCHERS,
    summary: 'The figures of one run, to be set beside those of another.',
    tag: 'runs',
  })
  app.get(`${FILES}*`, (context) => {
    if (!isWatcher(context.get('principal'))) return problem(context, 'role_forbidden', `This needs one of: ${WATCHERS.join(', ')}.`)
    try {
      const { body, type } = runs.file(decodeURIComponent(new URL(context.req.url).pathname.slice(FILES.length)))
      return context.body(body, 200, { 'cache-control': 'no-cache', 'content-security-policy': REPORT_POLICY, 'content-type': type })
    } catch (error) {
      if (error instanceof RunsError || error instanceof URIError) return problem(context, 'not_found', error.message)
      throw error
    }
  })
}
