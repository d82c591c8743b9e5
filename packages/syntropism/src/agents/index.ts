import { type Command, Option } from 'commander'
import type { AgentTestFlags } from './test-command.ts'
import type { InitFlags } from './init-command.ts'
import type { LocalFlags } from '../terminal/local.ts'
import { integer, sandboxOption, withData } from '../terminal/options.ts'

/** Commands about one agent: how it stands, how it does in a simulated economy, and how a new one begins. */
export function addAgent(program: Command): void {
  const agent = program.command('agent').description('one agent: how it stands, or how it does in a simulated economy')
  withData(agent.command('show', { isDefault: true }).argument('<id>').description('one agent with its last receipts')).action(
    async (id: string, flags: LocalFlags) => (await import('../inspect/list-commands.ts')).showAgent(id, flags),
  )
  agent
    .command('test')
    .argument('<dir>', 'folder with an agent.json')
    .description('run an agent in a simulated economy with rivals, a human and a scripted model: no server, no cost. Exit code 0 when it is ready, 1 when not')
    .option('--windows <n>', 'windows that it is to have', integer(1, 1000), 5)
    .option('--read-only <dir...>', 'folders that the program may read under their own names: what it is installed in')
    .option('--allow-weak-sandbox', 'run programs without walls: other than Node without bubblewrap, and plain processes')
    .addOption(sandboxOption())
    .option('--json', 'machine-readable output')
    .action(async (folder: string, flags: AgentTestFlags) => (await import('./test-command.ts')).runAgentTest(folder, flags))
  program
    .command('init')
    .description('begin something new')
    .command('agent')
    .argument('[dir]', 'folder that does not exist yet; its last part is the agent’s name')
    .description('a folder with manifest, program, page and tests of an agent that runs at once')
    .addOption(new Option('--template <name>', 'what it is made from').default('rule'))
    .option('--list', 'the templates')
    .option('--json', 'machine-readable output')
    .action(async (folder: string | undefined, flags: InitFlags) => (await import('./init-command.ts')).runInitAgent(folder, flags))
}
