import type { TemplateResult } from 'lit-html'

/** One view: what it does when it is entered, with the rest of the address, and what it shows. */
export interface View {
  /** Returns what to do when it is left. */
  enter(argument: string): () => void
  draw(): TemplateResult
}

/** Where the page is one column, what was chosen from a list stands below it: brings it into sight once it is drawn. */
export function bringIntoSight(selector: string): void {
  if (!matchMedia('(max-width: 56rem)').matches) return
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector(selector)?.scrollIntoView({ block: 'start' })))
}
