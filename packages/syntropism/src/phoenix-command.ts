import { gather, pushToPhoenix } from '@syntropism/runtime'
import { eventsOf, projectOf } from './journal-events.ts'
import { type LocalFlags, openLocal, print } from './local.ts'

export interface PushFlags extends LocalFlags {
  readonly client: string
  readonly url: string
}

/** Brings what humans and judges said about a run, and the run's windows, to Phoenix. */
export async function runPush(flags: PushFlags): Promise<void> {
  const { database } = openLocal(flags)
  const project = projectOf(database)
  const pushed = await pushToPhoenix(gather(eventsOf(database, 0)), { client_dir: flags.client, project, url: flags.url })
  print(flags, { ...pushed, project }, () =>
    [
      ...pushed.datasets.map(({ added, known, name }) => `${name}: ${added} examples added, ${known} were there`),
      `${pushed.annotations} annotations on spans of ${project}`,
    ].join('\n'),
  )
}
