// npm run bench:peers: every peer that can be installed here beside this project, each a process of its own that answers one round at a time, in turn;
// rates per second of CPU time, medians with the ratio to us pair by pair. Options: --agents 1000,10000 --pairs 20 --only mesa,krabmaga --orders no.
import { parseArgs } from 'node:util'
import { machine, median, medianInterval } from '../measure.ts'
import { INSTALLS, type PeerName, install } from './install.ts'
import { type Launch, Peer } from './peer.ts'

/** About how many agent-steps a second each makes at its best: how many steps make a round of about a tenth of a second. */
const EXPECTED: Partial<Record<PeerName, number>> = {
  agentscript: 8_000_000,
  ambr: 4_000_000,
  krabmaga: 12_000_000,
  mesa: 1_000_000,
  mesa_frames: 2_000_000,
  rust_loop: 80_000_000,
}
const ORDERS = { fastlob: 5000, node_order_book: 25_000 } as const
const ROUND_S = 0.1
const OURS = [process.execPath, '--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning'] as const

const million = (rate: number): string => `${(rate / 1_000_000).toFixed(2)} M/s`.padStart(12)

/** Runs all in turn, `pairs` rounds each; the first is what the others are compared with. */
async function compare(launches: readonly Launch[], pairs: number): Promise<void> {
  const started = await Promise.all(
    launches.map(async (launch) => {
      try {
        return await Peer.start(launch)
      } catch (error) {
        console.log(`  ${launch.name.padEnd(24)} ${error instanceof Error ? error.message : String(error)}`)
        return null
      }
    }),
  )
  const peers = started.filter((peer) => peer !== null)
  const rates = peers.map((): number[] => [])
  for (let pair = 0; pair < pairs; pair++) for (const [index, peer] of peers.entries()) rates[index]?.push(await peer.rate())
  await Promise.all(peers.map((peer) => peer.stop()))
  const own = rates[0] ?? []
  for (const [index, peer] of peers.entries()) {
    const theirs = rates[index] ?? []
    const ratios = own.map((rate, pair) => rate / (theirs[pair] ?? Number.NaN))
    const [low, high] = medianInterval(ratios)
    const shown = index === 0 ? '' : `   we are ${median(ratios).toFixed(2)} × [${low.toFixed(2)}, ${high.toFixed(2)}]`
    console.log(`  ${peer.label.padEnd(24)}${million(median(theirs))}${shown}`)
  }
}

/** Launches of the peers that are there; the others are named with the reason. */
function launchesOf(names: readonly PeerName[], work: (name: PeerName) => readonly string[]): Launch[] {
  return names.flatMap((name) => {
    const installed = install(name)
    if ('command' in installed) return [{ command: [...installed.command, ...work(name)] as [string, ...string[]], name }]
    console.log(`  ${name.padEnd(24)} not installed here: ${installed.missing}`)
    return []
  })
}

const { values } = parseArgs({
  options: {
    agents: { default: '1000,10000,100000,1000000', type: 'string' },
    only: { default: Object.keys(INSTALLS).join(','), type: 'string' },
    orders: { default: 'yes', type: 'string' },
    pairs: { default: '20', type: 'string' },
  },
})
const only = new Set(values.only.split(','))
const pairs = Number(values.pairs)
const boltzmann = (Object.keys(EXPECTED) as PeerName[]).filter((name) => only.has(name))

console.log(`${machine()} · per second of CPU time, one core · ${pairs} rounds each in turn; median, ratio with its 95 % interval`)
for (const agents of values.agents.split(',').map(Number)) {
  const steps = (rate: number): string => String(Math.max(1, Math.round((rate * ROUND_S) / agents)))
  const script = `${import.meta.dirname}/boltzmann/ours.ts`
  const own: Launch[] = ['ledger', 'loop'].map((which) => ({ command: [...OURS, script, which, String(agents), steps(40_000_000)], name: which }))
  console.log(`\nBoltzmann wealth exchange, ${agents} agents, agent-steps`)
  await compare([...own, ...launchesOf(boltzmann, (name) => [String(agents), steps(EXPECTED[name] ?? 0)])], pairs)
}
if (values.orders === 'yes') {
  const names = (Object.keys(ORDERS) as (keyof typeof ORDERS)[]).filter((name) => only.has(name))
  console.log('\nOrder matching, messages (ours: quotes of zero-intelligence traders; theirs: limit orders of one unit at random prices)')
  const own: Launch = { command: [...OURS, `${import.meta.dirname}/orders/ours.ts`, '1000000'], name: 'ours' }
  await compare([own, ...launchesOf(names, (name) => [String(ORDERS[name as keyof typeof ORDERS])])], pairs)
}
