import { bwrapWorks, openBwrapDriver } from './bwrap-driver.ts'
import { type SandboxOptions, openNodeDriver } from './node-driver.ts'
import type { SandboxDriver } from './types.ts'

export { installAgentLibrary } from './library.ts'
export { bwrapWorks, openBwrapDriver } from './bwrap-driver.ts'
export { type SandboxOptions, openNodeDriver } from './node-driver.ts'
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

/** The strongest driver that works here: bubblewrap where it is installed, else Node's permission model. */
export const openSandbox = async (options: SandboxOptions): Promise<SandboxDriver> => (bwrapWorks() ? openBwrapDriver(options) : openNodeDriver(options))
