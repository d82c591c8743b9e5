import type { Command } from 'commander'
import type { LocalFlags } from '../terminal/local.ts'
import { withData } from '../terminal/options.ts'

/** Read models are never a source: they can be made again at any time. */
export function addRebuild(program: Command): void {
  withData(program.command('rebuild').description('make the read models anew from the journal; the economy must not run')).action(async (flags: LocalFlags) =>
    (await import('./rebuild-command.ts')).runRebuild(flags),
  )
}
