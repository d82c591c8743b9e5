import highsModule, { type Highs } from 'highs'

/** The package's types describe its CommonJS form; imported as a module, the default export is the loader itself. */
const load = highsModule as unknown as typeof highsModule.default

/** The solver, a WebAssembly module of some megabytes. */
export const loadHighs = (): Promise<Highs> => load()
