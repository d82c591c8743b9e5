import type { TemplateResult } from 'lit-html'

/** One view: what it does when it is entered, with the rest of the address, and what it shows. */
export interface View {
  /** Returns what to do when it is left. */
  enter(argument: string): () => void
  draw(): TemplateResult
}
