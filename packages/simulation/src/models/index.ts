import type { Model } from '../engine/index.ts'
import { baseFee } from './base-fee/index.ts'
import { boltzmann } from './boltzmann/index.ts'
import { scarceLlm } from './scarce-llm/index.ts'
import { zeroIntelligence } from './zero-intelligence/index.ts'

/** The models that ship, by name. */
export const MODELS: Readonly<Record<string, Model>> = Object.fromEntries([boltzmann, zeroIntelligence, baseFee, scarceLlm].map((model) => [model.name, model]))
