import type { Client } from '@syntropism/sdk'
import type { Variant } from '../scenario/index.ts'
import type { Task } from '../world/index.ts'

/** Files of a workspace that is kept in memory. */
export interface Files {
  read(name: string): string | undefined
  write(name: string, text: string): void
}

/** What an agent inside this process is given for one window. */
export interface Wake {
  readonly client: Client
  readonly files: Files
  /** Numbers in [0, 1) from the seed of the run. */
  random(): number
  readonly task: Task
  /** Which window of the world this is, from 1. */
  readonly window: number
}

/** An agent that runs in this process. Only the oracle sees the variant. */
export interface BuiltInAgent {
  readonly description: string
  act(wake: Wake, variant: Variant): Promise<void>
}
