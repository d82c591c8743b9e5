import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import {
  type AgentStarter,
  BUILT_IN,
  PROOF_SEEDS,
  type Proof,
  RunError,
  RunFolder,
  type TrialResult,
  type WorldLlm,
  builtInAgent,
  openSandboxedAgent,
  openScriptedModel,
  planOf,
  proveItem,
  runItems,
  summarise,
} from '@syntropism/benchmark/run'
import { LlmConfig, type SandboxName, reasonOf } from '@syntropism/runtime'
import type { EventLogs } from '@syntropism/runtime/remote'
import { z } from 'zod'
import { type BenchmarkFlags, selectItems } from './item-commands.ts'
import { junitOf, scoreTable } from './tables.ts'
import { table } from '../terminal/format.ts'
import { sdkDir } from '../live/live-command.ts'
import { openBar } from '../terminal/progress.ts'

export interface RunFlags extends BenchmarkFlags {
  readonly agent: string
  readonly allowWeakSandbox?: boolean
  readonly clock?: 'virtual' | 'wall'
  readonly epochs: number
  readonly itemLimit: number
  readonly llm?: string
  readonly junit?: string
  readonly nats?: string
  readonly out?: string
  readonly parallel: number
  readonly record?: string
  readonly repeats: number
  readonly replay?: string
  readonly runLimit: number
  readonly sandbox: SandboxName
  readonly seed: number
  readonly spendLimitMicroUsd: number
  readonly wallLimit: number
}

/** The models that agents may think with in every world; null when the items' own scripted model is all there is. Throws RunError when the file is no configuration. */
function llmOf({ llm, record, replay }: RunFlags): WorldLlm | null {
  if (llm === undefined) {
    if (record !== undefined || replay !== undefined) throw new RunError('--record and --replay need --llm: answers of models are kept')
    return null
  }
  if (record !== undefined && replay !== undefined) throw new RunError('name one of --record and --replay')
  try {
    const given = LlmConfig.parse(JSON.parse(readFileSync(llm, 'utf8')))
    const recording = record !== undefined ? 'record' : replay !== undefined ? 'replay' : 'off'
    return { config: { ...given, recording }, models_dir: dirname(resolve(llm)), recordings_dir: record ?? replay ?? '' }
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : reasonOf(error)
    throw new RunError(`${llm} is no configuration of models: ${why}`, { cause: error })
  }
}

async function openAgent(flags: RunFlags): Promise<AgentStarter> {
  const builtIn = builtInAgent(flags.agent)
  if (builtIn !== null) return builtIn
  if (!existsSync(join(flags.agent, 'agent.json')))
    throw new RunError(`there is no agent "${flags.agent}": name a folder with an agent.json, or one of ${Object.keys(BUILT_IN).join(', ')}`)
  return openSandboxedAgent({
    agent_dir: flags.agent,
    allow_weak: flags.allowWeakSandbox === true,
    sandbox: flags.sandbox,
    sdk_dir: sdkDir(),
    wall_ms: flags.wallLimit * 1000,
  })
}

function show(agent: string, trials: readonly TrialResult[], stopped: string | null, flags: RunFlags): void {
  const figures = summarise(trials)
  if (flags.json === true) {
    const shown = trials.map(({ error, item, judge, pass, repeat, seed, variants }) => ({
      error,
      failures: variants.flatMap((variant) => variant.failures.map((failure) => ({ ...failure, variant: variant.index }))),
      item,
      judge,
      pass,
      repeat,
      seed,
    }))
    console.log(JSON.stringify({ agent, ...figures, stopped, trials: shown }))
    return
  }
  console.log(scoreTable(agent, figures))
  for (const { error, item, seed } of trials) if (error !== null) console.log(`${item}, seed ${seed}, was not judged: ${error}`)
  if (stopped !== null) console.log(`Stopped: ${stopped}. The same command goes on${flags.out === undefined ? ' only with --out' : ''}.`)
}

