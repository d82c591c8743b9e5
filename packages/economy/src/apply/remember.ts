import type { Remembered, State } from '../state/index.ts'

/**
 * So many ids are remembered at most, the newest: a fleet that carries out a thousand commands a second would else hold 86 million after a day, five
 * times what a Map can, and more than fits into one snapshot.
 */
const REMEMBERED_MAX = 1_000_000

/** Remembers what came of a command by its id, and forgets those that are older than the rules say, or beyond the newest so many. Insertion order is time order. */
export function remember(state: Pick<State, 'at_ms' | 'params' | 'remembered'>, key: string, outcome: Remembered, most: number = REMEMBERED_MAX): void {
  state.remembered.set(key, outcome)
  for (const [old, { at_ms }] of state.remembered) {
    if (state.remembered.size <= most && state.at_ms - at_ms <= state.params.command_memory_ms) return
    state.remembered.delete(old)
  }
}
