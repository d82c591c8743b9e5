import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { GENESIS_HASH, batchHash, journalReads, verify } from '@syntropism/runtime'
import { type World, openWorld } from './world.ts'

const T0 = 1_700_000_040_000
const RUN_MS = 1000

/** A model that never says the same twice. */
let oracle: Server
let asked = 0
let recordings = ''
beforeEach(async () => {
  recordings = mkdtempSync(join(tmpdir(), 'syntropism-replay-'))
  asked = 0
  oracle = createServer((request, response) => {
    let text = ''
    request.on('data', (data: Buffer) => (text += data.toString('utf8')))
    request.on('end', () => {
      asked += 1
      const content = randomUUID()
      const usage = { completion_tokens: 1 + Math.floor(Math.random() * 20), prompt_tokens: 10, total_tokens: 30 }
      if ((JSON.parse(text) as { stream?: boolean }).stream !== true)
        return response.end(JSON.stringify({ choices: [{ finish_reason: 'stop', index: 0, message: { content, role: 'assistant' } }], usage }))
      response.setHeader('content-type', 'text/event-stream')
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: null, index: 0 }] })}\n\n`)
      return response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
    })
  })
  await new Promise<void>((done) => oracle.listen(0, '127.0.0.1', done))
})
afterEach(() => {
  oracle.closeAllConnections()
  oracle.close()
  rmSync(recordings, { force: true, recursive: true })
})

interface Played {
  readonly said: readonly string[]
  readonly bytes: string
  readonly batches: string
}

/** An agent that asks the model, and whose messages, bids and next questions are what it heard. */
async function play(world: World, step: () => void): Promise<string[]> {
  const headers = { authorization: `Bearer ${world.agentToken}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object): Promise<string> => {
    const answer = await fetch(`${world.url}${path}`, { body: JSON.stringify(body), headers, method: 'POST' })
    const text = await answer.text()
    expect([path, answer.status, answer.ok ? '' : text]).toEqual([path, answer.status, ''])
    await world.quiet()
    step()
    return text
  }
  const said: string[] = []
  let heard = 'begin'
  for (const form of ['whole', 'stream', 'simple', 'whole']) {
    const messages = [{ content: heard, role: 'user' }]
    const answer =
      form === 'simple'
        ? await post('/intelligence/inference', { max_tokens: 30, model: 'oracle', prompt: heard })
        : await post('/v1/chat/completions', { max_tokens: 30, messages, model: 'oracle', stream: form === 'stream' })
    heard = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(answer)?.[0] ?? ''
    said.push(heard)
    await post('/social/messages', { content: heard, to_agent_id: 'b' })
    await post('/market/bids', {
      amount_micro: 1_000_000 + Number.parseInt(heard.slice(0, 4), 16),
      bundle: { llm: 10_000 },
      duration_ms: 1000,
    })
    await world.host.submit({ owner: 'host', type: 'tick' })
  }
  return said
}

async function run(recording: 'record' | 'replay'): Promise<Played> {
  let now = T0
  const world = await openWorld({
    models: { oracle: { output_tokens_max: 100, price: { input: 1, output: 3 }, upstreams: [{ model: 'oracle', upstream: 'oracle' }] } },
    now: () => now,
    recording,
    recordings_dir: recordings,
    upstreams: [{ base_url: `http://127.0.0.1:${(oracle.address() as AddressInfo | null)?.port ?? 1}`, id: 'oracle', retries: 0 }],
  })
  try {
    await world.host.submit({ agent_id: 'b', grant_micro: 10 ** 9, name: 'b', owner: 'host', type: 'create_agent' })
    const said = await play(world, () => (now += RUN_MS))
    await world.quiet()
    expect(await verify(journalReads(world.queries), batchHash, GENESIS_HASH)).toMatchObject({ ok: true })
    const rows = await world.queries.selectFrom('batches').select(['events', 'hash']).orderBy('number').execute()
    const events = rows.flatMap((row) => JSON.parse(row.events) as object[])
    return { batches: rows.at(-1)?.hash ?? '', bytes: createHash('sha256').update(JSON.stringify(events)).digest('hex'), said }
  } finally {
    await world.close()
  }
}

it('a live run whose model was recorded is played again without any model, to the same bytes', async () => {
  const recorded = await run('record')
  expect(new Set(recorded.said).size).toBe(4)
  expect(asked).toBe(4)
  await new Promise((done) => oracle.close(done))
  const replayed = await run('replay')
  expect(asked).toBe(4)
  expect(replayed.said).toEqual(recorded.said)
  expect(replayed.bytes).toBe(recorded.bytes)
  expect(replayed.batches).toBe(recorded.batches)
})
