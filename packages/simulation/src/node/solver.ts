import { type Model, type Solve, readParams } from '../index.ts'

/** A module that makes a solver. */
interface SolverModule {
  createSolver(): Promise<Solve>
}

/** The solver of a module for a model that asks for one under these parameters; nothing is loaded for another. */
export async function solverFor(model: Model, params: Readonly<Record<string, unknown>>, module: string | undefined): Promise<Solve | undefined> {
  if (module === undefined || model.asks_solver?.(readParams(model.params, params)) !== true) return undefined
  return ((await import(module)) as SolverModule).createSolver()
}
