import type { ClearingSolver } from '@syntropism/runtime'

/** The exact solver on a thread of its own, loaded when a clearing first asks for it. */
export function lazySolver(): ClearingSolver {
  let solver: Promise<ClearingSolver> | null = null
  return {
    close: async () => (await solver)?.close(),
    async solve(problem, options) {
      solver ??= import('@syntropism/solver').then(({ ThreadedSolver }) => new ThreadedSolver())
      return (await solver).solve(problem, options)
    },
  }
}
