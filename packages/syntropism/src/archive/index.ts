import type { Command } from 'commander'
import type { BackupFlags, RestoreFlags } from './backup-commands.ts'
import type { ExportFlags } from './export-command.ts'
import type { ForkFlags, ReplayFlags } from './past-commands.ts'
import type { ProvenanceFlags } from './provenance-command.ts'
import type { LocalFlags } from '../terminal/local.ts'
import { collect, integer, withData } from '../terminal/options.ts'

/** The ways out: the past as it was, and other economies made from it. */
export function addArchive(program: Command): void {
  withData(program.command('backup').argument('<folder>').description('the whole economy at one moment, also while it runs, in a new folder'))
    .option('--records', 'the records instead of the database file: restored into any database, and checked while they are written')
    .action(async (folder: string, flags: BackupFlags) => (await import('./backup-commands.ts')).runBackup(folder, flags))
  withData(program.command('restore').argument('<backup>').description('put a backup into a new data folder (--data), verified'))
    .option('--database-url <address>', 'its journal into this empty PostgreSQL database (default: DATABASE_URL, else a file in the folder)')
    .action(async (folder: string, flags: RestoreFlags) => (await import('./backup-commands.ts')).runRestore(folder, flags))
  withData(
    program.command('export').argument('<folder>').description('records, events, ledger, prices and receipts as files; what an outsider needs to verify them'),
  )
    .option('--format <list>', 'jsonl, csv, parquet; several with commas', 'jsonl')
    .option('--tables <list>', 'of events, ledger, prices, receipts', 'events,ledger,prices,receipts')
    .action(async (folder: string, flags: ExportFlags) => (await import('./export-command.ts')).runExport(folder, flags))
  withData(program.command('replay').description('the state as it was at a sequence number or time: balances, windows, book, prices'))
    .requiredOption('--to <seq|time>', 'a sequence number, or a time such as 2026-11-28T12:00:00Z')
    .action(async (flags: ReplayFlags) => (await import('./past-commands.ts')).runReplay(flags))
  withData(program.command('fork').argument('<folder>').description('a new economy with the past of this one, from a moment on with other rules'))
    .option('--at <seq|time>', 'where it leaves this one (default: the end)')
    .option('--set <name=value>', 'a number of the rules, as "operator rules" prints them; may be repeated', collect)
    .option('--database-url <address>', 'its journal into this empty PostgreSQL database instead of a file in the folder')
    .option('--with-inputs', 'also carry out in it what was asked of this one afterwards, as far as it can be')
    .action(async (folder: string, flags: ForkFlags) => (await import('./past-commands.ts')).runFork(folder, flags))
  withData(program.command('provenance').description('from the human score that minted credits to the use that burned them'))
    .option('--agent <id>', 'only what this agent burned, has, or was given by a score or grant')
    .option('--at <seq|time>', 'as it was (default: as it is)')
    .option('--limit <n>', 'uses of --agent that are listed', integer(1, 1_000_000), 50)
    .action(async (flags: ProvenanceFlags) => (await import('./provenance-command.ts')).runProvenance(flags))
  withData(program.command('rebuild').description('make the read models anew from the journal; the economy must not run')).action(async (flags: LocalFlags) =>
    (await import('./rebuild-command.ts')).runRebuild(flags),
  )
  program
    .command('diff')
    .argument('<folder>', 'data folder of one economy, or the address of its PostgreSQL database')
    .argument('<other>', 'data folder of the other')
    .description('what became of two economies: supply, balances, prices, who lives')
    .option('--at <seq|time>', 'as they were at a sequence number or time (default: as they are)')
    .option('--json', 'machine-readable output')
    .action(async (folder: string, other: string, flags: { at?: string; json?: boolean }) => (await import('./past-commands.ts')).runDiff(folder, other, flags))
}
