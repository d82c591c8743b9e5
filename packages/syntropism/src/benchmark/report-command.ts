import { writeFileSync } from 'node:fs'
import { type Comparison, type Judgement, RunFolder, type TrialResult, compareRuns, rescore, summarise } from '@syntropism/benchmark/run'
import { type BenchmarkFlags, loadItems } from './item-commands.ts'
import { print } from '../terminal/local.ts'
import { comparisonTable, escaped, judgeCell, scoreTable, seedsOf } from './tables.ts'

/** `syntropism benchmark compare`. */
export function runBenchmarkCompare(a: string, b: string, flags: { readonly json?: boolean; readonly out?: string }): void {
  const folders = [new RunFolder(a), new RunFolder(b)] as const
  const agents = [folders[0].plan().agent, folders[1].plan().agent] as const
  const names = agents[0] === agents[1] ? ([a, b] as const) : agents
  const result = compareRuns(folders[0].trials(), folders[1].trials(), names)
  if (flags.out !== undefined)
    writeFileSync(
      flags.out,
      comparisonHtml(
        result,
        names,
        [folders[0].trials(), folders[1].trials()],
        [(trial) => folders[0].judgement(trial), (trial) => folders[1].judgement(trial)],
      ),
    )
  console.log(flags.json === true ? JSON.stringify({ a: names[0], b: names[1], ...result }) : comparisonTable(result, names))
}

const STYLE = `body{font:15px/1.5 system-ui;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1d21;background:#fff}
table{border-collapse:collapse}td,th{padding:.15rem .7rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}
details{margin:.3rem 0}details details,details ul,details table{margin-left:1.2rem}.why{color:#5a6068}summary{cursor:pointer}.pass{color:#176b2c}.fail{color:#a4161a}.bad td{background:#fde8e8}
td.data{font:12px/1.4 ui-monospace,monospace;max-width:45rem;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#e6e6e6}td,th{border-color:#444}.why{color:#a3adba}.pass{color:#7ddc92}.fail{color:#ff8f8f}.bad td{background:#4a2020}}`
const DATA_MAX = 400
const WHY_MAX = 200

function timeline({ failures, record }: TrialResult['variants'][number]): string {
  const broken = new Set(failures.map((failure) => failure.seq))
  const began = record.events.find((event) => event.type === 'execution_started')?.at_ms ?? 0
  const rows = record.events
    .filter((event) => event.agent_id === record.agent_id || broken.has(event.seq))
    .map((event) => {
      const data = JSON.stringify(event.data)
      return `<tr${broken.has(event.seq) ? ' class="bad"' : ''}><td>${event.seq}</td><td>${event.at_ms - began} ms</td><td>${escaped(event.type)}</td><td class="data">${escaped(data.length > DATA_MAX ? `${data.slice(0, DATA_MAX)}…` : data)}</td></tr>`
    })
  return `<table><tr><th>event</th><th>time</th><th>type</th><th>data</th></tr>${rows.join('')}</table>`
}

const verdictOf = (judgement: Judgement | null): string =>
  judgement === null || judgement.overall_score === null ? 'not judged' : `${judgement.overall_score.toFixed(2)} of 5, ${judgement.pass ? 'passed' : 'failed'}`

/** What each judge said of each world, criterion by criterion. */
function judgementHtml(judgement: Judgement | null): string {
  if (judgement === null) return ''
  if (judgement.error !== null) return `<p>No model judged it: ${escaped(judgement.error)}</p>`
  const rows = judgement.worlds.flatMap(({ index, verdicts }) =>
    verdicts.flatMap(({ criteria, model }) =>
      criteria.map(
        (one) =>
          `<tr><td>${index}</td><td>${escaped(model)}</td><td>${escaped(one.criterion)}</td><td>${one.score}</td><td>${escaped(one.justification)}</td></tr>`,
      ),
    ),
  )
  return `<details><summary>Model judges: ${escaped(verdictOf(judgement))}</summary><table><tr><th>world</th><th>judge</th><th>criterion</th><th>score</th><th>why</th></tr>${rows.join('')}</table></details>`
}

/** The first rule that was broken, to be seen without opening anything. */
function firstFailure({ variants }: TrialResult): string {
  const broken = variants.filter((variant) => variant.failures.length > 0)
  const [first] = broken
  const why = first?.failures[0]
  if (first === undefined || why === undefined) return ''
  const said = `in ${broken.length} of ${variants.length} worlds; “${first.condition}”: ${why.rule}, expected ${why.expected}, got ${why.got}`
  return ` <span class="why">${escaped(said.length > WHY_MAX ? `${said.slice(0, WHY_MAX)}…` : said)}</span>`
}

