import { OpenAPIHono } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { html, raw } from 'hono/html'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { HostStopped } from '../host/index.ts'
import { VERSION } from '../version/index.ts'
import { addAgentWatchRoutes } from './agent-watch-routes.ts'
import { addAttentionRoutes } from './attention-routes.ts'
import { addAttentionWatchRoutes } from './attention-watch-routes.ts'
import { addBusRoutes } from './bus-routes.ts'
import { addEconomyRoutes } from './economy-routes.ts'
import { addExecutionRoutes } from './execution-routes.ts'
import { addFlowRoutes } from './flow-routes.ts'
import { addIndicatorRoutes } from './indicator-routes.ts'
import { addLlmRoutes, addOpenAiRoutes } from './llm-routes.ts'
import { addMarketRoutes } from './market-routes.ts'
import { addMcpRoutes } from './mcp-routes.ts'
import { addOperatorRoutes } from './operator-routes.ts'
import { namesOf } from './operation-names.ts'
import { BODY_BYTES_MAX, BODY_DEPTH_MAX, isTooDeep } from './body.ts'
import { Gate, SECURE_HEADERS, isJson } from './gate.ts'
import { type Principal, WATCHERS, isWatcher } from './principal.ts'
import { allProblems, answerProblem, faultOf, problem } from './problem.ts'
import { type App, type ServiceParts, operationsIn } from './service.ts'
import { addRunRoutes } from './run-routes.ts'
import { addSocialRoutes } from './social-routes.ts'
import { addToolRoutes } from './tool-routes.ts'
import { addWhatIfRoutes } from './what-if-routes.ts'
import { addWorkspaceRoutes } from './workspace-routes.ts'

const OPEN = new Set(['/health', '/openapi.json', '/docs', '/docs/page.js'])

function addFrame(app: App, parts: ServiceParts, gate: Gate): void {
  app.use('*', async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(SECURE_HEADERS)) context.res.headers.set(name, value)
  })
  const limited = bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (context) => problem(context, 'body_too_large', `At most ${BODY_BYTES_MAX} bytes.`) })
  app.use('*', (context, next) => {
    // A body whose length is said, and held to by the parser of HTTP, is not opened as a stream only to be counted.
    const length = context.req.header('content-length')
    const isSmall = length !== undefined && /^\d+$/.test(length) && Number(length) <= BODY_BYTES_MAX && context.req.header('transfer-encoding') === undefined
    return isSmall ? next() : limited(context, next)
  })
  app.use('*', async (context, next) => {
    if (OPEN.has(context.req.path)) return next()
    const inside = (context.env as { principal?: Principal } | undefined)?.principal
    if (inside !== undefined) {
      context.set('principal', inside)
      return next()
    }
    const entered = gate.enter(context.req.header('authorization'))
    if ('code' in entered) return problem(context, entered.code, entered.detail)
    context.set('principal', entered)
    return next()
  })
  // No answer leaves that rests on what is not durable yet.
  app.use('*', async (context, next) => {
    await next()
    try {
      await parts.host.settled()
    } catch (error) {
      if (!(error instanceof HostStopped)) throw error
      const answer = problem(context, 'unavailable', error.message)
      context.res = undefined
      context.res = answer
    }
  })
  app.use(
    '*',
    methodNotAllowed({
      app,
      onMethodNotAllowed: (context, methods) => {
        const answer = problem(context, 'method_wrong', `${context.req.path} has: ${methods.join(', ')}.`)
        answer.headers.set('allow', methods.join(', '))
        return answer
      },
    }),
  )
  // JSON alone: what a page of another origin can send without being asked (forms, plain text) never reaches an operation.
  app.use('*', async (context, next) => {
    const type = context.req.header('content-type')
    if (type === undefined || isJson(type) || ['GET', 'HEAD'].includes(context.req.method)) return next()
    return problem(context, 'media_type_wrong', `The body came as ${type.slice(0, 80)}.`)
  })
  app.use('*', async (context, next) => {
    if (['GET', 'HEAD'].includes(context.req.method) || !isTooDeep(await context.req.text())) return next()
    return problem(context, 'malformed_json', `The JSON is nested deeper than ${BODY_DEPTH_MAX} levels.`)
  })
  app.notFound((context) => problem(context, 'not_found', `${context.req.method} ${context.req.path} does not exist; see /docs.`))
  app.onError((error, context) => answerProblem(context, faultOf(context.req.path, context.req.method, error, parts.log, context.req.header('traceparent'))))
}

