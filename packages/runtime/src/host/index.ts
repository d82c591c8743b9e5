export { createWallClock } from './clock.ts'
export { type Draft, Host, type HostOptions, HostStopped } from './host.ts'
export { reExecute, recover } from './recover.ts'
export { type Verdict, verify } from './verify.ts'
