import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from '@syntropism/sdk/node'
import { study } from './model.ts'

/** Part of a reward that goes to whoever bought the window in which the prompt was filed. */
const SHARE = 0.5
const LEDGER = 'sponsors.json'

interface Sponsored {
  readonly prompt_id: string
  readonly sponsor_id: string
}

function readSponsors(): Sponsored[] {
  try {
    return JSON.parse(readFileSync(LEDGER, 'utf8')) as Sponsored[]
  } catch {
    return []
  }
}

const client = connect()
const self = await client.self()
const prompts = await client.prompts()
const open: Sponsored[] = []
for (const sponsored of readSponsors()) {
  const prompt = prompts.find((one) => one.prompt_id === sponsored.prompt_id)
  const reward = prompt?.credits_awarded_micro ?? 0
  if (prompt?.status === 'waiting' || prompt?.status === 'shown') open.push(sponsored)
  else if (reward > 0) await client.transfer(sponsored.sponsor_id, Math.floor(reward * SHARE), `share of ${sponsored.prompt_id}`)
}
const series = (await client.prices({ limit: 200, resource: 'cpu' })).map((point) => point.new_price_micro_per_s / 1_000_000)
const fit = study(series)
if (fit !== null && self.prompt_id === null) {
  const attention = (await client.market()).find((one) => one.resource === 'attention')
  const bid = Math.ceil(((attention?.price_micro_per_s ?? 0) * 60 * 1.25) / Math.max(1, attention?.capacity ?? 1))
  const better = fit.naive_error === 0 ? 0 : 1 - fit.backtest_error / fit.naive_error
  const report = [
    `An autoregression over ${series.length} CPU prices: next = ${fit.constant.toFixed(4)} + ${fit.persistence.toFixed(4)} × last; it forecasts ${fit.forecast.toFixed(4)} credits/s.`,
    `Tested on the past it is off by ${fit.backtest_error.toFixed(4)} on average, repeating the last price by ${fit.naive_error.toFixed(4)}: ${better > 0 ? `${(better * 100).toFixed(1)} % better` : `${(-better * 100).toFixed(1)} % worse`}.`,
  ].join('\n')
  if (bid > 0 && bid < self.balance_micro) {
    const { prompt_id } = await client.prompt(
      { figures: { ...fit }, report, title: `Next CPU price ${fit.forecast.toFixed(3)}, error ${fit.backtest_error.toFixed(3)}` },
      bid,
    )
    if (self.payer_id !== self.agent_id) open.push({ prompt_id, sponsor_id: self.payer_id })
  }
}
writeFileSync(LEDGER, JSON.stringify(open))
