import { bwrapWorks, openBwrapDriver } from './bwrap-driver.ts'
import { openContainerDriver } from './container-driver.ts'
import { type SandboxOptions, openNodeDriver } from './node-driver.ts'
import { openProcessDriver } from './process-driver.ts'
import type { SandboxDriver } from './types.ts'

export { installAgentLibrary } from './library.ts'
export { bwrapWorks, openBwrapDriver } from './bwrap-driver.ts'
export { type ContainerOptions, openContainerDriver } from './container-driver.ts'
export { type TrustedStrategy, openInProcessDriver } from './in-process-driver.ts'
export { type SandboxOptions, openNodeDriver } from './node-driver.ts'
export { openProcessDriver } from './process-driver.ts'
export {
  type ExitCause,
  type Protection,
  type SandboxDriver,
  SandboxError,
  type SandboxExit,
  type SandboxLimits,
  type SandboxProcess,
  type SandboxRun,
  hostFailure,
} from './types.ts'

/** Rungs of the ladder that can be asked for; `auto` is the strongest that works without an engine. */
export const SANDBOXES = ['auto', 'container', 'bubblewrap', 'node', 'process'] as const
export type SandboxName = (typeof SANDBOXES)[number]
const IMAGE = 'docker.io/library/node:26-slim'

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
