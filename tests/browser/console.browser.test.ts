import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stage, logIn, openBrowser, openStage, openView } from './stage.ts'

const VIEWS = ['desk', 'desk/digest', 'desk/people', 'market', 'ledger/genesis', 'agents/genesis', 'runs/market', 'events', 'events/30', 'operator', 'screen']

let stage: Stage
let browser: Browser
beforeAll(async () => {
  stage = await openStage()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await stage.close()
})

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}
/** What WCAG 2.2 AA has against the page as it stands. The rules are run from outside the page's policy, which lets in no foreign script. */
async function violations(page: Page): Promise<string[]> {
  const { found, passed } = await page.evaluate<{ found: Violation[]; passed: number }>(
    `(async () => { const module = { exports: {} }; ${axe.source}; const { passes, violations } = await (module.exports.run ? module.exports : window.axe).run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }); return { found: violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })), passed: passes.length } })()`,
  )
  expect(passed).toBeGreaterThan(10)
  return found.map((one) => `${one.id}: ${one.nodes[0]?.html ?? ''}`)
}
describe('every view', () => {
  it.each([
    ['light, wide', { colorScheme: 'light', viewport: { height: 900, width: 1280 } }, 'operator-token'],
    ['dark, wide', { colorScheme: 'dark', viewport: { height: 900, width: 1280 } }, 'ada-token'],
    ['light, on a phone', { colorScheme: 'light', viewport: { height: 800, width: 390 } }, 'ada-token'],
  ] as const)('has nothing that WCAG 2.2 AA forbids, no error and no sideways scrolling: %s', async (_name, options, token) => {
    await stage.filePrompt('thinker', 'For the eye', '# Title\n\n- one\n- two\n\n`code`').catch(() => undefined)
    const context = await browser.newContext(options)
    const { complaints, page } = await logIn(context, stage, token)
    for (const view of VIEWS) {
      await openView(page, stage, view)
      expect(await violations(page), view).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), view).toBeLessThanOrEqual(0)
    }
    expect(complaints).toEqual([])
    await context.close()
  })
})

describe('the attention desk', () => {
  it('scores a prompt by keyboard alone, and shows an agent’s markdown without its HTML or scripts', async () => {
    await stage.filePrompt('broker', 'By hand', 'All **good** <img src=x onerror="document.title=1"> [run](javascript:alert(1)) [read](https://example.org/)')
    const context = await browser.newContext()
    const { complaints, page } = await logIn(context, stage, 'ada-token')
    await openView(page, stage, 'desk')
    await page.getByRole('button', { name: /By hand/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By hand' }).waitFor()
    const content = page.locator('.content')
    expect(await content.locator('strong').textContent()).toBe('good')
    expect(await content.locator('img').count()).toBe(0)
    expect(await content.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(['https://example.org/'])
    await page.locator('#score-interesting').focus()
    await page.keyboard.press('Enter')
    await page.getByText('Set all three scores first').waitFor()
    for (const key of ['7', 'x', '5', 'ArrowRight']) await page.keyboard.press(key)
    await page.locator('output').nth(2).filter({ hasText: '6' }).waitFor()
    expect(await page.locator('output').allTextContents()).toEqual(['7', '10', '6'])
    await page.keyboard.press('Enter')
    await page.getByText(/scored: 1,150 credits minted/).waitFor()
    expect(stage.host.state.ledger.rewarded_micro).toBe(1_150_000_000)
    expect(complaints).toEqual([])
    await context.close()
  })
})

describe('the attention desk of several people', () => {
  it('says when another judged the prompt at hand, and takes its scores for no other', async () => {
    await stage.filePrompt('broker', 'Taken', 'one')
    await stage.filePrompt('genesis', 'Left', 'two')
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'ada-token')
    const taken = [...stage.host.state.prompts.values()].find((one) => one.agent_id === 'broker')?.prompt_id ?? ''
    await openView(page, stage, `desk/${taken}`)
    await page.getByRole('heading', { name: 'Taken' }).waitFor()
    for (const key of ['7', '8']) await page.keyboard.press(key)
    await page.locator('output').nth(1).filter({ hasText: '8' }).waitFor()
    const scores = { interesting: 1, understandable: 1, useful: 1 }
    await stage.host.submit({ human_id: 'ada', owner: 'human:ada', prompt_id: taken, scores, type: 'score_prompt' })
    await page.getByText(`${taken} is no longer open`).waitFor()
    await page.getByRole('heading', { name: /Left|For the eye/ }).waitFor()
    expect(await page.locator('output').allTextContents()).toEqual(['–', '–', '–'])
    await context.close()
  })

  it('takes digits wherever the focus is, and no single key once they are switched off', async () => {
    await stage.filePrompt('broker', 'By keys', 'three')
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'ada-token')
    const filed = [...stage.host.state.prompts.values()].find((one) => one.agent_id === 'broker')?.prompt_id ?? ''
    await openView(page, stage, `desk/${filed}`)
    await page.getByRole('heading', { name: 'By keys' }).waitFor()
    await page.locator('main').focus()
    await page.keyboard.press('4')
    await page.locator('output').first().filter({ hasText: '4' }).waitFor()
    await page.getByLabel('k skips').uncheck()
    await page.locator('main').focus()
    await page.keyboard.press('k')
    await page.keyboard.press('5')
    await page.getByLabel('k skips').check()
    await page.locator('main').focus()
    await page.keyboard.press('6')
    await page.locator('output').nth(1).filter({ hasText: '6' }).waitFor()
    await page.keyboard.press('k')
    await page.getByText('skipped: its bid burns').waitFor()
    await context.close()
  })
})

describe('the market', () => {
  it('opens the certificate of a clearing, and clears the same book under another mechanism', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'market')
    await page.getByRole('button', { name: /clearing-1 / }).click()
    await page.getByRole('heading', { name: 'Certificate of clearing-1' }).waitFor()
    await page.getByLabel('Mechanism').selectOption('shadow')
    await page.getByRole('button', { exact: true, name: 'Clear' }).click()
    await page.getByText(/^\s*4 bids: 4 would win; welfare/).waitFor()
    for (const [mechanism, payments] of [
      ['exact', 'vcg'],
      ['highest-bid', 'posted'],
    ] as const) {
      await page.getByLabel('Mechanism').selectOption(mechanism)
      await page.getByLabel('Payments').selectOption(payments)
      const answered = page.waitForResponse((response) => response.url().includes(`mechanism=${mechanism}&payments=${payments}`))
      await page.getByRole('button', { exact: true, name: 'Clear' }).click()
      expect(await (await answered).json()).toMatchObject({ bids: 4, mechanism, payment_rule: payments })
    }
    await context.close()
  })
})

