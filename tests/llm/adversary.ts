import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRng } from './chance.ts'

/** What an upstream can do to a call. All but the last keep to the bound they were given. */
export const TRICKS = [
  'honest',
  'slow stream',
  'breaks off',
  'dies',
  'late usage',
  'no usage',
  'nonsense',
  'says nothing was used',
  'fails',
  'is busy',
  'over-reports',
] as const
export type Trick = (typeof TRICKS)[number]

export interface Adversary {
  readonly url: string
  readonly received: number
  /** How often each trick was played. */
  readonly played: ReadonlyMap<Trick, number>
  close(): Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
const event = (value: object | string): string => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const word = event({ choices: [{ delta: { content: 'word ' }, finish_reason: null, index: 0 }], object: 'chat.completion.chunk' })

interface Usage {
  readonly completion_tokens: unknown
  readonly prompt_tokens: unknown
}

function reportOf(trick: Trick, max: number, chance: () => number): Usage | undefined {
  if (trick === 'no usage') return undefined
  if (trick === 'nonsense') return { completion_tokens: -1, prompt_tokens: 'many' }
  if (trick === 'says nothing was used') return { completion_tokens: 0, prompt_tokens: 0 }
  const completion_tokens = trick === 'over-reports' ? max * 5 : Math.floor(chance() * (max + 1))
  return { completion_tokens, prompt_tokens: Math.floor(chance() * 20) }
}

async function stream(answer: ServerResponse, trick: Trick, usage: Usage | undefined, chance: () => number): Promise<void> {
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let index = 0; index < 4; index++) {
    answer.write(word)
    if (trick === 'slow stream') await pause(chance() * 20)
    if (trick === 'breaks off' && index === 2) return void answer.destroy()
  }
  const last = usage === undefined ? '' : event({ choices: [], object: 'chat.completion.chunk', usage })
  if (trick !== 'late usage') return void answer.end(last + event('[DONE]'))
  answer.write(event('[DONE]'))
  await pause(chance() * 20)
  answer.end(last)
}

/** Starts an upstream that plays one of these tricks on each call, drawn from the seed. */
export async function startAdversary(tricks: readonly Trick[], seed: number): Promise<Adversary> {
  const chance = createRng(seed)
  const played = new Map<Trick, number>()
  let received = 0
  const reply = async (body: { max_tokens?: number; stream?: boolean }, answer: ServerResponse): Promise<void> => {
    const trick = tricks[Math.floor(chance() * tricks.length)] ?? 'honest'
    received += 1
    played.set(trick, (played.get(trick) ?? 0) + 1)
    if (trick === 'dies') return void answer.destroy()
    if (trick === 'fails' || trick === 'is busy') {
      answer.writeHead(trick === 'fails' ? 500 : 429, { 'content-type': 'application/json' })
      return void answer.end('{"error":{"message":"no"}}')
    }
    await pause(chance() * 30)
    const usage = reportOf(trick, body.max_tokens ?? 0, chance)
    if (body.stream === true) return stream(answer, trick, usage, chance)
    if (trick === 'breaks off') {
      answer.writeHead(200, { 'content-length': 1000, 'content-type': 'application/json' })
      answer.write('{"choices":')
      return void answer.destroy()
    }
    answer.writeHead(200, { 'content-type': 'application/json' })
    answer.end(
      JSON.stringify({ choices: [{ finish_reason: 'stop', index: 0, message: { content: 'words', role: 'assistant' } }], object: 'chat.completion', usage }),
    )
  }
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.on('data', (data: Buffer) => (text += data.toString('utf8')))
    incoming.on('end', () => void reply(JSON.parse(text) as object, answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
    played,
    get received() {
      return received
    },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  }
}
