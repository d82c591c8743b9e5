/** Module whose `createSolver` makes the solver of models that ask for one; loaded only then. */
export const RUN_SOLVER: string = import.meta.resolve('@syntropism/solver')
