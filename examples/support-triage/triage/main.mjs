// One window: file the most urgent ticket that no human has seen, unless one is before them already.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from '@syntropism/sdk/node'
import { urgency } from './urgency.mjs'

const CREDITS_A_POINT = 500_000
const MEMORY = 'filed.json'
const client = connect()
const self = await client.self()
const filed = existsSync(MEMORY) ? JSON.parse(readFileSync(MEMORY, 'utf8')) : []
const waiting = JSON.parse(readFileSync('tickets.json', 'utf8'))
  .filter(({ id }) => !filed.includes(id))
  .map((ticket) => ({ ...ticket, ...urgency(ticket) }))
  .toSorted((one, other) => other.points - one.points)

const [first] = waiting
if (first !== undefined && self.prompt_id === null) {
  const why = first.reasons.length === 0 ? 'no sign of urgency' : first.reasons.join(', ')
  await client.report('reasoning_trace', { decision: `show ${first.id}`, decision_id: String(first.id), reasoning: `${first.points} points: ${why}` })
  await client.prompt(
    { report: `> ${first.text}\n\n${first.customer}, plan ${first.plan}. ${why}.`, title: `Ticket ${first.id}: ${why}` },
    Math.max(20_000, first.points * CREDITS_A_POINT),
  )
  writeFileSync(MEMORY, JSON.stringify([...filed, first.id]))
}
