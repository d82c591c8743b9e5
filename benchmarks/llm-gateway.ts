// What the LLM gateway adds to a call, beside a bare node:http reverse proxy and (where LITELLM names its program) the LiteLLM proxy:
// the same stub upstream in a process of its own, the same client, the same run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Target, closeClient, latencyOf, mixed, rateOf } from './llm/client.ts'
import { type Running, startGateway, startLiteLlm, startScript, stop } from './llm/servers.ts'
import { machine, median } from './measure.ts'

const calls = Number(process.env.CALLS ?? 1000)
const ROUNDS = 5
/** Enough calls of each for the compiler to have seen all of the way. */
const WARM = 5000
const PARALLEL = 32

const folder = mkdtempSync(join(tmpdir(), 'syntropism-bench-'))
const running: Running[] = []
try {
  const stub = await startScript('stub.ts')
  running.push(stub)
  const bare = await startScript('bare-proxy.ts', stub.url)
  running.push(bare)
  const gateway = await startGateway(folder, stub.url)
  running.push(gateway)
  const direct: Target = { name: 'stub, directly', tokens: ['none'], url: stub.url }
  const targets = [direct, { ...direct, name: 'bare proxy', url: bare.url }, gateway.target]
  if (process.env.LITELLM !== undefined) {
    const lite = await startLiteLlm(process.env.LITELLM, folder, stub.url)
    running.push(lite)
    targets.push(lite.target)
  }
  console.log(machine())
  for (const stream of [false, true]) {
    // LiteLLM takes part in one round: its calls take a hundred times as long.
    const nodes = targets.slice(0, 3)
    await mixed(nodes, stream, WARM)
    await mixed(targets.slice(3), stream, 100)
    const rounds: number[][][] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await mixed(round === 0 ? targets : nodes, stream, calls))
    const latencies = targets.map((_, at) => latencyOf(rounds.flatMap((round) => round[at] ?? [])))
    const ratios = rounds.map((round) => {
      const [unproxied = 0, proxied = 0, through = 0] = round.map((taken) => latencyOf(taken).p50_ms)
      return (through - unproxied) / (proxied - unproxied)
    })
    const rates: number[][] = targets.map(() => [])
    for (const [at, target] of targets.entries()) await rateOf(target, stream, at < 3 ? 2000 : 100, PARALLEL)
    for (let round = 0; round < ROUNDS; round++)
      for (const [at, target] of targets.entries()) rates[at]?.push(await rateOf(target, stream, at < 3 ? 2000 : 100, PARALLEL))
    console.log(
      `\n${stream ? 'streams of 20 parts' : 'whole answers'}: latency of calls one at a time (${ROUNDS} rounds of ${calls} each, mixed), calls/s with ${PARALLEL} open (median of ${ROUNDS} rounds)`,
    )
    const rows = targets.map((target, at) => ({
      'added p50 (ms)': ((latencies[at]?.p50_ms ?? 0) - (latencies[0]?.p50_ms ?? 0)).toFixed(2),
      'added p99 (ms)': ((latencies[at]?.p99_ms ?? 0) - (latencies[0]?.p99_ms ?? 0)).toFixed(2),
      'calls/s': Math.round(median(rates[at] ?? [])),
      'p50 (ms)': (latencies[at]?.p50_ms ?? 0).toFixed(2),
      'p99 (ms)': (latencies[at]?.p99_ms ?? 0).toFixed(2),
      through: target.name,
    }))
    console.table(rows, ['through', 'p50 (ms)', 'p99 (ms)', 'added p50 (ms)', 'added p99 (ms)', 'calls/s'])
    console.log(`added p50: ${median(ratios).toFixed(2)} × the bare proxy's (rounds: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`)
    if (targets.length > 3) console.log(`calls/s: ${(median(rates[2] ?? []) / median(rates[3] ?? [])).toFixed(1)} × LiteLLM's`)
  }
} finally {
  closeClient()
  for (const one of running.toReversed()) await stop(one)
  rmSync(folder, { force: true, recursive: true })
}
