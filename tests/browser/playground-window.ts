import type { BrowserContext, Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

const TIMEOUT_MS = 30_000

/** The playground in a window of its own, and what a person does with it. */
export class PlaygroundWindow {
  readonly #page: Page
  /** What the page complained about on its console, and what it didn't catch. */
  readonly complaints: string[] = []

  private constructor(page: Page) {
    this.#page = page
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(error.message))
  }

  /** Resolves when the editor is there and the schema has been read. */
  static async open(context: BrowserContext, url: string): Promise<PlaygroundWindow> {
    const page = await context.newPage()
    const playground = new PlaygroundWindow(page)
    await playground.#afterLoading(() => page.goto(url))
    return playground
  }

  async reload(): Promise<void> {
    await this.#afterLoading(() => this.#page.reload())
  }

  get address(): string {
    return this.#page.url()
  }

  /** Puts a text into one of the panes below the operations, in the place of what is there, by pasting. */
  async fill(pane: 'Headers' | 'Variables', text: string): Promise<void> {
    const page = this.#page
    await page.bringToFront()
    await page.getByRole('button', { name: pane, exact: true }).click()
    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines').click()
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.press('Delete')
    await page.keyboard.press('ControlOrMeta+V')
  }

  /** Becomes whoever the token stands for. */
  async signIn(token: string): Promise<void> {
    await this.fill('Headers', JSON.stringify({ authorization: `Bearer ${token}` }))
  }

  /** Adds a line at the beginning, and waits until it is stored, so that it is there again after a reload. */
  async write(text: string): Promise<void> {
    const page = this.#page
    await page.bringToFront()
    await page.locator('.graphiql-query-editor .view-lines').click()
    await page.keyboard.press('ControlOrMeta+Home')
    await page.keyboard.insertText(`${text}\n`)
    await expect.poll(() => page.evaluate('JSON.stringify(sessionStorage)'), { timeout: TIMEOUT_MS }).toContain(text)
  }

  /** The operations that the button offers. */
  async offered(): Promise<string[]> {
    await this.#page.locator('.graphiql-execute-button').click()
    await this.#operation('MyDeals').waitFor()
    const names = await this.#page.getByRole('menuitem').allInnerTexts()
    await this.#page.keyboard.press('Escape')
    return names
  }

  /** Runs one of the operations. The result of the one before is gone then. */
  async run(operation: string): Promise<void> {
    await this.#page.bringToFront()
    await this.#page.locator('.graphiql-execute-button').click()
    await this.#operation(operation).click()
  }

  /** Stops a subscription. */
  async stop(): Promise<void> {
    await this.#page.getByRole('button', { name: /^Stop query/ }).click()
  }

  /** Resolves when the result pane has a line with this text. */
  async shows(text: string): Promise<void> {
    await this.#line('.result-window', text).waitFor()
  }

  /** Resolves when the editor has a line with this text. */
  async reads(text: string): Promise<void> {
    await this.#line('.graphiql-query-editor', text).waitFor()
  }

  /** Resolves when something in the editor is marked as wrong, which the workers do. */
  async underlines(): Promise<void> {
    await this.#page.locator('.graphiql-query-editor .squiggly-error').first().waitFor({ state: 'attached' })
  }

  /** Opens the documentation of a type, from the list of all. */
  async lookUp(type: string): Promise<string> {
    await this.#page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    const explorer = this.#page.locator('.graphiql-doc-explorer')
    await explorer.getByRole('link', { name: type, exact: true }).first().click()
    await explorer.getByText(type, { exact: true }).first().waitFor()
    return explorer.innerText()
  }

  /** How many tabs GraphiQL has, inside this window. */
  tabs(): Promise<number> {
    return this.#page.locator('.graphiql-tab').count()
  }

  async #afterLoading(load: () => Promise<unknown>): Promise<void> {
    const schema = this.#page.waitForResponse((response) => response.request().method() === 'POST')
    await load()
    await (await schema).finished()
    await this.#page.locator('.graphiql-query-editor .view-line').first().waitFor()
  }

  #operation(name: string): Locator {
    return this.#page.getByRole('menuitem', { name, exact: true })
  }

  #line(pane: string, text: string): Locator {
    return this.#page.locator(`${pane} .view-line`).filter({ hasText: text }).first()
  }
}