describe('the clearings', () => {
  it('stand still below a pointer, and a certificate stays when its clearing is no longer among the latest', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'market')
    const newest = `clearing-${stage.host.state.counters.clearing}`
    const entry = page.getByRole('button', { name: new RegExp(`${newest} `) })
    await entry.click()
    const certificate = page.getByRole('heading', { name: `Certificate of ${newest}` })
    await certificate.waitFor()
    const latest = stage.host.state.counters.clearing + 31
    while (stage.host.state.counters.clearing < latest) await stage.tick()
    await page.locator('.live .seq', { hasText: `#${stage.host.state.seq}` }).waitFor()
    expect(await entry.count()).toBe(1)
    await page.getByRole('heading', { exact: true, name: 'Market' }).hover()
    await page.locator('main').focus()
    while (stage.host.state.counters.clearing < latest + 1) await stage.tick()
    await entry.waitFor({ state: 'detached' })
    expect(await certificate.count()).toBe(1)
    await context.close()
  })
})

describe('the operator', () => {
  it('pauses and resumes an agent with a reason, and sees the order in the log', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'operator-token')
    await openView(page, stage, 'agents/genesis')
    await page.getByLabel('Why').fill('it loops')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('pause: done for genesis.').waitFor()
    expect([...stage.host.state.paused.agents]).toEqual(['genesis'])
    await page.getByRole('button', { name: 'Resume' }).waitFor()
    await openView(page, stage, 'operator')
    await page.getByRole('cell', { name: 'it loops' }).waitFor()
    await page.getByRole('cell', { name: 'olga' }).first().waitFor()
    await context.close()
  })

  it('changes several numbers of the rules at once, in the units that people read', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'operator-token')
    await openView(page, stage, 'operator')
    await page.getByLabel('payment rule').selectOption('uniform')
    await page.getByLabel('interesting').fill('12.5')
    await page.getByText('reward weights micro interesting: 50 → 12.5').waitFor()
    await page.getByLabel('Changes to order').getByLabel('Why').fill('a dry spell')
    await page.getByRole('button', { exact: true, name: 'Change' }).click()
    await page.getByText('Changed: payment rule is uniform').waitFor()
    expect(stage.host.state.params).toMatchObject({ payment_rule: 'uniform', reward_weights_micro: { interesting: 12_500_000 } })
    await page.getByLabel('interesting').fill('0.0000001')
    await page.getByText('no finer than the unit allows').waitFor()
    expect(await page.getByRole('button', { exact: true, name: 'Change' }).isDisabled()).toBe(true)
    await context.close()
  })

  it('changes what an executor offers', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'operator-token')
    await openView(page, stage, 'operator')
    await page.getByLabel('Milli-cores').fill('3000')
    await page
      .locator('form', { has: page.getByLabel('Milli-cores') })
      .getByLabel('Why')
      .fill('a new machine')
    await page.getByRole('button', { exact: true, name: 'Offer' }).click()
    await page.getByText('local offers 3000 milli-cores').waitFor()
    expect(stage.host.state.executors.get('local')?.cpu).toBe(3000)
    await context.close()
  })

  it('is not who an observer is: no order is offered', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    for (const view of ['agents/genesis', 'operator', 'desk']) {
      await openView(page, stage, view)
      expect(await page.getByRole('button', { name: /^(Pause|Kill|Drain|Change|Score|Skip)$/ }).count(), view).toBe(0)
    }
    await context.close()
  })
})

describe('the live feed', () => {
  it('goes on after a cut without a gap', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'events')
    await stage.cut()
    await page.locator('.live:not(.on)').waitFor()
    await page.getByRole('alert').filter({ hasText: 'The economy does not answer since' }).waitFor()
    for (let beat = 0; beat < 60; beat++) await stage.tick(100)
    const seq = stage.host.state.seq
    await stage.mend()
    await page.locator('.live .seq', { hasText: `#${seq}` }).waitFor()
    expect(await page.getByText('passed over').count()).toBe(0)
    await page.getByRole('alert').waitFor({ state: 'hidden' })
    await page
      .locator('.event .seq', { hasText: `#${seq}` })
      .first()
      .waitFor()
    await context.close()
  })
})

describe('an event', () => {
  it('leads to its trace in Phoenix', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'events')
    await page.locator('.event', { hasText: 'bid_placed' }).first().click()
    const link = page.getByRole('link', { name: 'in Phoenix' })
    const traceId = await link.locator('code').textContent()
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(await link.getAttribute('href')).toBe(`http://127.0.0.1:6006/redirects/traces/${traceId}`)
    await context.close()
  })
})
