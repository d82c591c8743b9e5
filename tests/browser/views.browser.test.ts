import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Stage, logIn, openBrowser, openStage, openView } from './stage.ts'

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

describe('a person’s attention', () => {
  it('takes a break that ends by itself, and is capped by the hour', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'ada-token')
    await openView(page, stage, 'desk')
    await page.getByRole('button', { exact: true, name: '5 min' }).click()
    await page.getByText('A break of 5 minutes').waitFor()
    expect(stage.host.state.humans.get('ada')).toMatchObject({ on_duty: false })
    await page.getByRole('button', { exact: true, name: 'On duty' }).click()
    await page.getByText('You are on duty').waitFor()
    await openView(page, stage, 'desk/people')
    await page.getByLabel('Judgements in any hour').fill('30')
    await page.getByRole('button', { exact: true, name: 'Set' }).click()
    await page.getByText('ada judges at most 30 prompts in any hour.').waitFor()
    expect(stage.host.state.humans.get('ada')).toMatchObject({ judgements_per_hour_max: 30, on_duty: true })
    await context.close()
  })

  it('has a digest of what waits and of what became of the rest', async () => {
    await stage.filePrompt('genesis', 'To be read later', '## Long\n\nA report of **many** words.')
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'desk/digest')
    await page.getByText('Long A report of many words.').waitFor()
    await page.getByText('Returned unread').waitFor()
    await page.getByRole('link', { name: 'To be read later' }).click()
    await page.getByRole('heading', { name: 'To be read later' }).waitFor()
    await context.close()
  })
})

describe('the ledger', () => {
  it('shows where credits come from and go, and a balance at a past time', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'ledger/genesis')
    const picture = page.locator('.sankey')
    await picture.waitFor()
    expect(await picture.getAttribute('aria-label')).toMatch(/mint: grant 3,000.*burn: resource burn/)
    expect(await picture.locator('.ribbon').count()).toBeGreaterThan(8)
    await page.getByLabel('or after event #').fill('1')
    await page.getByRole('button', { name: 'Look back' }).nth(1).click()
    await page.getByRole('status').filter({ hasText: 'After event #1: 0 free' }).waitFor()
    await page.getByLabel('Balance at').fill('2100-01-01T00:00')
    await page.getByRole('button', { name: 'Look back' }).first().click()
    await page
      .getByRole('status')
      .filter({ hasText: `After event #${stage.host.state.seq}: ` })
      .waitFor()
    await page
      .getByRole('button', { name: /^Trace of event/ })
      .first()
      .click()
    await page.locator('td code').first().waitFor()
    await context.close()
  })
})

describe('the agents', () => {
  it('open as a lineage, branch by branch', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'agents')
    await page.getByLabel('Show').selectOption('tree')
    await page.getByRole('button', { name: '1 children of genesis' }).click()
    await page.getByRole('link', { exact: true, name: 'agent-1' }).click()
    await page.getByText('Spawned by genesis, with 200 credits').waitFor()
    await context.close()
  })

  it('say so where there is none of a name', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'agents/nobody')
    await page.getByText('There is no agent nobody.').waitFor()
    await page.getByRole('link', { name: 'Back to all agents' }).click()
    await page.getByText('There is no agent nobody.').waitFor({ state: 'detached' })
    await context.close()
  })

  it('show what a state of their workspace changed, line by line', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'agents/broker')
    await page.getByText('sum for 2 credits (on response)').waitFor()
    await page.getByRole('button', { name: /lease-1 completed/ }).click()
    expect(await page.locator('.patch .plus').textContent()).toBe('+2\n')
    await context.close()
  })
})

describe('the runs', () => {
  it('are set beside one another, and their reports run no script', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'runs/other')
    await page.frameLocator('iframe.report').getByRole('heading', { name: 'A report with a script' }).waitFor()
    expect(await page.locator('iframe.report').getAttribute('sandbox')).toBe('')
    const frame = page.frames().find((one) => one.url().includes('/runs/files/'))
    expect(await frame?.title()).toBe('other')
    await page.getByRole('link', { name: /^market/ }).click()
    await page.frameLocator('iframe.report').getByRole('heading', { name: 'Plots of the market' }).waitFor()
    await page.getByLabel('Beside').selectOption('other')
    await page.getByRole('cell', { exact: true, name: '+0.5' }).waitFor()
    await context.close()
  })
})

describe('the public screen', () => {
  it('shows the economy, and nothing to press but the way out', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'screen')
    await page.getByText('Agents alive').waitFor()
    expect(await page.locator('header, button, form, input').count()).toBe(0)
    await page.getByRole('link', { name: 'Leave the public screen' }).click()
    await page.getByRole('heading', { name: 'Market' }).waitFor()
    await context.close()
  })
})
