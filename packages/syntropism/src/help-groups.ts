import type { Command } from 'commander'

/** What commands are for, as the help of the program groups them. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Build agents:': ['init', 'agent', 'model'],
  'Give orders:': ['operator', 'roll-back', 'keys', 'upstreams'],
  'Judge what agents ask:': ['prompts', 'score', 'skip'],
  'Keep, go back, compare:': ['backup', 'restore', 'export', 'replay', 'fork', 'diff', 'rebuild'],
  'Run an economy:': ['live', 'doctor', 'service', 'executor', 'nats'],
  'See what happens:': ['top', 'agents', 'market', 'ledger', 'events', 'why', 'verify', 'spend', 'provenance', 'indicators', 'trace', 'phoenix'],
  'Study markets and agents:': ['simulate', 'sweep', 'worker', 'benchmark', 'book', 'clear', 'compare', 'formula', 'price', 'regret'],
}

/** Puts each command into its group. */
export function groupCommands(program: Command): void {
  for (const [heading, names] of Object.entries(GROUPS)) for (const command of program.commands) if (names.includes(command.name())) command.helpGroup(heading)
}