/** The bus that is configured, for the worlds' events; null without one. */
async function openLogs({ nats }: RunFlags): Promise<EventLogs | null> {
  const url = nats ?? process.env.NATS_URL
  if (url === undefined || url === '') return null
  const { openEventLogs } = await import('@syntropism/runtime/remote')
  return openEventLogs({ credentials_file: process.env.NATS_CREDS, name: 'syntropism benchmark', url })
}

/** `syntropism benchmark run`: exit code 1 when a trial could not be judged or the run was stopped; a low score is no error. */
export async function runBenchmarkRun(ids: readonly string[], flags: RunFlags): Promise<void> {
  const items = selectItems(ids, flags)
  const llm = llmOf(flags)
  const opened = await openAgent(flags)
  const name = [
    opened.name,
    ...(llm === null ? [] : [`with ${Object.keys(llm.config.models).join(', ')}`]),
    ...(flags.clock === 'wall' ? ['in wall time'] : []),
  ].join(' ')
  const agent = { ...opened, name }
  const model = await openScriptedModel()
  const logs = await openLogs(flags)
  const bar = openBar('trials')
  try {
    const folder = flags.out === undefined ? null : new RunFolder(flags.out)
    folder?.begin(planOf(agent.name, items, flags.seed, flags.epochs, flags.repeats))
    const { stopped, trials } = await runItems({
      agent,
      clock: flags.clock,
      epochs: flags.epochs,
      folder,
      item_ms_max: flags.itemLimit * 1000,
      items,
      ...(llm === null ? {} : { llm }),
      ...(logs === null ? {} : { logs }),
      model_url: model.url,
      onTrial: (_trial, done, all) => bar(done, all),
      parallel: flags.parallel,
      repeats: flags.repeats,
      run_micro_usd_max: flags.spendLimitMicroUsd,
      run_ms_max: flags.runLimit * 1000,
      seed: flags.seed,
    })
    if (flags.junit !== undefined) writeFileSync(flags.junit, junitOf(agent.name, trials))
    show(agent.name, trials, stopped, flags)
    if (stopped !== null || trials.some((trial) => trial.error !== null)) process.exitCode = 1
  } finally {
    await agent.close()
    await model.close()
    await logs?.close()
  }
}

export interface ProveFlags extends BenchmarkFlags {
  readonly randomSeeds: number
  readonly seeds: number
}

/** `syntropism benchmark prove`: exit code 1 when an item is rejected. */
export async function runBenchmarkProve(ids: readonly string[], flags: ProveFlags): Promise<void> {
  const items = selectItems(ids, flags)
  const seeds = { ...PROOF_SEEDS, nothing: flags.seeds, oracle: flags.seeds, random: flags.randomSeeds }
  const model = await openScriptedModel()
  const bar = openBar('trials')
  const proofs: Proof[] = []
  const all = items.length * (seeds.nothing + seeds.oracle + seeds.random)
  let done = 0
  try {
    for (const item of items) proofs.push(await proveItem(item, seeds, model.url, () => bar((done += 1), all)))
  } finally {
    await model.close()
  }
  const accepted = proofs.filter((proof) => proof.reasons.length === 0).length
  if (flags.json === true) console.log(JSON.stringify(proofs))
  else {
    const rows = proofs.map(({ item, passes, reasons, seeds: of }) => [
      item,
      `${passes.nothing}/${of.nothing}`,
      `${passes.random}/${of.random}`,
      `${passes.oracle}/${of.oracle}`,
      reasons.length === 0 ? 'accepted' : `rejected: ${reasons.join('; ')}`,
    ])
    console.log(table([['item', 'nothing', 'random', 'oracle', 'verdict'], ...rows]))
    console.log(`${accepted} of ${proofs.length} items are accepted.`)
  }
  if (accepted < proofs.length) process.exitCode = 1
}
