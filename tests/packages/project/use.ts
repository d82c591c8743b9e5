// A program of somebody who installed the packages: compiled strictly against their types, then run.
import { AgentManifest } from '@syntropism/contract'
import { type State, DEFAULT_PARAMS, apply, clearBook, createState, gini } from '@syntropism/economy'
import { Tokens, hashToken } from '@syntropism/runtime'
import { type Client, createClient } from '@syntropism/sdk'
import { MODELS, simulate } from '@syntropism/simulation'
import { solveExactly } from '@syntropism/solver'
import { loadScenarios } from '@syntropism/benchmark'

const manifest: AgentManifest = AgentManifest.parse({ command: ['node', 'main.mjs'], name: 'mine', standing_bid: null })
const client: Client = createClient({ token: 'agent_x', url: 'http://127.0.0.1:1' })
const state: State = createState()
const outcome = apply(
  state,
  { at_ms: 1, economy_id: 'mine', owner: 'host', params: DEFAULT_PARAMS, rules_version: 1, type: 'genesis' },
  { event: () => undefined, posting: () => undefined },
)
const book = { bids: [{ bundle: { cpu: 1 }, id: 'a', price: 5 }], supply: { cpu: 1 } }
const model = MODELS.boltzmann
if (model === undefined) throw new TypeError('the model is missing')
console.log(
  JSON.stringify({
    client: typeof client.bid,
    exact: (await solveExactly(book, { for_vcg: false, time_limit_s: 5 })).winners.length,
    gini: gini([1, 3]),
    greedy: clearBook(book, 'highest-bid', 'bid').welfare,
    items: loadScenarios('node_modules/syntropism/scenarios').length,
    name: manifest.name,
    ok: outcome.ok,
    steps: simulate({ agents: 10, model, seed: 1, steps: 3 }).series.rows.length,
    tokens: new Tokens([{ hash: hashToken('x'), role: 'observer' }]).find('x')?.role,
  }),
)
