import type { Model } from '../engine/index.ts'
import { boltzmann } from './boltzmann/index.ts'

/** The models that ship, by name. */
export const MODELS: Readonly<Record<string, Model>> = Object.fromEntries([boltzmann].map((model) => [model.name, model]))
