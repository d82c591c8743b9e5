import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Watch, finish, removeDir, start, tempDir } from '../program.ts'

const AGENT = `import { connect } from '@syntropism/sdk/node'
await connect().report('reasoning_trace', { decision: 'x', decision_id: 'd', reasoning: Buffer.from(process.env.SYSTEM_SERVICE_TOKEN).toString('hex') })
`
const MANIFEST = {
  command: ['node', 'main.mjs'],
  name: 'teller',
  standing_bid: { bundle: { cpu_millicores: 500, memory_mb: 128 }, duration_ms: 60_000, limit_micro: 500_000_000, margin_ppm: 100_000, pause_ms: 60_000 },
}

it('no token of a whole run is in the data folder, its traces or the output, and an execution’s token is nothing once its lease has ended', async () => {
  const data = tempDir()
  const agent = tempDir()
  writeFileSync(join(agent, 'agent.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(agent, 'main.mjs'), AGENT)
  const child = start(['live', '--data', data, '--port', '0', '--agents', agent, '--sandbox', 'node', '--json'], {
    SYNTROPISM_TRACE_FILE: join(data, 'spans.jsonl'),
  })
  const ended = finish(child)
  try {
    const watch = new Watch(child)
    const started = await watch.find((line) => line.type === 'started')
    const trace = await watch.find((line) => line.type === 'reasoning_trace')
    await watch.find((line) => line.type === 'execution_terminated')
    // The agent told its token in another writing, which the search below cannot mistake for a leak.
    const lease = Buffer.from((trace.data as { reasoning: string }).reasoning, 'hex').toString()
    expect(lease).toMatch(/^run_/)
    const answer = await fetch(`${started.url as string}/economy`, { headers: { authorization: `Bearer ${lease}` } })
    expect(answer.status).toBe(401)
    child.kill('SIGTERM')
    const { stderr, stdout } = await ended
    const secrets = [lease, ...(started.tokens as { token: string }[]).map((one) => one.token)]
    expect(secrets.length).toBe(4)
    const places: [string, string][] = [
      ['stderr', stderr],
      ['stdout after the first line', stdout.slice(stdout.indexOf('\n'))],
    ]
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) places.push([join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'latin1')])
    expect(places.some(([name]) => name.endsWith('economy.sqlite'))).toBe(true)
    expect(places.find(([name]) => name.endsWith('spans.jsonl'))?.[1]).toContain('reasoning_trace')
    for (const [name, text] of places) for (const secret of secrets) expect(text.includes(secret), `${name} holds a token`).toBe(false)
  } finally {
    child.kill('SIGKILL')
    removeDir(data)
    removeDir(agent)
  }
})
