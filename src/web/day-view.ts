import { html, nothing, type TemplateResult } from 'lit'
import type { Api } from './api.ts'
import { isWhole, type Timespan, within } from './chart-window.ts'
import { joinTail, startOfTail } from './course.ts'
import { renderEnergyFigures, renderMeasuredSoFar } from './energy-figures.ts'
import { renderFailure } from './failure.ts'
import { renderGaps, renderMissing } from './missing-parts.ts'
import { coverageText } from './numbers.ts'
import { PageElement } from './page-element.ts'
import { hashOf, type Place, type Span, spans } from './place.ts'
import { addDays, type Day, dayAt, dayText } from './plant-clock.ts'
import type { WindowEvent } from './power-chart.ts'
import { type Asked, askCourse, askEnergy, type CoursePoint } from './questions.ts'
import { ShownQuery } from './shown-query.ts'
import { keyOf, type Subject } from './subject.ts'
import { words } from './words.ts'

/** How often the newest minutes of the chart are asked for. */
const TAIL_EVERY = 10_000
/** How often all of it is: readings may come late, or be corrected. */
const COURSE_EVERY = 15 * 60_000
/** Milliseconds for which a reading may be under way. */
const LATE = 60_000
const NONE: readonly CoursePoint[] = []
/** A chart of every pixel takes twice as long to draw, and looks the same. */
const PIXELS_PER_POINT = 2
/** Zooming asks for finer buckets when it rests. */
const REST = 150

/** The course of a day, or of the days before it. The newest minutes follow live. */
export class DayView extends PageElement {
  static override properties = {
    api: { attribute: false },
    subject: { attribute: false },
    place: { attribute: false },
    time: { attribute: false },
    zoom: { state: true },
    settled: { state: true },
  }
  declare api: Api
  declare subject: Subject
  declare place: Place
  declare time: number
  /** What is shown, if it is not everything. */
  declare zoom: Timespan | undefined
  /** The window that the chart's points were asked for. */
  declare settled: Timespan | undefined

  #resting: ReturnType<typeof setTimeout> | undefined
  #shown = ''
  #bounds: Timespan | undefined
  #points: readonly CoursePoint[] = []
  #joined: readonly unknown[] = []

  /** The server says where days begin and end: not all have 24 hours. */
  #days = new ShownQuery(this, {
    ask: (signal) => {
      const askedAt = this.time
      const range = { from: this.#firstDay, to: this.#day, period: 'DAY' } as const
      return askEnergy(this.#asked(signal), range).then((periods) => ({ periods, askedAt }))
    },
    every: 60_000,
  })

