import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that speaks a provider's own API and does what the model's name says. */
export interface NativeServer {
  readonly url: string
  readonly received: { readonly body: Record<string, unknown>; readonly headers: IncomingHttpHeaders; readonly path: string }[]
  /** Requests whose connection was closed before the end. */
  cancelled: number
  close(): Promise<void>
}
type Answer = (path: string, body: Record<string, unknown>, answer: ServerResponse, server: NativeServer) => void | Promise<void>

async function startNative(base: string, reply: Answer): Promise<NativeServer> {
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.on('data', (data: Buffer) => (text += data.toString('utf8')))
    incoming.on('end', () => {
      const body = JSON.parse(text) as Record<string, unknown>
      const path = incoming.url ?? ''
      native.received.push({ body, headers: incoming.headers, path })
      void reply(path, body, answer, native)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const native: NativeServer = {
    cancelled: 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
    received: [],
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
  }
  return native
}

const json = (answer: ServerResponse, status: number, value: object, headers: Record<string, string> = {}): void => {
  answer.writeHead(status, { 'content-type': 'application/json', ...headers })
  answer.end(JSON.stringify(value))
}

export const ANTHROPIC_USAGE = { cache_creation_input_tokens: 20, cache_read_input_tokens: 30, input_tokens: 50, output_tokens: 7 }

function streamAnthropic(answer: ServerResponse, model: string, hasTools: boolean, server: NativeServer): void {
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (value: { type: string }): void => void answer.write(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`)
  const event = (type: string, more: object): void => send({ type, ...more })
  const message = { content: [], id: 'msg_1', model, role: 'assistant', stop_reason: null, stop_sequence: null, type: 'message' }
  event('message_start', { message: { ...message, usage: { ...ANTHROPIC_USAGE, output_tokens: 1 } } })
  event('content_block_start', { content_block: { text: '', type: 'text' }, index: 0 })
  for (const text of ['Hello', ' native', ' world']) event('content_block_delta', { delta: { text, type: 'text_delta' }, index: 0 })
  if (model === 'claude-breaks-off') return void answer.destroy()
  if (model === 'claude-ends-early') return void answer.end()
  if (model === 'claude-endless') return void answer.once('close', () => (server.cancelled += 1))
  event('content_block_stop', { index: 0 })
  if (hasTools) {
    event('content_block_start', { content_block: { id: 'toolu_1', input: {}, name: 'look', type: 'tool_use' }, index: 1 })
    for (const partial_json of ['{"at":', '"sky"}']) event('content_block_delta', { delta: { partial_json, type: 'input_json_delta' }, index: 1 })
    event('content_block_stop', { index: 1 })
  }
  event('message_delta', { delta: { stop_reason: hasTools ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 7 } })
  event('message_stop', {})
  answer.end()
}

/** Anthropic's Messages API. */
export const startAnthropic = (): Promise<NativeServer> =>
  startNative('/v1', (path, body, answer, server) => {
    const model = String(body.model)
    if (path !== '/v1/messages') return json(answer, 404, { error: { message: path, type: 'not_found_error' }, type: 'error' })
    if (model === 'claude-overloaded' && server.received.filter((one) => one.body.model === model).length < 3)
      return json(answer, 529, { error: { message: 'Overloaded', type: 'overloaded_error' }, type: 'error' }, { 'retry-after': '0' })
    if (model === 'claude-refuses') return json(answer, 400, { error: { message: 'max_tokens: too large', type: 'invalid_request_error' }, type: 'error' })
    const tools = (body.tools ?? []) as { name: string }[]
    if (body.stream === true) return streamAnthropic(answer, model, tools.length > 0, server)
    const format = (body.output_config as { format?: object } | undefined)?.format
    const content: object[] = [{ text: format === undefined ? 'Hello native world' : '{"answer":42}', type: 'text' }]
    if (tools[0] !== undefined) content.push({ id: 'toolu_1', input: { answer: 42, at: 'sky' }, name: tools[0].name, type: 'tool_use' })
    const stop = tools[0] === undefined ? 'end_turn' : 'tool_use'
    json(answer, 200, { content, id: 'msg_1', model, role: 'assistant', stop_reason: stop, stop_sequence: null, type: 'message', usage: ANTHROPIC_USAGE })
  })

export const GOOGLE_USAGE = { cachedContentTokenCount: 12, candidatesTokenCount: 5, promptTokenCount: 40, thoughtsTokenCount: 3, totalTokenCount: 48 }

function replyGoogle(path: string, body: Record<string, unknown>, answer: ServerResponse): void {
  const [, model = '', method = ''] = /^\/v1beta\/models\/([^:]+):(\w+)/.exec(path) ?? []
  if (method === 'embedContent') return json(answer, 200, { embedding: { values: [0.25, 0.5] }, usageMetadata: { promptTokenCount: 4 } })
  if (model === 'gemini-continues') {
    const content = { parts: [{ text: 'Hello' }], role: 'model' }
    return json(answer, 200, { candidates: [{ content, continuationToken: 'more', finishReason: 'CONTINUATION', index: 0 }], usageMetadata: GOOGLE_USAGE })
  }
  const hasTools = body.tools !== undefined
  const isJson = (body.generationConfig as { responseMimeType?: string } | undefined)?.responseMimeType === 'application/json'
  const parts: object[] = isJson ? [{ text: '{"answer":42}' }] : ['Hello', ' native', ' world'].map((text) => ({ text }))
  if (hasTools) parts.push({ functionCall: { args: { at: 'sky' }, name: 'look' } })
  const whole = (some: object[], finishReason?: string): object => ({
    candidates: [{ content: { parts: some, role: 'model' }, ...(finishReason === undefined ? {} : { finishReason }), index: 0 }],
  })
  if (method === 'generateContent') return json(answer, 200, { ...whole(parts, 'STOP'), usageMetadata: GOOGLE_USAGE })
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const part of parts) answer.write(`data: ${JSON.stringify(whole([part]))}\r\n\r\n`)
  answer.end(`data: ${JSON.stringify({ ...whole([{ text: '' }], 'STOP'), usageMetadata: GOOGLE_USAGE })}\r\n\r\n`)
}

/** Google's Gemini API. */
export const startGoogle = (): Promise<NativeServer> => startNative('/v1beta', replyGoogle)
