import { Argument, Command } from 'commander'
import { addAgent } from './agents/index.ts'
import { addArchive } from './archive/index.ts'
import { addExamples } from './examples.ts'
import { groupCommands } from './help-groups.ts'
import type { ScoreFlags } from './desk/score-commands.ts'
import { addLab } from './lab/index.ts'
import { addLlm } from './llm/index.ts'
import type { LiveFlags } from './live/live-command.ts'
import type { VerifyFlags } from './inspect/list-commands.ts'
import type { WhyFlags } from './inspect/why-command.ts'
import type { LocalFlags } from './terminal/local.ts'
import { addNats } from './nats/index.ts'
import { addObservability } from './observability/index.ts'
import { addOperator } from './operator/index.ts'
import { collect, integer, sandboxOption, withData } from './terminal/options.ts'
import { addIndicators, addSimulation } from './simulation/index.ts'
import { addBenchmark } from './benchmark/index.ts'

// A command's module is loaded when the command is run, so that each pays for what it needs alone.

function addDesk(program: Command): void {
  withData(program.command('prompts').description('open prompts, highest bid first'))
    .option('--score', 'judge them one by one at this terminal; needs SYNTROPISM_TOKEN of a human')
    .action(async (flags: LocalFlags & { score?: boolean }) =>
      flags.score === true ? (await import('./desk/screen.ts')).runDesk(flags) : (await import('./inspect/list-commands.ts')).showPrompts(flags),
    )
  withData(program.command('score').argument('<prompt>').description('score a prompt; needs SYNTROPISM_TOKEN of a human'))
    .requiredOption('--interesting <0-10>', 'how interesting it is', integer(0, 10))
    .requiredOption('--useful <0-10>', 'how useful it is', integer(0, 10))
    .requiredOption('--understandable <0-10>', 'how easy it is to understand', integer(0, 10))
    .option('--reason <text>', 'why')
    .action(async (prompt: string, flags: ScoreFlags) => (await import('./desk/score-commands.ts')).runScore(prompt, flags))
  withData(program.command('skip').argument('<prompt>').description('skip a prompt: its bid burns, nothing is minted')).action(
    async (prompt: string, flags: LocalFlags) => (await import('./desk/score-commands.ts')).runSkip(prompt, flags),
  )
}

