import { PYTHON_LIBRARY } from './library.ts'
import type { SandboxRun } from './types.ts'

/** Where a program behind walls finds the System Service: a socket is its only way out. */
export const SOCKET = '/run/syntropism/service.sock'
const SERVICE_URL = 'http://system.service'

/** Environment of a program behind walls, beside its PATH: it sees its workspace as /workspace and libraries in /node_modules. */
export const walledEnvironment = ({ env }: SandboxRun): Readonly<Record<string, string>> => ({
  HOME: '/workspace',
  LANG: 'C.UTF-8',
  PYTHONPATH: `/node_modules/${PYTHON_LIBRARY}`,
  ...env,
  OPENAI_BASE_URL: `${SERVICE_URL}/v1`,
  SYSTEM_SERVICE_SOCKET: SOCKET,
  SYSTEM_SERVICE_URL: SERVICE_URL,
})
