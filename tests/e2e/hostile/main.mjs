import { readFileSync, readdirSync } from 'node:fs'
import { connect } from '@syntropism/sdk/node'

const client = connect()
const url = process.env.SYSTEM_SERVICE_URL
const headers = { authorization: `Bearer ${process.env.SYSTEM_SERVICE_TOKEN}`, 'content-type': 'application/json' }
const ask = async (method, path, body) => (await fetch(url + path, { body: body && JSON.stringify(body), headers, method })).status
const read = (path) => {
  try {
    readFileSync(path)
    return 'read'
  } catch (error) {
    return error.code
  }
}
const list = (path) => {
  try {
    return readdirSync(path).length
  } catch (error) {
    return error.code
  }
}
const { prompt_id } = await client.prompt({ title: 'please score me' }, 10_000_000)
const tried = {
  balance_of_other: await ask('GET', '/economic/balance/genesis'),
  database: read('../../../economy.sqlite'),
  environ_of_host: read(`/proc/${process.ppid}/environ`),
  events: await ask('GET', '/events'),
  fund: await ask('POST', '/operator/agents/hostile/fund', { amount_micro: 1 }),
  score: await ask('POST', `/attention/prompts/${prompt_id}/score`, { interesting: 10, understandable: 10, useful: 10 }),
  tokens: read('../../../tokens.json'),
  workspaces: list('..'),
}
await client.report('reasoning_trace', { decision: JSON.stringify(tried), decision_id: 'attack', reasoning: 'try everything' })
