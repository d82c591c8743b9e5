import { type TemplateResult, html, nothing } from 'lit-html'
import { read } from './api.ts'
import { bar } from './charts.ts'
import { clock, count, credits } from './format.ts'
import { attempt, changed, refreshing, store } from './store.ts'
import type { View } from './view.ts'

interface Flow {
  readonly amount_micro: number
  readonly movements: number
  readonly purpose: string
}
interface Movement {
  readonly amount_micro: number
  readonly at_ms: number
  readonly from_account: string
  readonly from_agent: string
  readonly purpose: string
  readonly seq: number
  readonly to_account: string
  readonly to_agent: string
  readonly transfer_id: string
}

let flows: Flow[] = []
let account = ''
let movements: Movement[] = []
let past: { balance_micro: number; held_micro: number; seq: number } | null = null

async function refresh(): Promise<void> {
  flows = (await read<{ flows: Flow[] }>('/economic/flows')).flows
  if (account !== '') movements = (await read<{ transfers: Movement[] }>(`/economic/history/${encodeURIComponent(account)}?limit=100`)).transfers
}

const card = (label: string, micro: number | undefined, note: string): TemplateResult =>
  html`<div class="card"><p class="label">${label}</p><p class="figure">${micro === undefined ? '–' : credits(micro)}</p><p class="quiet">${note}</p></div>`

function supply(): TemplateResult {
  const e = store.economy
  const whole = (e?.granted_micro ?? 0) + (e?.rewarded_micro ?? 0)
  return html`
    <div class="cards">
      ${card('In circulation', e?.circulating_micro, 'granted + rewarded − burned')}
      ${card('Granted', e?.granted_micro, 'genesis and the operator')}
      ${card('Rewarded', e?.rewarded_micro, 'scores of humans')}
      ${card('Burned', e?.burned_micro, whole === 0 ? '' : `${(((e?.burned_micro ?? 0) / whole) * 100).toFixed(1)} % of all that was minted`)}
      ${card('Free', e?.agents_micro, `${e?.living_agents ?? 0} living agents`)}
      ${card('In holds', e?.held_micro, 'bids, prompts, invocations')}
    </div>
    <p class="quiet">${e !== null && e.circulating_micro === e.agents_micro + e.held_micro ? 'Conserved: circulation = free balances + holds.' : 'Reading…'}</p>
  `
}

const party = (agent: string, kind: string): TemplateResult =>
  ['mint', 'burn'].includes(agent) ? html`${agent}` : html`<a href="#/agents/${agent}">${agent}</a>${kind === 'holds' ? ' (held)' : ''}`

function chooseAccount(event: SubmitEvent): void {
  event.preventDefault()
  account = String(new FormData(event.target as HTMLFormElement).get('account') ?? '').trim()
  past = null
  attempt(async () => {
    await refresh()
    return ''
  })
}

function askPast(event: SubmitEvent): void {
  event.preventDefault()
  const seq = String(new FormData(event.target as HTMLFormElement).get('seq') ?? '')
  attempt(async () => {
    past = await read(`/economic/balance/${encodeURIComponent(account)}/at?seq=${encodeURIComponent(seq)}`)
    changed()
    return ''
  })
}

const history = (): TemplateResult => html`
  <form class="inline" @submit=${askPast}>
    <label>Balance after event # <input name="seq" type="number" min="0" required .value=${String(past?.seq ?? store.last_seq)} /></label>
    <button>Look back</button>
    <span role="status">${past === null ? nothing : html`After #${past.seq}: <strong>${credits(past.balance_micro)}</strong> free, ${credits(past.held_micro)} in holds.`}</span>
  </form>
  <div class="scroll" tabindex="0" role="region" aria-label="Movements of ${account}">
    <table>
      <thead><tr><th>event</th><th>time</th><th>from</th><th>to</th><th class="number">credits</th><th>purpose</th><th>transfer</th></tr></thead>
      <tbody>
        ${movements.map(
          (one) => html`<tr>
            <td><a href="#/events/${one.seq}">#${one.seq}</a></td><td>${clock(one.at_ms)}</td><td>${party(one.from_agent, one.from_account)}</td><td>${party(one.to_agent, one.to_account)}</td>
            <td class="number">${credits(one.amount_micro)}</td><td>${one.purpose}</td><td>${one.transfer_id}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>
`

/** Supply, what moved and why, any account's history and its balance at a past moment. */
export const ledgerView: View = {
  draw() {
    const most = Math.max(1, ...flows.map((one) => one.amount_micro))
    return html`
      <h1>Ledger</h1>
      ${supply()}
      <div class="split even">
        <section aria-labelledby="flows">
          <h2 id="flows">Flows <small>by purpose, over the last movements</small></h2>
          <div class="scroll" tabindex="0" role="region" aria-labelledby="flows"><table>
            <thead><tr><th>purpose</th><th class="number">credits</th><th class="number">movements</th><th>share</th></tr></thead>
            <tbody>
              ${flows.map(
                (one) => html`<tr><td>${one.purpose}</td><td class="number">${credits(one.amount_micro)}</td><td class="number">${count(one.movements)}</td>
                  <td class="bar-cell">${bar((one.amount_micro / most) * 1_000_000, `${one.purpose}: ${credits(one.amount_micro)} credits`)}</td></tr>`,
              )}
            </tbody>
          </table></div>
        </section>
        <section aria-labelledby="account-title">
          <h2 id="account-title">Account</h2>
          <form class="inline" @submit=${chooseAccount}>
            <label>Agent <input name="account" required maxlength="64" spellcheck="false" .value=${account} /></label><button>Show</button>
          </form>
          ${account === '' ? html`<p class="quiet">Name an agent to see its movements and past balances.</p>` : history()}
        </section>
      </div>
    `
  },
  enter(argument) {
    if (argument !== '') {
      account = argument
      past = null
    }
    return refreshing(refresh, (event) => event.type === 'credits_transferred' || event.type === 'transfers_posted')
  },
}