  #course = new ShownQuery(this, {
    ask: (signal) => {
      if (this.settled === undefined) return undefined
      const most = Math.round(Math.max(this.clientWidth, 320) / PIXELS_PER_POINT)
      const askedAt = this.time
      const range = { ...isoOf(this.settled), maxPoints: Math.min(most, 2000) }
      return askCourse(this.#asked(signal), range).then((course) => ({ ...course, askedAt }))
    },
    every: COURSE_EVERY,
  })

  /** The buckets that were not over when the course was asked for, by the same edges. */
  #newest = new ShownQuery(this, {
    ask: (signal) => {
      const { bucket, points, askedAt } = this.#course.data ?? {}
      if (points === undefined || bucket === undefined || askedAt === undefined) return undefined
      const from = startOfTail(points, askedAt - LATE)
      const last = points.findLast(({ start }) => Date.parse(start) <= this.time)
      if (from === undefined || last === undefined || Date.parse(last.end) <= from) return undefined
      const range = { ...isoOf({ from, to: Date.parse(last.end) }), bucket }
      return askCourse(this.#asked(signal), range).then((tail) => ({
        of: points,
        points: tail.points,
      }))
    },
    every: TAIL_EVERY,
  })

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#resting)
  }

  #asked(signal: AbortSignal): Asked {
    return { api: this.api, subject: this.subject, signal }
  }

  get #today(): Day {
    return dayAt(this.time, this.subject.timeZone)
  }

  get #day(): Day {
    return this.place.day ?? this.#today
  }

  get #firstDay(): Day {
    return addDays(this.#day, 1 - this.place.span)
  }

  /** The same object as before unless it differs, so that the chart is drawn again only if it must be. */
  #findBounds(): Timespan | undefined {
    const days = this.#days.data?.periods
    const [first] = days ?? []
    const last = days?.at(-1)
    if (first === undefined || last === undefined) return undefined
    const found = { from: Date.parse(first.start), to: Date.parse(last.end) }
    const before = this.#bounds
    return before?.from === found.from && before.to === found.to ? before : found
  }

  #joinPoints(): void {
    const points = this.#course.data?.points ?? NONE
    const tail = this.#newest.data
    if (this.#joined[0] === points && this.#joined[1] === tail) return
    this.#joined = [points, tail]
    this.#points = tail?.of === points ? joinTail(points, tail.points) : points
  }

  protected override willUpdate(): void {
    const about = [keyOf(this.subject), this.#firstDay, this.#day]
    const shown = about.join()
    if (shown !== this.#shown) {
      this.#shown = shown
      this.zoom = undefined
      this.settled = undefined
    }
    this.#days.about(this.api, about)
    this.#bounds = this.#findBounds()
    if (this.zoom === undefined) this.settled = this.#bounds
    this.#course.about(this.api, [shown], [this.settled])
    this.#newest.about(this.api, [shown], [this.settled])
    this.#joinPoints()
  }

  override render(): TemplateResult {
    return html`
      ${this.#renderHead()}
      ${this.#renderChart()}
      ${this.place.span === 1 ? this.#renderFigures() : nothing}
    `
  }

  #renderHead(): TemplateResult {
    const { place } = this
    const to = (day: Day | undefined, span: Span = place.span) =>
      hashOf({ ...place, day: day === this.#today ? undefined : day, span })
    const isToday = this.#day >= this.#today
    const name =
      place.span === 1
        ? dayText(this.#day, 'full')
        : `${dayText(this.#firstDay, 'short')} – ${dayText(this.#day, 'short')}`
    return html`<div class="toolbar">
      <a class="button" href=${to(addDays(this.#day, -place.span))} aria-label=${words.previous}>‹</a>
      <h3>${name}</h3>
      <a class="button" href=${to(isToday ? this.#day : addDays(this.#day, place.span))}
        aria-label=${words.next} aria-disabled=${isToday ? 'true' : nothing}>›</a>
      ${isToday ? nothing : html`<a class="button" href=${to(undefined)}>${words.today}</a>`}
      <span class="spacer"></span>
      <label><span class="sr">${words.pickDay}</span>
        <input type="date" .value=${this.#day} max=${this.#today} @change=${this.#onDay} />
      </label>
      <nav class="segments" aria-label=${words.span}>
        ${spans.map(
          (span) =>
            html`<a href=${to(place.day, span)} aria-current=${span === place.span ? 'true' : nothing}
              >${words.spans[span]}</a>`,
        )}
      </nav>
    </div>`
  }

  #onDay(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return
    const day = event.target.value
    if (day === '') {
      event.target.value = this.#day
      return
    }
    location.hash = hashOf({ ...this.place, day: day === this.#today ? undefined : day })
  }

  #renderChart(): TemplateResult {
    const bounds = this.#bounds
    const failure = renderFailure(this.#days.error ?? this.#course.error ?? this.#newest.error)
    if (bounds === undefined) {
      return html`${failure}<div class="chart-space" aria-busy="true"></div>`
    }
    const hasAnswer = this.#course.data !== undefined
    const isEmpty = this.#points.every(({ pvPower, loadPower, soc, gridPower, batteryPower }) =>
      [pvPower, loadPower, soc, gridPower, batteryPower].every((each) => each === null),
    )
    return html`
      ${failure} ${hasAnswer && isEmpty ? html`<p class="banner">${words.empty}</p>` : nothing}
      <power-chart
        .points=${this.#points}
        .window=${this.zoom ?? bounds}
        .bounds=${bounds}
        .timeZone=${this.subject.timeZone}
        .label=${dayText(this.#day, 'full')}
        .hasCharge=${!this.subject.isFleet}
        @window=${this.#onWindow}
      ></power-chart>
      ${renderGaps(this.#points, this.subject)}
      <history-table
        .api=${this.api}
        .subject=${this.subject}
        .window=${this.settled ?? bounds}
      ></history-table>
    `
  }

  #onWindow({ window }: WindowEvent): void {
    const bounds = this.#bounds
    if (bounds === undefined) return
    const wanted = within(window, bounds)
    this.zoom = isWhole(wanted, bounds) ? undefined : wanted
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => {
      this.settled = this.zoom ?? bounds
    }, REST)
  }

  #renderFigures(): TemplateResult {
    const day = this.#days.data?.periods[0]
    const { isFleet } = this.subject
    const isToday = this.#day === this.#today
    return html`<section class="summary" aria-label=${dayText(this.#day, 'full')}>
      ${renderEnergyFigures(day)} ${renderMissing(day?.missing, this.subject)}
      ${
        day !== undefined && isToday
          ? renderMeasuredSoFar(day, { now: this.#days.data?.askedAt ?? 0, isFleet })
          : nothing
      }
      ${
        day !== undefined && day.coverage < 1 && !isToday
          ? html`<p class="quiet coverage">${(isFleet ? words.fleet : words).coverage(coverageText(day.coverage))}</p>`
          : nothing
      }
    </section>`
  }
}

function isoOf({ from, to }: Timespan): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}
