/** One thing that may be done now, its cost in credits; what it is reckoned to bring, in credits or in the menu's own measure. Null where nothing can be reckoned. */
export interface Choice {
  readonly cost: number | null
  readonly name: string
  readonly net: number | null
  readonly what: string
}

/** What may be done now. Everything on it is within means. */
export interface Menu {
  /** The name of the choice that the rules would make. */
  readonly best: string
  readonly choices: readonly Choice[]
  /** What is asked, and what there is to know about it. */
  readonly question: string
  /** Why the rules would choose so. */
  readonly reasoning: string
}

export interface Picked {
  readonly by: 'model' | 'rules'
  readonly name: string
  readonly reasoning: string
}

/** Picks from menus, and writes programs where it can. */
export interface Mind {
  pick(menu: Menu): Promise<Picked>
  /** A new version of a program, or null when this mind writes none. */
  writeProgram(request: { readonly task: string; readonly text: string }): Promise<string | null>
}

/** Picks what the rules say; needs no model. */
export const RULES: Mind = {
  pick: async ({ best, reasoning }) => ({ by: 'rules', name: best, reasoning }),
  writeProgram: async () => null,
}
