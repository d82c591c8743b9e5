import { resolve } from 'node:path'
import { type RehearsalReport, rehearse } from '@syntropism/benchmark/run'
import type { SandboxName } from '@syntropism/runtime'
import { errorLine } from '../terminal/describe.ts'
import { credits, table, tame } from '../terminal/format.ts'
import { sdkDir } from '../live/live-command.ts'
import { print } from '../terminal/local.ts'
import { openBar } from '../terminal/progress.ts'

export interface AgentTestFlags {
  readonly allowWeakSandbox?: boolean
  readonly json?: boolean
  readonly readOnly?: string[]
  readonly sandbox: SandboxName
  readonly windows: number
}

const LINES_MAX = 8
/** What a program wrote last; the line that names its error first, where it is not among them. */
export function lastWords(detail: string): string {
  const lines = tame(detail).trimEnd().split('\n').slice(-LINES_MAX)
  const error = errorLine(tame(detail))
  return (lines.some((line) => line.includes(error)) ? lines : [error, '…', ...lines]).join('\n    ')
}

/** The report as a person reads it. */
function shown(report: RehearsalReport): string {
  const { agent, balance, bids, children, earned_micro, errors, llm_micro_usd, messages_sent, notes, prompts, reasons, windows } = report
  const rows = windows.map((window) => [
    window.execution_id,
    window.cause,
    String(window.exit_code ?? '–'),
    credits(window.paid_micro),
    String(window.calls),
    `${window.elapsed_ms} ms`,
    `${window.cpu_ms} ms`,
    `${window.memory_peak_mb} MB`,
  ])
  const refused = Object.entries(bids.refused).map(([reason, count]) => `${count} × ${reason}`)
  const failed = windows.filter((window) => window.detail !== '' && window.cause !== 'completed')
  return [
    `${agent} in an economy of its own: default rules, three rivals, a neighbour, a human, a scripted model. Sandbox: ${report.sandbox}.`,
    '',
    ...(rows.length === 0 ? [] : [table([['window', 'ended', 'exit', 'paid', 'calls', 'took', 'cpu', 'memory'], ...rows]), '']),
    `bids      ${bids.placed} placed${refused.length === 0 ? '' : `, refused: ${refused.join(', ')}`}; ${windows.length} windows won`,
    `credits   ${credits(balance.start_micro)} at the start, ${credits(report.spent_micro)} paid for windows, ${credits(earned_micro)} earned, ${credits(balance.end_micro)} at the end`,
    `LLM       $${(llm_micro_usd / 1_000_000).toFixed(6)}`,
    `people    ${prompts.filed} prompts, ${prompts.scored} scored`,
    `others    ${messages_sent} messages, ${children} children`,
    ...errors.map(({ code, count, tool }) => `refused   ${tool}: ${code}, ${count} ×`),
    ...failed.slice(-1).map((window) => `\nThe program’s last words in ${window.execution_id}:\n    ${lastWords(window.detail)}`),
    ...notes.map((note) => `note      ${note}`),
    '',
    reasons.length === 0 ? 'Verdict: ready.' : `Verdict: not ready. ${reasons.join('; ')}.`,
  ].join('\n')
}

/** `syntropism agent test`: exit code 0 when the agent is ready, 1 when it is not. */
export async function runAgentTest(folder: string, flags: AgentTestFlags): Promise<void> {
  const report = await rehearse({
    agent_dir: folder,
    allow_weak: flags.allowWeakSandbox === true,
    onWindow: openBar('windows'),
    read_only: (flags.readOnly ?? []).map((one) => resolve(one)),
    sandbox: flags.sandbox,
    sdk_dir: sdkDir(),
    windows: flags.windows,
  })
  print(flags, report, () => shown(report))
  if (report.verdict === 'not_ready') process.exitCode = 1
}
