import type { Command } from '@syntropism/contract'

/** A command as a caller hands it in: the host adds the time. */
export type Draft = { [T in Command['type']]: Omit<Extract<Command, { type: T }>, 'at_ms'> }[Command['type']]
