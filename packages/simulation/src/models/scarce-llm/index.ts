export { scarceLlm } from './scarce-llm.ts'