/** Draws the operations from the document, by text alone. */
const PAGE_SCRIPT = `fetch('/openapi.json').then(r=>r.json()).then(d=>{const m=document.getElementById('operations');for(const[p,o]of Object.entries(d.paths))for(const[k,v]of Object.entries(o)){const s=document.createElement('section');const h=document.createElement('h3');const b=document.createElement('span');b.className='method';b.textContent=k;const c=document.createElement('code');c.textContent=p;h.append(b,' ',c);const t=document.createElement('p');t.textContent=v.summary||'';const pre=document.createElement('details');const sm=document.createElement('summary');sm.textContent='request and answers';const j=document.createElement('pre');j.textContent=JSON.stringify({parameters:v.parameters,requestBody:v.requestBody},null,2);pre.append(sm,j);s.append(h,t,pre);m.append(s)}})`
/** No inline and no foreign script: the console shares this origin. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const page = (): ReturnType<typeof html> => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Syntropism System Service</title>
<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em}h3{margin-bottom:.2em}.method{font-weight:700;text-transform:uppercase}</style></head>
<body><h1>System Service</h1><p>The machine-readable document is <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p><main id="operations"></main><h2>Problems</h2>
<dl>${raw(
  allProblems()
    .map(({ code, status, title }) => `<dt id="problem-${code}"><code>${code}</code> (${status})</dt><dd>${title.replace(/</g, '&lt;')}</dd>`)
    .join('\n'),
)}</dl>
<script src="/docs/page.js"></script></body></html>`

/** The OpenAPI document of a service: an operation's id is its name as a tool, and who may call it stands in its security. */
function documentOf(app: App): object {
  const document = app.getOpenAPI31Document({ info: { title: 'Syntropism System Service', version: VERSION }, openapi: '3.1.0' })
  const paths = document.paths as Record<string, Record<string, { operationId?: string }>>
  for (const [{ method, path }, name] of namesOf(operationsIn(app))) {
    const described = paths[path]?.[method]
    if (described !== undefined) described.operationId = name
  }
  return document
}

/** The System Service as a fetch handler. */
export function createService(parts: ServiceParts, gate: Gate = new Gate(parts)): App {
  const app: App = new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return undefined
      const issues = result.error.issues.map((issue) => ({ message: issue.message, path: issue.path.join('.') }))
      return problem(context, 'command_invalid', issues.map((issue) => `${issue.path === '' ? 'body' : issue.path}: ${issue.message}`).join('; '), { issues })
    },
  })
  addFrame(app, parts, gate)
  app.get('/metrics', async (context) => {
    const principal = context.get('principal')
    if (!isWatcher(principal)) return problem(context, 'role_forbidden', `This needs one of: ${WATCHERS.join(', ')}; the token is for: ${principal.role}.`)
    const text = await parts.metricsText?.()
    return text === undefined
      ? problem(context, 'not_found', 'This service keeps no figures.')
      : context.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  app.get('/health', (context) => context.json({ at_ms: parts.host.now(), economy_id: parts.host.state.economy_id, seq: parts.host.state.seq, status: 'ok' }))
  addEconomyRoutes(app, parts)
  if (parts.indicators !== undefined) addIndicatorRoutes(app, parts, parts.indicators)
  addMarketRoutes(app, parts)
  addSocialRoutes(app, parts)
  addAttentionRoutes(app, parts)
  addExecutionRoutes(app, parts)
  addAgentWatchRoutes(app, parts)
  addFlowRoutes(app, parts)
  addWhatIfRoutes(app, parts)
  addAttentionWatchRoutes(app, parts)
  addOperatorRoutes(app, parts)
  addBusRoutes(app, parts)
  addLlmRoutes(app, parts)
  addOpenAiRoutes(app, parts)
  addToolRoutes(app, parts)
  addMcpRoutes(app, parts)
  if (parts.runs !== undefined) addRunRoutes(app, parts, parts.runs)
  if (parts.workspaces !== undefined) addWorkspaceRoutes(app, parts, parts.workspaces)
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { scheme: 'bearer', type: 'http' })
  app.get('/openapi.json', (context) => context.json(documentOf(app)))
  app.get('/docs', (context) => context.html(page(), 200, { 'content-security-policy': PAGE_POLICY }))
  app.get('/docs/page.js', (context) => context.text(PAGE_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }))
  return app
}
