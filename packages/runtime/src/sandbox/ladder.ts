import { openBwrapDriver } from './bwrap-driver.ts'
import { openContainerDriver } from './container-driver.ts'
import { openInProcessDriver } from './in-process-driver.ts'
import { openNodeDriver } from './node-driver.ts'
import { openProcessDriver } from './process-driver.ts'
import { type Protection, type SandboxDriver, SandboxError, type SandboxOptions } from './types.ts'
import { bwrapWorks } from './walls.ts'

/** Rungs of the ladder that can be asked for; `auto` is the strongest that works without an engine. */
export const SANDBOXES = ['auto', 'container', 'bubblewrap', 'node', 'process'] as const
export type SandboxName = (typeof SANDBOXES)[number]
const IMAGE = 'docker.io/library/node:26-slim'

/** What one rung of the ladder would hold on this machine, or why it cannot be used. */
export interface Rung {
  readonly rung: SandboxName | 'in-process'
  /** Name of the driver; null where it cannot be used. */
  readonly driver: string | null
  readonly protections: readonly Protection[]
  readonly why_not: string
}

async function surveyOne(rung: Rung['rung'], open: () => Promise<SandboxDriver>): Promise<Rung> {
  try {
    const driver = await open()
    await driver.close()
    return { driver: driver.name, protections: driver.protections, rung, why_not: '' }
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    return { driver: null, protections: [], rung, why_not: error.message }
  }
}

/** Opens every rung in turn, strongest first, to see what it really holds here. Plain processes are looked at as if they were allowed. */
export async function surveyLadder(options: SandboxOptions): Promise<Rung[]> {
  const found: Rung[] = []
  for (const rung of SANDBOXES)
    if (rung !== 'auto') found.push(await surveyOne(rung, () => openSandbox({ ...options, allow_weak: options.allow_weak || rung === 'process' }, rung)))
  found.push(await surveyOne('in-process', async () => openInProcessDriver({})))
  return found
}

/** Opens the driver asked for. `auto`: bubblewrap where it works, else Node's permission model. Throws SandboxError when it cannot be used here. */
export async function openSandbox(options: SandboxOptions, which: SandboxName = 'auto'): Promise<SandboxDriver> {
  switch (which) {
    case 'container':
      return openContainerDriver({ ...options, image: process.env.SYNTROPISM_CONTAINER_IMAGE ?? IMAGE })
    case 'bubblewrap':
      return openBwrapDriver(options)
    case 'node':
      return openNodeDriver(options)
    case 'process':
      return openProcessDriver(options)
    case 'auto':
      return bwrapWorks() ? openBwrapDriver(options) : openNodeDriver(options)
  }
}
