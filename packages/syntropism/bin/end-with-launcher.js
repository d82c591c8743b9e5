// Loaded before the program: asks it to stop once its launcher is gone, however that went. A killed launcher can pass on no signal.
import { isMainThread } from 'node:worker_threads'

const LOOK_MS = 250
const launcher = Number(process.env.SYNTROPISM_LAUNCHER_PID)
delete process.env.SYNTROPISM_LAUNCHER_PID

if (isMainThread && launcher > 0 && process.platform !== 'win32')
  setInterval(() => {
    if (process.ppid !== launcher) process.kill(process.pid, 'SIGTERM')
  }, LOOK_MS).unref()
