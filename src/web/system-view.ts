import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { renderFailure } from './failure.ts'
import { figure } from './figure.ts'
import {
  StoredDocument,
  type StoredQuery,
  SystemStateDocument,
  type SystemStateQuery,
} from './generated/graphql.ts'
import { ago, bytes, count, duration } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { ShownQuery } from './shown-query.ts'
import { words } from './words.ts'

type Source = StoredQuery['plants'][number]['sources'][number]

/** How the server does, where readings come from, what is stored, and what is to be done about it. */
export class SystemView extends PageElement {
  static override properties = { api: { attribute: false }, time: { attribute: false } }
  declare api: Api
  /** By the server's clock. */
  declare time: number

  #state = new ShownQuery(this, {
    ask: (signal) => this.api.ask(SystemStateDocument, {}, signal),
    every: 10_000,
  })

  #stored = new ShownQuery(this, {
    ask: (signal) => this.api.ask(StoredDocument, {}, signal),
    every: 10_000,
  })

  protected override willUpdate(): void {
    this.#state.about(this.api, [])
    this.#stored.about(this.api, [])
  }

  override render(): TemplateResult {
    const { data, error } = this.#state
    const stored = this.#stored.data
    return html`
      ${renderFailure(error ?? this.#stored.error)}
      ${
        data === undefined
          ? html`<div class="chart-space" aria-busy="true"></div>`
          : html`<div class="system" @migrated=${this.#again}>
              ${this.#renderChecks(data)} ${stored === undefined ? nothing : this.#renderSources(stored)}
              ${this.#renderStored(data, stored)}
              <div class="todo">
                <migrations-panel .api=${this.api} .schema=${data.schemaStatus}></migrations-panel>
                ${this.#renderAccess()}
              </div>
            </div>`
      }
    `
  }

  #renderChecks({ health }: SystemStateQuery): TemplateResult {
    const { system } = words
    const uptime = duration(health.uptimeSeconds)
    return html`<section aria-labelledby="checks-title" class="wide">
      <h3 id="checks-title" class="health ${health.status.toLowerCase()}">${system.health[health.status]}</h3>
      <p class="quiet">${system.version(health.version, uptime)}</p>
      <ul class="checks" aria-label=${system.checks}>
        ${health.checks.map(
          ({ name, status, detail }) => html`<li class=${status.toLowerCase()}>
            <strong>${words.system.checkName(name)}</strong>
            <span class="tag ${status === 'HEALTHY' ? 'good' : 'warn'}">${system.check[status]}</span>
            <span class="detail">${detail}</span>
          </li>`,
        )}
      </ul>
    </section>`
  }

  #again = (): void => {
    this.#state.again()
    this.#stored.again()
  }

  #renderSources({ plants }: StoredQuery): TemplateResult {
    const { system } = words
    const sources = plants.flatMap(({ plantId, name, sources }) =>
      sources.map((source) => ({ plant: words.plantName(plantId, name), source })),
    )
    return html`<section aria-labelledby="sources-title" class="wide">
      <h3 id="sources-title">${system.sources}</h3>
      ${
        sources.length === 0
          ? html`<p class="quiet">${system.noSources}</p>`
          : html`<ul class="checks">${sources.map(({ plant, source }) => renderSource(plant, source, this.time))}</ul>`
      }
    </section>`
  }

  #renderStored(
    { schemaStatus }: SystemStateQuery,
    stored: StoredQuery | undefined,
  ): TemplateResult {
    const { system } = words
    const { storage } = schemaStatus
    const table = {
      HYPERTABLE: system.hypertable(storage.timescaledbVersion ?? ''),
      REGULAR_TABLE: system.regular,
      MISSING: system.missing,
    }[storage.kind]
    const rows: { name: string; value: string; why?: string | null }[] = [
      { name: system.postgres, value: schemaStatus.serverVersion },
      { name: system.table, value: table, why: storage.reason },
      { name: system.retention, value: keptFor(storage.retention, system.forever) },
      { name: system.rollupRetention, value: keptFor(storage.rollupRetention, system.forever) },
      {
        name: system.compression,
        value: keptFor(storage.compressAfter, system.never),
        why: storage.compressionReason,
      },
    ]
    const { totalEnergySnapshots, energySnapshots24h, databaseSizeBytes } =
      stored?.systemStats ?? {}
    const number = (name: string, value: number | undefined, write: (value: number) => string) =>
      figure({
        name,
        value,
        shown: { text: value === undefined ? words.none : write(value), unit: '' },
      })
    return html`<section aria-labelledby="stored-title">
      <h3 id="stored-title">${system.stored}</h3>
      <dl class="figures small">
        ${number(system.readings, totalEnergySnapshots, count)}
        ${number(system.added24h, energySnapshots24h, count)}
        ${number(system.size, databaseSizeBytes, bytes)}
      </dl>
      <dl class="rows">
        ${rows.map(
          ({ name, value, why }) =>
            html`<div><dt>${name}</dt><dd>${value}${why == null ? nothing : html`<small>${why}</small>`}</dd></div>`,
        )}
      </dl>
    </section>`
  }

  #renderAccess(): TemplateResult {
    const { system } = words
    const hasToken = this.api.token !== null
    return html`<section aria-labelledby="access-title">
      <h3 id="access-title">${system.access}</h3>
      <p>${hasToken ? system.hasToken : system.noToken}</p>
      <div class="buttons">
        <button type="button" @click=${this.#wantToken}>${system.giveToken}</button>
        ${
          hasToken
            ? html`<button type="button" @click=${this.#forgetToken}>${system.forgetToken}</button>`
            : nothing
        }
        <a class="button" href="graphql">GraphiQL</a>
      </div>
    </section>`
  }

  #wantToken(): void {
    this.dispatchEvent(new Event('want-token', { bubbles: true }))
  }

  #forgetToken(): void {
    this.api.token = null
    this.requestUpdate()
  }
}

function renderSource(plant: string, source: Source, now: number): TemplateResult {
  const { system } = words
  const isWorking = source.status === 'WORKING'
  const numbers: [string, number][] = [
    [system.readings24h, source.readings24h],
    [system.duplicates24h, source.duplicates24h],
    [system.doubtful24h, source.doubtful24h],
  ]
  const last = source.lastReadingAt
  return html`<li class=${isWorking ? 'healthy' : 'degraded'}>
    <strong>${source.name}</strong>
    <span class="tag ${isWorking ? 'good' : 'warn'}">${system.source[source.status]}</span>
    <span class="detail">
      ${plant} · ${source.kind}
      ${last === null ? nothing : html` · ${system.lastReading} ${ago(now - Date.parse(last))}`}
      ${numbers.map(([name, value]) => html` · ${name} ${count(value)}`)}
      ${isWorking || source.lastError === null ? nothing : html`<br />${source.lastError}`}
    </span>
  </li>`
}

/** An ISO 8601 duration in whole days, as the settings of retention are. */
function keptFor(period: string | null, none: string): string {
  if (period === null) return none
  const days = /^P(\d+)D$/.exec(period)?.[1]
  return days === undefined ? period : words.system.days(count(Number(days)))
}
