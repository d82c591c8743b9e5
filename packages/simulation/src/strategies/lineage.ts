import type { Extra } from '../engine/index.ts'

interface Life {
  readonly parent: number
  readonly born: number
  died: number
  readonly trait: number
}

/** Who descends from whom: one life per agent ever, in the order of birth. */
export class Lineage {
  /** Births of a parent. */
  births = 0
  private lives: Life[] = []
  /** Life of the member that a place holds now. */
  private current = new Map<number, number>()

  /** A life begins in a place; `parent` is its parent's place, −1 without one. */
  born(member: number, parent: number, step: number, trait: number): void {
    if (parent >= 0) this.births += 1
    this.current.set(member, this.lives.length)
    this.lives.push({ born: step, died: -1, parent: this.current.get(parent) ?? -1, trait })
  }

  died(member: number, step: number): void {
    const life = this.lives[this.current.get(member) ?? -1]
    if (life !== undefined) life.died = step
  }

  /** Columns id, parent, born, died, trait: steps; who lives on dies at `now`. */
  table(now: number): Extra {
    return {
      columns: ['id', 'parent', 'born', 'died', 'trait'],
      name: 'lineage',
      rows: this.lives.map((life, id) => [id, life.parent, life.born, life.died < 0 ? now : life.died, life.trait]),
    }
  }

  save(): { readonly births: number; readonly current: readonly (readonly [number, number])[]; readonly lives: readonly Life[] } {
    return { births: this.births, current: [...this.current], lives: this.lives }
  }

  resume(saved: ReturnType<Lineage['save']>): void {
    this.births = saved.births
    this.current = new Map(saved.current)
    this.lives = saved.lives.map((life) => ({ ...life }))
  }
}
