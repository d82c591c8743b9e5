import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An upstream that does what the model's name says: answers, lies, breaks off, is slow, fails. */
export interface FakeUpstream {
  readonly url: string
  /** Bodies received, in order. */
  readonly received: Record<string, unknown>[]
  /** Sum of the usage that it reported. */
  readonly reported: { input: number; output: number }
  /** Requests whose connection the gateway closed before the end. */
  cancelled: number
  /** Lets the slow answers go. */
  letGo(): void
  close(): Promise<void>
}

const chunk = (delta: object, finish: string | null = null): object => ({
  choices: [{ delta, finish_reason: finish, index: 0 }],
  id: 'c',
  object: 'chat.completion.chunk',
})
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

async function stream(fake: FakeUpstream, answer: ServerResponse, model: string, usage: object): Promise<void> {
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (value: object | string): void => void answer.write(`data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`)
  send(chunk({ content: '', role: 'assistant' }))
  for (const word of ['Hello', ' wide', ' world']) send(chunk({ content: word }))
  if (model === 'breaks-off') {
    answer.destroy()
    return
  }
  if (model === 'endless') {
    await new Promise<void>((done) => answer.once('close', done))
    fake.cancelled += 1
    return
  }
  send(chunk({}, 'stop'))
  const last = { choices: [], id: 'c', object: 'chat.completion.chunk', usage }
  if (model === 'late-usage') {
    send('[DONE]')
    await pause(50)
    send(last)
  } else {
    send(last)
    send('[DONE]')
  }
  answer.end()
}

function usageOf(model: string, body: Record<string, unknown>): { prompt_tokens: number; completion_tokens: number } {
  const asked = Number(body.max_tokens ?? 10)
  if (model === 'over-reports') return { completion_tokens: asked + 1000, prompt_tokens: 10 }
  return { completion_tokens: Math.min(asked, 7), prompt_tokens: 10 }
}

async function answerChat(fake: FakeUpstream, held: Promise<void>, body: Record<string, unknown>, answer: ServerResponse): Promise<void> {
  const model = String(body.model)
  const json = (status: number, value: object, headers: Record<string, string> = {}): void => {
    answer.writeHead(status, { 'content-type': 'application/json', ...headers })
    answer.end(JSON.stringify(value))
  }
  if (model === 'fails') return json(500, { error: { message: 'out of order' } })
  if (model === 'flaky' && fake.received.filter((one) => one.model === 'flaky').length < 3)
    return json(503, { error: { message: 'later' } }, { 'retry-after': '0' })
  if (model === 'refuses') return json(400, { error: { code: 'bad', message: 'no such thing', type: 'invalid_request_error' } })
  if (model === 'hangs') return void answer.once('close', () => (fake.cancelled += 1))
  if (model === 'dies') return void answer.destroy()
  if (model === 'slow') await held
  const usage = usageOf(model, body)
  fake.reported.input += usage.prompt_tokens
  fake.reported.output += usage.completion_tokens
  const shown = model === 'nonsense' ? { completion_tokens: -5, prompt_tokens: 'many' } : usage
  const total = { ...shown, total_tokens: usage.prompt_tokens + usage.completion_tokens }
  if (body.stream === true) return stream(fake, answer, model, total)
  const message = { content: body.response_format === undefined ? 'Hello wide world' : '{"answer":42}', role: 'assistant' }
  const calls = body.tools === undefined ? {} : { tool_calls: [{ function: { arguments: '{}', name: 'look' }, id: 't', type: 'function' }] }
  json(200, {
    choices: [{ finish_reason: 'stop', index: 0, logprobs: body.logprobs === true ? { content: [] } : null, message: { ...message, ...calls } }],
    id: 'c',
    model,
    object: 'chat.completion',
    ...(model === 'silent' ? {} : { usage: total }),
  })
}

async function readBody(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const part of incoming) text += String(part)
  return JSON.parse(text) as Record<string, unknown>
}

export async function startFakeUpstream(): Promise<FakeUpstream> {
  let letGo: () => void = () => undefined
  const held = new Promise<void>((done) => (letGo = done))
  const server: Server = createServer((incoming, answer) => {
    const handle = async (): Promise<void> => {
      const body = await readBody(incoming)
      fake.received.push(body)
      if (incoming.url === '/v1/embeddings') {
        fake.reported.input += 5
        answer.setHeader('content-type', 'application/json')
        answer.end(
          JSON.stringify({
            data: [{ embedding: [0.5, 0.25], index: 0, object: 'embedding' }],
            model: body.model,
            object: 'list',
            usage: { prompt_tokens: 5, total_tokens: 5 },
          }),
        )
      } else if (incoming.url === '/v1/responses') {
        fake.reported.input += 4
        fake.reported.output += 2
        const content = [{ annotations: [], text: 'Hi', type: 'output_text' }]
        const output = [{ content, id: 'm', role: 'assistant', status: 'completed', type: 'message' }]
        answer.setHeader('content-type', 'application/json')
        answer.end(JSON.stringify({ id: 'r', object: 'response', output, status: 'completed', usage: { input_tokens: 4, output_tokens: 2, total_tokens: 6 } }))
      } else await answerChat(fake, held, body, answer)
    }
    handle().catch((error: unknown) => answer.destroy(error as Error))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const fake: FakeUpstream = {
    cancelled: 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
    letGo,
    received: [],
    reported: { input: 0, output: 0 },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  }
  return fake
}
