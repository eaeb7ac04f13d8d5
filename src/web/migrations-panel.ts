import { html, nothing, type TemplateResult } from 'lit'
import { type Api, ApiError } from './api.ts'
import {
  ApplyMigrationsDocument,
  type ApplyMigrationsMutation,
  type SystemStateQuery,
} from './generated/graphql.ts'
import { PageElement } from './page-element.ts'
import { words } from './words.ts'

type Schema = SystemStateQuery['schemaStatus']
type Run = ApplyMigrationsMutation['runMigration']

/** Pending migrations, and a button that applies them for who has the admin token. */
export class MigrationsPanel extends PageElement {
  static override properties = {
    api: { attribute: false },
    schema: { attribute: false },
    isRunning: { state: true },
    run: { state: true },
    error: { state: true },
  }
  declare api: Api
  declare schema: Schema
  declare isRunning: boolean
  declare run: Run | undefined
  declare error: string | undefined

  override render(): TemplateResult {
    const { pendingMigrations, migrations } = this.schema
    const pending = migrations.filter(({ status }) => status !== 'APPLIED')
    return html`<section aria-labelledby="migrations-title">
      <h3 id="migrations-title">${words.system.migrations}</h3>
      <p>${pendingMigrations === 0 ? words.system.upToDate : words.system.pending(pendingMigrations)}</p>
      ${
        pending.length === 0
          ? nothing
          : html`<ul class="names">${pending.map(({ name }) => html`<li>${name}</li>`)}</ul>
              <button class="main" type="button" aria-disabled=${this.isRunning ? 'true' : nothing} @click=${this.#apply}>
                ${this.isRunning ? words.system.applying : words.system.apply}
              </button>`
      }
      <p role="status">${this.#outcome()}</p>
    </section>`
  }

  #outcome(): string {
    if (this.error !== undefined) return this.error
    if (this.run === undefined) return ''
    const failed = this.run.steps.find(({ error }) => error !== null)
    const text = words.system.runStatus[this.run.status]
    return failed === undefined ? text : `${text} ${failed.name}: ${failed.error}`
  }

  async #apply(): Promise<void> {
    if (this.isRunning) return
    this.isRunning = true
    this.error = undefined
    try {
      this.run = (await this.api.ask(ApplyMigrationsDocument, {})).runMigration
      this.dispatchEvent(new Event('migrated', { bubbles: true }))
    } catch (error) {
      const isForbidden = error instanceof ApiError && error.code === 'FORBIDDEN'
      this.error = isForbidden
        ? words.system.needsAdmin
        : words.failed(error instanceof Error ? error.message : String(error))
      if (isForbidden) this.dispatchEvent(new Event('want-admin', { bubbles: true }))
    } finally {
      this.isRunning = false
    }
  }
}