function trialHtml(trial: TrialResult, judgement: Judgement | null): string {
  const worlds = trial.variants.map((variant) => {
    const why = variant.failures.map(
      (one) => `<li>${escaped(one.rule)}${one.seq === null ? '' : ` at event ${one.seq}`}: expected ${escaped(one.expected)}; got ${escaped(one.got)}</li>`,
    )
    const verdict = why.length === 0 ? '<span class="pass">all rules hold</span>' : `<span class="fail">${why.length} broken</span>`
    return `<details><summary>World ${variant.index}, “${escaped(variant.condition)}”: ${verdict}</summary><ul>${why.join('')}</ul>${timeline(variant)}</details>`
  })
  const verdict = trial.error !== null ? `not judged: ${escaped(trial.error)}` : trial.pass ? 'passed' : 'failed'
  const run = trial.repeat === 0 ? '' : `, repeat ${trial.repeat}`
  return `<details><summary><b>${escaped(trial.item)}</b>, seed ${trial.seed}${run}: <span class="${trial.pass ? 'pass' : 'fail'}">${verdict}</span>${trial.judge === 'none' ? '' : `; model judge: ${verdictOf(judgement)}`}${firstFailure(trial)}</summary>${judgementHtml(judgement)}${worlds.join('')}</details>`
}

/** Two runs side by side, as one HTML file. */
type Find = (trial: TrialResult) => Judgement | null
function comparisonHtml(
  result: Comparison,
  names: readonly [string, string],
  runs: readonly [readonly TrialResult[], readonly TrialResult[]],
  found: readonly [Find, Find],
): string {
  const rows = result.items.map(
    (one) => `<tr><td>${escaped(one.item)}</td><td>${one.pairs}</td><td>${one.score_a.toFixed(2)}</td><td>${one.score_b.toFixed(2)}</td></tr>`,
  )
  const trials = runs[0].flatMap((a) => {
    const b = runs[1].find((one) => one.item === a.item && one.seed === a.seed && one.repeat === a.repeat)
    return b === undefined ? [] : [`<tr><td>${trialHtml(a, found[0](a))}</td><td>${trialHtml(b, found[1](b))}</td></tr>`]
  })
  const [first, second] = [escaped(names[0]), escaped(names[1])]
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${first} and ${second}</title><style>${STYLE}</style></head>
<body><h1>Is ${first} better than ${second}?</h1><p>${escaped(result.answer)} Difference ${result.difference.toFixed(2)}, 95 % interval ${result.interval.low.toFixed(2)} to ${result.interval.high.toFixed(2)}.</p>
<table><tr><th>item</th><th>pairs</th><th>${first}</th><th>${second}</th></tr>${rows.join('')}</table><h2>Trials</h2><table><tr><th>${first}</th><th>${second}</th></tr>${trials.join('\n')}</table></body></html>\n`
}

/** The report of a run as one HTML file that needs nothing else. */
function htmlOf(agent: string, trials: readonly TrialResult[], find: (trial: TrialResult) => Judgement | null): string {
  const { items, whole } = summarise(trials, find)
  const rows = items.map(
    (item) =>
      `<tr><td>${escaped(item.item)}</td><td>${item.passes}/${item.epochs}</td><td>${item.score.toFixed(2)}</td><td>${item.interval.low.toFixed(2)}–${item.interval.high.toFixed(2)}</td><td>${(item.pass_at.at(-1) ?? 0).toFixed(2)}</td><td>${(item.pass_hat.at(-1) ?? 0).toFixed(2)}</td><td>${judgeCell(item)}</td></tr>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(agent)} on ${items.length} items</title><style>${STYLE}</style></head>
<body><h1>${escaped(agent)}: ${whole.score.toFixed(2)}</h1><p>95 % interval ${whole.low.toFixed(2)}–${whole.high.toFixed(2)} over ${seedsOf(whole)}; ${trials.length} trials of ${items.length} items. A trial passes when all its worlds do.</p>
<table><tr><th>item</th><th>passed</th><th>score</th><th>95 % interval</th><th>pass@k</th><th>pass^k</th><th>model judge</th></tr>${rows.join('')}</table><p class="why">k is the number of trials: pass@k is the chance that one of k passes, pass^k that all do.</p><h2>Trials</h2>${trials.map((trial) => trialHtml(trial, find(trial))).join('\n')}</body></html>\n`
}

/** `syntropism benchmark report`. */
export function runBenchmarkReport(path: string, flags: { readonly json?: boolean; readonly out: string }): void {
  const folder = new RunFolder(path)
  const trials = folder.trials()
  writeFileSync(
    flags.out,
    htmlOf(folder.plan().agent, trials, (trial) => folder.judgement(trial)),
  )
  print(flags, { out: flags.out, trials: trials.length }, () => `${flags.out}: ${trials.length} trials`)
}

/** `syntropism benchmark rescore`: exit code 1 when a verdict is another now. Nothing is written. */
export async function runBenchmarkRescore(path: string, flags: BenchmarkFlags): Promise<void> {
  const folder = new RunFolder(path)
  const items = loadItems(flags)
  const before = folder.trials()
  const trials = await Promise.all(before.map((trial) => rescore(trial, items)))
  const changed = trials.filter((trial, index) => trial.pass !== before[index]?.pass)
  const { agent } = folder.plan()
  const figures = summarise(trials, (trial) => folder.judgement(trial))
  if (flags.json === true) console.log(JSON.stringify({ agent, changed: changed.map(({ item, pass, seed }) => ({ item, pass, seed })), ...figures }))
  else {
    console.log(scoreTable(agent, figures))
    for (const { item, pass, seed } of changed) console.log(`${item}, seed ${seed}: ${pass ? 'passes now' : 'fails now'}`)
    console.log(`${changed.length} of ${trials.length} verdicts are others than those kept.`)
  }
  if (changed.length > 0) process.exitCode = 1
}
