import { setImmediate as turn } from 'node:timers/promises'
import type { LlmUsage } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import type { Api } from './bounds.ts'
import { Cancellation } from './cancellation.ts'
import { relayStream } from './relay.ts'

interface Told {
  /** What the caller was given, write by write, and 'end'. */
  readonly writes: string[]
  finish: string
  usage: LlmUsage | null
}

/** Relays pieces of a stream; each list of pieces comes in one turn of the event loop. */
async function relay(
  turns: readonly (readonly (string | Buffer)[])[],
  about: { api?: Api; behind?: number; breaks?: Error; wants_usage?: boolean } = {},
): Promise<Told> {
  const told: Told = { finish: '', usage: null, writes: [] }
  const body = (async function* () {
    for (const pieces of turns) {
      await turn()
      for (const piece of pieces) yield Buffer.from(piece)
    }
    if (about.breaks !== undefined) throw about.breaks
  })()
  await new Promise<void>((done) => {
    relayStream({
      answer: { body, content_type: 'text/event-stream', status: 200 },
      api: about.api ?? 'chat/completions',
      cancellation: new Cancellation(),
      drain: false,
      ended: (finish, usage) => {
        Object.assign(told, { finish, usage })
        done()
      },
      wants_usage: about.wants_usage ?? false,
    }).start({
      drop: () => void told.writes.push('drop'),
      end: () => void told.writes.push('end'),
      write: (bytes) => told.writes.push(Buffer.from(bytes).toString('latin1')) * (about.behind ?? 0),
    })
  })
  return told
}

const event = (value: object | string): string => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const WORD = event({ choices: [{ delta: { content: 'word' } }] })
const USAGE = event({ choices: [], usage: { completion_tokens: 2, prompt_tokens: 3 } })
const DONE = event('[DONE]')
const latin = (text: string): string => Buffer.from(text).toString('latin1')