function addInspection(program: Command): void {
  withData(program.command('top').description('the running economy, full screen; needs SYNTROPISM_TOKEN of a human, operator or observer'))
    .option('--once', 'one frame as plain text')
    .action(async (flags: LocalFlags & { once?: boolean }) => (await import('./inspect/top-command.ts')).runTop(flags))
  withData(program.command('agents').description('all agents, living and dead')).action(async (flags: LocalFlags) =>
    (await import('./inspect/list-commands.ts')).showAgents(flags),
  )
  withData(
    program
      .command('roll-back')
      .argument('<agent>')
      .argument('<state>')
      .description('put a former state of a workspace back; needs SYNTROPISM_TOKEN of the operator'),
  ).action(async (agent: string, state: string, flags: LocalFlags) => (await import('./desk/score-commands.ts')).runRollBack(agent, state, flags))
  withData(program.command('market').description('prices and what is sold')).action(async (flags: LocalFlags) =>
    (await import('./inspect/list-commands.ts')).showMarket(flags),
  )
  withData(program.command('ledger').description('movements of credits'))
    .option('--agent <id>', 'only of one agent')
    .option('--limit <n>', 'how many', integer(1, 1_000_000), 50)
    .option('--at <seq>', 'balance of --agent after this sequence number', integer(0, Number.MAX_SAFE_INTEGER))
    .action(async (flags: LocalFlags & { agent?: string; at?: number; limit: number }) => (await import('./inspect/list-commands.ts')).showLedger(flags))
  withData(program.command('events').description('the event log'))
    .option('--follow', 'go on as events come')
    .option('--type <type>', 'only this type')
    .option('--agent <id>', 'only of one agent')
    .option('--after <seq>', 'after this sequence number', integer(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--limit <n>', 'how many at once', integer(1, 1_000_000), 1000)
    .action(async (flags: LocalFlags & { agent?: string; follow?: boolean; after: number; limit: number; type?: string }) =>
      (await import('./inspect/list-commands.ts')).showEvents(flags),
    )
  withData(program.command('verify').description('re-execute the journal and check conservation, hash chain and certificates'))
    .option('--solve', 'ask the solver for the optimum of each clearing under "exact" again')
    .option('--solve-limit-ms <n>', 'longest time of one solve', integer(1, 3_600_000), 10_000)
    .action(async (flags: VerifyFlags) => (await import('./inspect/list-commands.ts')).runVerify(flags))
  withData(program.command('why').argument('<bid|agent|resource|seq>').description('why it went as it did, with the events as proof'))
    .option('--solve-limit-ms <n>', 'longest time of one solve under "exact"', integer(1, 3_600_000), 10_000)
    .action(async (what: string, flags: WhyFlags) => (await import('./inspect/why-command.ts')).runWhy(what, flags))
  withData(program.command('doctor').description('what this machine offers')).action(async (flags: LocalFlags) =>
    (await import('./inspect/doctor-command.ts')).runDoctor(flags),
  )
}

/** The command line. */
export function createProgram(): Command {
  const program = new Command('syntropism')
    .description('An economy for fleets of AI agents.')
    .version('0.1.0')
    .showHelpAfterError('(--help shows what is possible)')
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  withData(program.command('live').description('run an economy (the main job)'))
    .option('--agents <dir...>', 'folders with an agent.json (default: the starter agents)')
    .option('--port <n>', 'port of the System Service; 0 takes a free one (default 8000)', integer(0, 65_535))
    .option('--for <duration>', 'stop after 90s, 5m, 2h …')
    .option('--plain', 'lines instead of the full-screen view')
    .option('--no-standby', 'with PostgreSQL: refuse to start while another process leads, instead of waiting to take over')
    .option('--new-tokens', 'replace the tokens of operator, observer and humans')
    .option('--allow-weak-sandbox', 'run programs without walls: other than Node without bubblewrap, and plain processes')
    .addOption(sandboxOption())
    .option('--strategies <model>', 'play the strategies of this model (market, attention, evolution, or a module) in this process')
    .option('--scripted <n>', 'how many agents play them', integer(1, 10_000), 10)
    .option('--set <key=value>', 'a parameter of the strategies; may be repeated', collect)
    .option('--seed <n>', 'of the chance that strategies use', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--turn-ms <n>', 'time between two turns of the strategies', integer(10, 3_600_000), 1000)
    .action(async (flags: LiveFlags) => (await import('./live/live-command.ts')).runLive(flags))
  addDesk(program)
  addInspection(program)
  addAgent(program)
  addLlm(program)
  addOperator(program)
  addArchive(program)
  addObservability(program)
  addIndicators(program)
  addSimulation(program)
  addBenchmark(program)
  addLab(program)
  addNats(program)
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'fish', 'zsh']))
    .description('a script that completes commands, options and their values: source <(syntropism completion bash)')
    .action(async (shell: 'bash' | 'fish' | 'zsh') => console.log((await import('./terminal/completion-command.ts')).completionScript(program, shell)))
  addExamples(program)
  groupCommands(program)
  program.addHelpText(
    'after',
    `
Begin with "syntropism live": it prints the address of the console and the
tokens to log in with. "syntropism COMMAND --help" shows examples.

Exit codes: 0 done · 1 refused, failed or not verified · 2 wrong use or
configuration · 75 the journal cannot be written, start again · 130 stopped
by Ctrl-C · 143 by SIGTERM. NO_COLOR switches bold and dim text off.`,
  )
  return program
}
