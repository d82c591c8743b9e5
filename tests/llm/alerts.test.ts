import { expect, it } from 'vitest'
import { run } from '../program.ts'
import { startLive } from './live.ts'
import { startFakeUpstream } from './upstream.ts'

it('an operator reads on the command line what is worth an alert: first that there is none, then the half of a key’s window that was spent', async () => {
  const upstream = await startFakeUpstream()
  const live = await startLive({
    keys_usd_per_minute: 1,
    models: { plain: { output_tokens_max: 50, price: { input: 0.01, output: 10 }, upstreams: [{ model: 'plain', upstream: 'fake' }] } },
    upstreams: [{ base_url: upstream.url, id: 'fake' }],
    usd_per_minute: 1,
  })
  try {
    expect(await live.operate('operator', 'alerts')).toEqual([])
    const { token } = await live.operate('keys', 'create', 'team', '--budget', '0.0002/day')
    const asked = { max_tokens: 7, messages: [{ content: 'hi', role: 'user' }], model: 'plain' }
    // Each costs 71 micro-dollars of 200, and may cost a little more.
    for (let call = 0; call < 2; call++) {
      const headers = { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' }
      const answer = await fetch(`${live.url}/v1/chat/completions`, { body: JSON.stringify(asked), headers, method: 'POST' })
      expect(answer.status, await answer.text()).toBe(200)
    }
    await live.spend('agent')
    expect(await live.operate('operator', 'alerts')).toMatchObject([{ kind: 'spend', text: expect.stringContaining('50 %') as string }])
    const refused = await run(['operator', 'alerts', '--data', live.data], { SYNTROPISM_TOKEN: '' })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('SYNTROPISM_TOKEN') as string })
  } finally {
    await live.stop()
    await upstream.close()
  }
})