describe('a stream', () => {
  it('goes on in whole events', async () => {
    const { finish, writes } = await relay([[WORD.slice(0, 7)], [WORD.slice(7) + WORD.slice(0, 20)], [WORD.slice(20)], [DONE]])
    expect(writes).toEqual([WORD, WORD, DONE, 'end'])
    expect(finish).toBe('completed')
  })

  it('goes on byte for byte, what is no text and characters cut in two included', async () => {
    const word = Buffer.from(event('wörter 語'))
    const all = Buffer.concat([word, Buffer.from('data: '), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from('\n\n'), Buffer.from(DONE)])
    for (let cut = 1; cut < all.length; cut++) {
      const { writes } = await relay([[all.subarray(0, cut)], [all.subarray(cut)]])
      expect(writes.filter((one) => one !== 'end').join('')).toBe(all.toString('latin1'))
    }
  })

  it.each(['\n\n', '\r\n\r\n', '\r\r'])('ends its events with %j', async (boundary) => {
    const events = [WORD, USAGE, DONE].map((one) => one.trimEnd() + boundary)
    const { usage, writes } = await relay([[events.join('')]])
    expect(writes.join('')).toBe(`${events[0]}${events[2]}end`)
    expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 2 })
  })

  it('shows its usage to who asked for it, and has it read either way', async () => {
    for (const wants_usage of [false, true]) {
      const { usage, writes } = await relay([[WORD], [USAGE, DONE]], { wants_usage })
      expect(writes.join('')).toBe(`${WORD}${wants_usage ? USAGE : ''}${DONE}end`)
      expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 2 })
    }
  })

  it('of another API hides nothing', async () => {
    const last = `event: response.completed\n${event({ response: { usage: { input_tokens: 3, output_tokens: 2 } }, type: 'response.completed' })}`
    const { usage, writes } = await relay([[last]], { api: 'responses' })
    expect(writes.join('')).toBe(`${last}end`)
    expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 2 })
  })

  it('that speaks of "usage" and [DONE] in its text does not end by it', async () => {
    const text = event({ choices: [{ delta: { content: 'the "usage" of data: [DONE]' } }] })
    const lines = `: [DONE] is near\ndata: {"choices":\ndata: [{"delta":{"content":"\\"usage\\""}}]}\n\n`
    const { finish, usage, writes } = await relay([
      [text, lines],
      [WORD, DONE],
    ])
    expect(writes.join('')).toBe(`${text}${lines}${WORD}${DONE}end`)
    expect([finish, usage]).toEqual(['completed', null])
  })

  it('whose usage comes after its end is read to there, and the caller does not wait', async () => {
    const { finish, usage, writes } = await relay([[WORD, DONE], [USAGE]], { wants_usage: true })
    expect(writes.join('')).toBe(`${WORD}${DONE}end`)
    expect(usage).toMatchObject({ output_tokens: 2 })
    expect(finish).toBe('completed')
  })

  it('is broken off for a caller who does not read, and what it cost is known all the same', async () => {
    const { finish, usage, writes } = await relay([[WORD], [WORD], [WORD], [USAGE], [DONE]], { behind: 3 * 1_048_576, wants_usage: true })
    expect([writes, finish]).toEqual([[WORD, WORD, WORD, 'drop'], 'cancelled'])
    expect(usage).toMatchObject({ output_tokens: 2 })
  })

  it('that breaks off says so, without the piece of an event before', async () => {
    const { finish, usage, writes } = await relay([[WORD, WORD.slice(0, 9)]], { breaks: new Error('lösung') })
    expect(writes[0]).toBe(WORD)
    expect(writes[1]).toContain(latin('The stream broke off: lösung'))
    expect([finish, usage, writes.length]).toEqual(['failed', null, 3])
  })

  it.each<[string, Api, string, object | null]>([
    [
      'on the way is less than what was used',
      'chat/completions',
      event({ choices: [{ delta: { content: 'a' } }], usage: { completion_tokens: 1, prompt_tokens: 3 } }),
      null,
    ],
    ['at the end of a chat is all', 'chat/completions', USAGE, { output_tokens: 2 }],
    [
      'of a response on its way is less',
      'responses',
      event({ response: { usage: { input_tokens: 3, output_tokens: 1 } }, type: 'response.in_progress' }),
      null,
    ],
    [
      'of a completed response is all',
      'responses',
      event({ response: { usage: { input_tokens: 3, output_tokens: 2 } }, type: 'response.completed' }),
      { output_tokens: 2 },
    ],
  ])('that breaks off, or ends without saying so, after usage: what is reported %s', async (_name, api, report, usage) => {
    expect(await relay([[WORD, report, WORD]], { api, breaks: new Error('gone') })).toMatchObject({ finish: 'failed', usage })
    expect(await relay([[WORD, report, WORD]], { api })).toMatchObject({ finish: 'completed', usage })
    expect((await relay([[WORD, report, WORD, DONE]], { api })).usage).not.toBeNull()
  })

  it('that ends without saying so is paid by what came with its last word', async () => {
    const last = event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: { completion_tokens: 2, prompt_tokens: 3 } })
    expect((await relay([[WORD, last]])).usage).toMatchObject({ output_tokens: 2 })
    expect((await relay([[WORD, last]], { breaks: new Error('gone') })).usage).toBeNull()
  })

  it('of which each event reports a usage is settled by the last', async () => {
    const reports = Array.from({ length: 100 }, (_, index) => event({ choices: [{ delta: {} }], usage: { completion_tokens: index, prompt_tokens: 3 } }))
    expect(await relay([reports, [DONE]])).toMatchObject({ finish: 'completed', usage: { output_tokens: 99 } })
  })

  it('whose events come byte by byte is passed on when they end, and an event of megabytes is looked through once', async () => {
    const long = event({ choices: [{ delta: { content: 'x'.repeat(3000) } }] })
    for (const boundary of ['\n\n', '\r\n\r\n', '\n\r\n', '\r\r']) {
      const text = `${long.trimEnd()}${boundary}`
      const { writes } = await relay([...Array.from(`${text}${text}`, (byte) => [byte]), [DONE]])
      expect(writes.slice(0, 2).join('')).toBe(`${text}${text}`)
      expect(writes).toHaveLength(4)
    }
    const piece = 'y'.repeat(1000)
    const { finish, writes } = await relay([['data: '], ...Array.from({ length: 4000 }, () => [piece]), ['\n\n'], [DONE]])
    expect([finish, writes.length, writes[0]?.length]).toEqual(['completed', 3, 4_000_008])
  })

  it('without any end is passed on to its last byte', async () => {
    const { finish, writes } = await relay([[WORD, 'data: half']])
    expect(writes.join('')).toBe(`${WORD}data: halfend`)
    expect(finish).toBe('completed')
  })
})
