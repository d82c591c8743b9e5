import type { Client } from '@syntropism/sdk'

const BUNDLE = { cpu_millicores: 100, memory_mb: 64 }
const STANDING = { bundle: BUNDLE, duration_ms: 1000, limit_micro: 5_000_000, margin_ppm: 250_000, pause_ms: 1000 }

/** What the calls before came to, by method. */
export type Answers = Record<string, unknown>
const of = (answers: Answers, method: string, member: string): string => String((answers[method] as Record<string, unknown> | undefined)?.[member])

/** The request that `b` made. */
const requestIn = (answers: Answers): string =>
  ((answers.inbox as readonly { invocation_id: string; kind: string }[] | undefined)?.find((one) => one.kind === 'request') ?? { invocation_id: 'none' })
    .invocation_id

/** One call of each method, in an order in which each has something to answer. `b` is another agent: it offers the service `echo`, and asks for the service `mine` once that is offered. */
export const SAMPLES: Readonly<Record<Exclude<keyof Client, 'call'>, (client: Client, answers: Answers) => Promise<unknown>>> = {
  self: (client) => client.self(),
  supply: (client) => client.supply(),
  balance: (client) => client.balance('a'),
  balanceAt: (client) => client.balanceAt('a', { seq: 3 }),
  transfer: (client) => client.transfer('b', 1000, 'thanks'),
  transferLinked: (client) => client.transferLinked([{ amount_micro: 5, purpose: 'linked', to_agent_id: 'b' }]),
  history: (client) => client.history('a'),
  market: (client) => client.market(),
  bid: (client) => client.bid({ amount_micro: 2_000_000, bundle: BUNDLE, duration_ms: 1000, payload: { note: null } }),
  raiseBid: (client, answers) => client.raiseBid(of(answers, 'bid', 'bid_id'), 3_000_000),
  book: (client) => client.book(),
  bids: (client) => client.bids(),
  lowestWinning: (client, answers) => client.lowestWinning(of(answers, 'bid', 'bid_id')),
  depth: (client) => client.depth(),
  prices: (client) => client.prices({ limit: 5, resource: 'cpu' }),
  clearings: (client) => client.clearings({ limit: 3 }),
  withdrawBid: (client, answers) => client.withdrawBid(of(answers, 'bid', 'bid_id')),
  setStandingBid: (client) => client.setStandingBid(STANDING),
  spawn: (client) => client.spawn({ endowment_micro: 10_000_000, files: { 'note.txt': 'hello' }, name: 'child', standing_bid: null }),
  directory: (client) => client.directory(),
  message: (client) => client.message('a', 'a note to myself'),
  registerService: (client) => client.registerService({ cost_micro: 10, service_name: 'mine', specification: { says: 'it back' } }),
  services: (client) => client.services(),
  inbox: (client) => client.inbox(),
  takeMessages: (client, answers) => client.takeMessages([of(answers, 'message', 'message_id')]),
  invoke: (client) => client.invoke('b', 'echo', null),
  respond: (client, answers) => client.respond(requestIn(answers), 'success', { said: 'back' }),
  removeService: (client) => client.removeService('mine'),
  prompt: (client) => client.prompt({ title: 'One question' }, 1_000_000),
  prompts: (client) => client.prompts(),
  findPrompt: (client, answers) => client.findPrompt(of(answers, 'prompt', 'prompt_id')),
  withdrawPrompt: (client, answers) => client.withdrawPrompt(of(answers, 'prompt', 'prompt_id')),
  complete: (client) => client.complete({ max_tokens: 16, prompt: 'hello' }),
  tools: (client) => client.tools(),
  callTool: (client) => client.callTool('everything', 'echo', { message: 'hi' }),
  findToolCall: (client, answers) => client.findToolCall(of(answers, 'callTool', 'call_id')),
  report: (client) => client.report('reasoning_trace', { decision: 'wait', decision_id: 'd1', reasoning: 'nothing to do' }),
  receipts: (client) => client.receipts('a'),
  workspaceHistory: (client) => client.workspaceHistory('a'),
  busCredentials: (client) => client.busCredentials(),
}
